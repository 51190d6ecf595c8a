"""Simplify: what it folds, removes and shares; that numbers stay the same, NaN and infinities included."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.compiler.simplify import simplify
from nbnet.graph import ops
from nbnet.graph.graph import evaluate
from nbnet.graph.tensor import CONSTANT
from tests.compiler.traced import agrees, names, record, structure

SPECIAL = np.array([0.0, -0.0, 1.0, -2.5, np.nan, np.inf, -np.inf, 3e38, 1e-40], "f4")
F4, I4 = np.dtype("f4"), np.dtype("i4")


def simplified(function, *arrays):
    """The simplified graph, checked to give the same numbers and to leave the recorded one alone."""
    graph = record(function, *arrays)
    before = structure(graph.nodes())
    found = simplify(graph)
    assert structure(graph.nodes()) == before
    for got, wanted in zip(evaluate(found, arrays), evaluate(graph, arrays), strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)
    return found


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 1.0, lambda x: 1.0 * x, lambda x: x + 0.0, lambda x: 0.0 + x, lambda x: x - 0.0,
        lambda x: x / 1.0, lambda x: x**1.0, lambda x: ops.cast(x, "float32"), lambda x: ops.stop_gradient(x),
        lambda x: ops.negative(-x), lambda x: x * np.ones(9, "f4"), lambda x: x + ops.zeros((9,)),
        lambda x: ops.reshape(x, (9,)),
        lambda x: ops.reshape(ops.reshape(x, (3, 3)), (9,)), lambda x: ops.transpose(ops.transpose(x)),
        lambda x: ops.broadcast_to(x, (9,)), lambda x: x * ops.broadcast_to(np.float32(1), (9,)),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_removed(function):
    graph = simplified(function, SPECIAL)
    assert graph.outputs[0] is graph.inputs[0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 0.0, lambda x: x - x, lambda x: x / x, lambda x: 0.0 - x, lambda x: x * 2.0, lambda x: 1.0 / x,
        lambda x: ops.maximum(x, x * 1.5), lambda x: x == x, lambda x: ops.where(x > 0, x, 0.0),
    ],
)  # fmt: skip
def test_what_nan_and_infinities_would_show_is_kept(function):
    with np.errstate(all="ignore"):
        graph = simplified(function, SPECIAL)
    assert graph.outputs[0] is not graph.inputs[0]
    assert graph.outputs[0].op is not CONSTANT


def test_powers():
    with np.errstate(all="ignore"):
        assert names(simplified(lambda x: x**2.0, SPECIAL)) == ["square"]
        assert names(simplified(lambda x: x**-1.0, SPECIAL)) == ["divide"]
    assert names(simplified(lambda x: x**3.0, SPECIAL[:4])) == ["power"]
    assert names(simplified(lambda x: x**2, np.arange(3, dtype="i4"))) == ["power"]  # integers round in another way


def test_integers_and_bools():
    i, b = np.arange(-3, 4, dtype="i4"), np.array([True, False])
    graph = simplified(lambda x: [x * 1, x + 0, ops.negative(-x)], i)
    assert all(node is graph.inputs[0] for node in graph.outputs)
    graph = simplified(lambda x: [x | False, x & True, x * np.array(True)], b)
    assert graph.outputs[2] is graph.inputs[0]
    assert names(simplified(lambda x: x + np.float32(0), i)) == ["cast"]


def test_broadcasts_are_left_to_the_operation():
    assert names(simplified(lambda x, y: ops.broadcast_to(x, (4, 3)) * y, np.ones(3, F4), np.ones((4, 3), F4))) == [
        "multiply"
    ]
    # Here the broadcast makes the shape, so one of the two must stay.
    kept = simplified(
        lambda x, y: ops.broadcast_to(x, (4, 3)) * ops.broadcast_to(y, (4, 3)), np.ones(3, F4), np.ones(3, F4)
    )
    assert names(kept) == ["broadcast", "multiply"]
    assert names(simplified(lambda x: x * ops.ones((4, 3)), np.ones(3, F4))) != []


def test_views_are_joined():
    x = np.arange(24, dtype="f4").reshape(2, 3, 4)
    assert names(simplified(lambda x: ops.reshape(ops.reshape(x, (6, 4)), (4, 6)), x)) == ["reshape"]
    turned = simplified(lambda x: ops.transpose(ops.transpose(x, (1, 2, 0)), (1, 0, 2)), x)
    assert names(turned) == ["transpose"]
    assert turned.outputs[0].attrs["axes"] == (2, 1, 0)


def test_constants_are_folded():
    graph = simplified(
        lambda x: x * (ops.sqrt(ops.cast(np.float32(4), "float32")) + ops.exp(ops.zeros((3,)))), np.ones(3, F4)
    )
    assert names(graph) == ["multiply"]
    (factor,) = [item for item in graph.outputs[0].inputs if item.op is CONSTANT]
    assert factor.attrs["value"].tolist() == 3  # one number for all


def test_large_constants_are_not_folded():
    assert "broadcast" in names(
        simplified(lambda x: x[:1] * ops.sum(ops.broadcast_to(x[:1] * 0 + 1, (9000,))), SPECIAL[:2])
    )
    graph = simplified(lambda x: ops.concatenate([ops.full((9000,), 2.0), x]), np.ones(3, F4))
    assert names(graph) == ["broadcast", "concatenate"]


def test_equal_nodes_are_shared():
    def function(x, y):
        return ops.exp(x + y) * ops.exp(x + y) - ops.sum(x, axis=0) * ops.sum(x, axis=(0,))

    graph = simplified(function, np.ones((2, 3), F4), np.ones((2, 3), F4))
    assert names(graph) == ["add", "exp", "multiply", "sum", "multiply", "subtract"]


def test_nodes_that_differ_in_an_attribute_are_not_shared():
    x = np.arange(6, dtype="f4").reshape(2, 3)
    graph = simplified(lambda x: [ops.sum(x, axis=0), ops.sum(x, axis=0, keepdims=True), ops.max(x, axis=0)], x)
    assert names(graph) == ["sum", "sum", "max"]
    graph = simplified(lambda x: [ops.cast(x, "int32"), ops.cast(x, "int64")], x)
    assert [node.dtype.name for node in graph.outputs] == ["int32", "int64"]
    graph = simplified(lambda x: [x * np.float32(0.0), x * np.float32(-0.0)], x)
    assert graph.outputs[0] is not graph.outputs[1]


def test_two_draws_are_two_draws():
    graph = simplified(lambda x: [x + ops.uniform((3,)), x + ops.uniform((3,))], np.ones(3, F4))
    assert names(graph).count("random_uniform") == 2


def test_what_is_not_used_falls_away():
    def function(x):
        ops.exp(x)
        return ops.cast(ops.stop_gradient(x), F4)

    assert names(simplified(function, SPECIAL)) == []


def test_compiled_graphs_agree(rng):
    x = rng.normal(size=(4, 5)).astype("f4")
    agrees(lambda x: [x**2.0 + 0.0, 1.0 * ops.transpose(ops.transpose(x)), x**-1.0, ops.exp(ops.zeros((3,)))], x)
