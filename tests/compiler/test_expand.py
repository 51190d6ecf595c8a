"""Expand: composite ops become reductions over neighbouring axes and element-wise ops."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.compiler.expand import expand
from nbnet.graph import ops
from nbnet.graph.graph import evaluate
from tests.compiler.traced import agrees, names, record, structure


def same(function, *arrays, tolerance=1e-6):
    """The expanded graph, checked to mean the same as the recorded one."""
    graph = record(function, *arrays)
    before = structure(graph.nodes())
    expanded = expand(graph)
    assert structure(graph.nodes()) == before
    for found, wanted in zip(evaluate(expanded, arrays), evaluate(graph, arrays), strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)
    return expanded


def test_softmax(rng):
    x = rng.normal(size=(3, 5)).astype("f4") * 50
    assert names(same(lambda x: ops.softmax(x), x)) == ["max", "subtract", "exp", "sum", "divide"]
    found = names(same(lambda x: ops.log_softmax(x, axis=0), x))
    assert found == ["max", "subtract", "exp", "sum", "log", "subtract"]


def test_logsumexp_of_infinities(rng):
    x = np.array([[np.inf, 1], [-np.inf, -np.inf], [np.nan, 0], [3, 4]], "f4")
    found = same(lambda x: [ops.logsumexp(x, axis=1), ops.logsumexp(x, axis=0, keepdims=True)], x)
    assert "logsumexp" not in names(found)
    assert {"max", "isfinite", "where", "sum", "log"} <= set(names(found))


def test_mean(rng):
    x = rng.normal(size=(3, 4)).astype("f8")
    assert names(same(lambda x: ops.mean(x, axis=1), x)) == ["sum", "multiply"]
    with np.errstate(invalid="ignore"):
        assert np.isnan(evaluate(expand(record(lambda x: ops.mean(x), x[:0])), [x[:0]])[0])


@pytest.mark.parametrize("op", [ops.sum, ops.max, ops.min])
def test_scattered_axes_are_reduced_in_steps(rng, op):
    x = rng.integers(-5, 6, (2, 3, 4, 5)).astype("f4")
    for keep in (False, True):
        found = same(lambda x: op(x, axis=(0, 2, 3), keepdims=keep), x)  # noqa: B023
        assert names(found) == [op.__name__] * 2 + ([] if keep else ["reshape"])
        steps = [node.attrs["axes"] for node in found.nodes() if node.op.name == op.__name__]
        assert steps == [(2, 3), (0,)]


def test_axes_of_size_one_are_not_reduced(rng):
    x = rng.normal(size=(3, 1, 4)).astype("f4")
    assert names(same(lambda x: ops.sum(x, axis=1), x)) == ["reshape"]
    assert names(same(lambda x: ops.sum(x, axis=(1, 2)), x)) == ["sum", "reshape"]
    assert names(same(lambda x: ops.max(x, axis=(0, 1)), x)) == ["max", "reshape"]


def test_argmax_is_along_the_last_axis(rng):
    x = rng.integers(0, 3, (3, 4, 5)).astype("f4")
    found = same(lambda x: [ops.argmax(x, axis=0), ops.argmax(x, axis=1, keepdims=True), ops.argmax(x, axis=2)], x)
    axes = [(node.attrs["axes"], node.inputs[0].ndim) for node in found.nodes() if node.op.name == "argmax"]
    assert axes == [((2,), 3)] * 3


def test_draws_with_a_probability_in_float64(rng):
    p = np.array(0.3)
    graph = same(lambda p: ops.bernoulli((50,), p), p)
    assert names(graph) == ["random_uniform", "less"]
    assert names(same(lambda p: ops.bernoulli((50,), p), p.astype("f4"))) == ["random_bernoulli"]
    agrees(lambda p: ops.bernoulli((3, 50), p), p)


def test_nothing_to_reduce():
    empty = np.zeros((2, 0), "f4")
    same(lambda x: [ops.softmax(x), ops.log_softmax(x, axis=0), ops.logsumexp(x, axis=1), ops.sum(x, axis=1)], empty)
    agrees(lambda x: [ops.softmax(x), ops.logsumexp(x), ops.mean(x, axis=1), ops.sum(x, axis=0)], empty)


def test_new_nodes_say_where_they_came_from(rng):
    expanded = expand(record(lambda x: ops.softmax(x), np.ones((2, 3), "f4")))
    made = [node for node in expanded.nodes() if node.op.kind != "leaf"]
    assert all(node.origin is not None and node.origin.file.endswith("test_expand.py") for node in made)


def test_what_needs_no_expansion_stays_as_it_is():
    graph = record(lambda x: ops.exp(x) + ops.sum(x), np.ones((2, 3), "f4"))
    assert expand(graph).outputs[0] is graph.outputs[0]
