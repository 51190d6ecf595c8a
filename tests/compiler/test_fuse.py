"""Fuse: what becomes one kernel, what must not, and that the recorded graph is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.compiler.compile import optimise
from nbnet.compiler.expand import expand
from nbnet.compiler.fuse import fuse
from nbnet.compiler.fused import Form, classify
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import evaluate, make_input
from nbnet.graph.tensor import INPUT, Variable
from nbnet.graph.trace import update_group
from tests.compiler.traced import agrees, groups, names, plan_of, record, structure

F4 = np.dtype("f4")


def fused(function, *arrays):
    """The optimised graph, checked to give the same numbers."""
    graph = record(function, *arrays)
    before = structure(graph.nodes())
    found = optimise(graph)
    assert structure(graph.nodes()) == before
    for got, wanted in zip(evaluate(found, arrays), evaluate(graph, arrays), strict=True):
        assert got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=2e-6)
    return found


@pytest.fixture
def matrix(rng):
    return rng.normal(size=(6, 5)).astype("f4")


def test_a_chain_is_one_map(matrix):
    graph = fused(lambda x: ops.tanh(ops.exp(x) * 0.5 + x), matrix)
    assert groups(graph) == ["map[exp multiply add tanh]"]


def test_dense_and_its_activation_are_the_epilogue_of_the_product(rng, matrix):
    w, b = rng.normal(size=(5, 7)).astype("f4"), rng.normal(size=7).astype("f4")
    graph = fused(lambda x, w, b: ops.maximum(x @ w + b, 0.0), matrix, w, b)
    assert groups(graph) == ["matmul[matmul add maximum]"]


def test_an_epilogue_takes_what_only_it_needs(rng, matrix):
    w, mask = rng.normal(size=(5, 7)).astype("f4"), rng.normal(size=(6, 7)).astype("f4")
    graph = fused(lambda x, w, mask: (x @ w) * ops.exp(mask), matrix, w, mask)
    assert groups(graph) == ["matmul[matmul exp multiply]"]


def test_softmax_is_one_rows_kernel(matrix):
    assert groups(fused(lambda x: ops.softmax(x + 1.0), matrix)) == ["rows over (1,)[add max subtract exp sum divide]"]
    assert groups(fused(lambda x: ops.softmax(x, axis=0), matrix)) == ["columns over (0,)[max subtract exp sum divide]"]


def cross_entropy(z, y):
    """Loss and gradient of a classifier with whole-number labels."""
    losses = ops.logsumexp(z, axis=1) - ops.sum(ops.one_hot(y, 5) * z, axis=1)
    loss = ops.mean(losses)
    return loss, gradients(loss, [z])[0]


def test_cross_entropy_and_its_gradient_are_one_rows_kernel(matrix):
    graph = fused(cross_entropy, matrix, np.arange(6) % 5)
    rows = [text for text in groups(graph) if "exp" in text]
    assert len(rows) == 1
    assert rows[0].startswith("rows over (1,)")
    assert rows[0].count("sum") == 2
    assert "one_hot" in rows[0]
    assert len(groups(graph)) == 2  # and the mean over the batch


def normalised(x, gamma, beta, moving):
    """Batch normalization of the columns, with its moving average."""
    mean = ops.mean(x, axis=0)
    variance = ops.mean(ops.square(x - mean), axis=0)
    moving.assign(moving * 0.9 + mean * 0.1)
    return ops.maximum((x - mean) * ops.rsqrt(variance + 1e-3) * gamma + beta, 0.0)


def test_batch_normalization_is_one_columns_kernel(rng, matrix):
    moving = Variable(np.zeros(5, "f4"))
    arrays = matrix, rng.normal(size=5).astype("f4"), rng.normal(size=5).astype("f4")
    graph = fused(lambda x, gamma, beta: normalised(x, gamma, beta, moving), *arrays)
    found = groups(graph)
    assert len(found) == 2
    assert found[0].startswith("columns over (0,)[sum multiply subtract square sum")
    assert found[0].endswith("maximum]")
    assert found[1].startswith("map[")  # the moving average, which is written after the guard


def test_updates_of_many_variables_are_one_entry(rng):
    weights = [Variable(rng.normal(size=size).astype("f4"), name=f"w{size}") for size in (3, 50, 1, 2000)]
    slots = [Variable(np.zeros(w.shape, "f4")) for w in weights]

    def step(x):
        loss = ops.sum(ops.concatenate([ops.tanh(w) for w in weights])) * x
        slopes = gradients(loss, weights)
        with update_group("adam", (loss, *slopes)):
            for w, slot, slope in zip(weights, slots, slopes, strict=True):
                slot.assign(slot * 0.9 + slope * 0.1)
                w.assign(w - slot / (ops.sqrt(ops.square(slope)) + 1e-7))
        return loss

    plan = plan_of(step, np.ones((), "f4"))
    guard = next(index for index, entry in enumerate(plan.entries) if entry.guard)
    after = plan.entries[guard + 1 :]
    assert [entry.spec.family for entry in after] == ["map"]
    assert after[0].label.endswith("x 4")
    assert after[0].items == 1 + 1 + 1 + 2


def test_a_group_never_depends_on_itself(matrix):
    """The exponent is needed by the sum and by what the sum is multiplied with, through a transposition."""

    def function(x):
        e = ops.exp(x)
        turned = ops.transpose(ops.sum(e, axis=1, keepdims=True))
        return ops.sum(ops.matmul(turned, e), axis=0) + e

    graph = fused(function, matrix)
    order = {id(node): place for place, node in enumerate(graph.nodes())}
    assert all(order[id(item)] < order[id(node)] for node in graph.nodes() for item in node.inputs)
    agrees(function, matrix)


def test_diamonds_through_other_kernels_are_not_closed(rng):
    x = rng.normal(size=(6, 6)).astype("f4")

    def function(x):
        a = ops.tanh(x)
        b = a @ a  # depends on a, so neither a nor what follows it may join what follows b
        return ops.exp(a) + b, ops.sum(b * a, axis=0)

    fused(function, x)
    agrees(function, x)


def test_outputs_of_the_middle_are_kept(matrix):
    graph = fused(lambda x: [ops.exp(x), ops.exp(x) * 2.0], matrix)
    assert groups(graph) == ["map[exp multiply]"]


def test_long_lanes_keep_to_one_reduction(rng):
    long = rng.normal(size=(1, 20000)).astype("f4")
    found = groups(fused(lambda x: ops.softmax(ops.tanh(x) * 2.0), long))
    assert all(text.count("max") + text.count("sum") <= 1 for text in found)
    assert "rows over (1,)[max]" in found
    short = groups(fused(lambda x: ops.softmax(ops.tanh(x) * 2.0), long[:, :9000]))
    assert short == ["rows over (1,)[tanh multiply max subtract exp sum divide]"]


def test_sums_take_in_what_only_they_need(rng):
    long = rng.normal(size=(1, 40000)).astype("f4")
    assert groups(fused(lambda x: ops.sum(ops.square(x), axis=1), long)) == ["rows over (1,)[square sum]"]
    arrays = [rng.normal(size=(2, 40000)).astype("f4"), rng.normal(size=(2, 1)).astype("f4")]
    agrees(lambda x, m: ops.sum(x * ops.exp(m), axis=1), *arrays)


def test_reductions_over_other_axes_stay_apart(matrix):
    assert sorted(groups(fused(lambda x: [ops.sum(x, axis=0), ops.sum(x, axis=1)], matrix))) == [
        "columns over (0,)[sum]", "rows over (1,)[sum]"
    ]  # fmt: skip
    assert groups(fused(lambda x: [ops.sum(x, axis=1), ops.max(x, axis=1)], matrix)) == ["rows over (1,)[sum max]"]


def test_a_maximum_is_not_compared_with_numbers_computed_anew(matrix):
    """Its gradient looks for the element that equals it: rounding in another loop must not hide it."""

    def function(x, y):
        product = x * y
        top = ops.max(product + 0.1, axis=1)
        return top, product, *gradients(ops.sum(top), [x, y])

    arrays = matrix, (matrix[::-1] * 1.37 + 0.011).astype("f4")
    for text in groups(fused(function, *arrays)):
        assert not ("max" in text and "equal" in text and "add" in text), text
    agrees(function, *arrays)


def test_a_position_is_only_known_where_its_axis_is_walked_alone(rng):
    labels = rng.integers(0, 3, (4, 5))
    for axis in (0, 1, 2, (0, 1), (1, 2), None):
        agrees(lambda y: ops.sum(ops.one_hot(y, 3), axis=axis), labels)  # noqa: B023
    square = rng.normal(size=(3, 3)).astype("f4")
    agrees(lambda x: ops.one_hot(ops.argmax(x, axis=0), 3) * x, np.round(square))
    agrees(lambda x: ops.one_hot(ops.argmax(x, axis=1), 3) * x, np.round(square))
    for axis in (0, 1):  # as many rows as columns: the number of a column must not be taken for that of a row
        agrees(lambda x: ops.one_hot(ops.max(x, axis=axis), 3) * x, rng.integers(0, 3, (3, 3)))  # noqa: B023


def test_state_that_is_assigned_stays_apart_from_the_step(matrix):
    w = Variable(np.ones(5, "f4"))

    def function(x):
        loss = ops.sum(x * w)
        (slope,) = gradients(loss, [w])
        with update_group("sgd", (loss, slope)):
            w.assign(w - slope * 0.1)
        return loss

    found = groups(optimise(record(function, matrix)))
    assert [text for text in found if "subtract" in text] == ["map[multiply subtract]"]


def test_without_growth_every_kernel_computes_one_node(matrix):
    graph = fuse(expand(record(lambda x: ops.softmax(x) * 2.0, matrix)), grow=False)
    assert groups(graph) == [
        "rows over (1,)[max]", "map[subtract]", "map[exp]", "rows over (1,)[sum]", "map[divide]", "map[multiply]"
    ]  # fmt: skip


def test_printing_before_and_after(matrix):
    graph = record(lambda x: ops.softmax(x), matrix)
    assert "softmax(%0, axis=1) : float32[6,5]   # test_fuse.py:" in str(graph)
    text = str(optimise(graph))
    assert "fused(%0, group=rows over (1,)[max subtract exp sum divide])" in text
    assert "pick(%1, index=0) : float32[6,5]" in text


def test_groups_know_their_lines(matrix):
    graph = optimise(record(lambda x: ops.exp(x) * 2.0, matrix))
    (node,) = [node for node in graph.nodes() if node.op.name == "fused"]
    (origin,) = node.attrs["group"].origins()
    assert origin.source.startswith("graph = optimise(")


def levels(function, domain, axes):
    """Levels of the nodes of a function of a float array of `domain`."""
    leaf = make_input(domain, F4)
    graph = record(function, np.zeros(domain, "f4"))
    members = [node for node in graph.nodes() if node.op is not INPUT and node.op.kind != "leaf"]
    found = classify(members, domain, axes)
    assert leaf.shape == domain
    return found and [found[id(node)] for node in members]


def test_levels():
    assert levels(lambda x: ops.sum(x, axis=1, keepdims=True) * 2.0 + x, (3, 4), (1,)) == ["kept", "kept", "element"]
    assert levels(lambda x: ops.sum(x, axis=0) * 2.0 + x, (3, 4), (0,)) == ["removed", "removed", "element"]
    square = levels(lambda x: ops.sum(x, axis=1) + x, (3, 3), (1,))
    assert square is None, "a removed last axis is not where broadcasting puts it"
    assert levels(lambda x: ops.reshape(ops.sum(x, axis=1), (3, 1)) + x, (3, 4), (1,)) == ["removed", "kept", "element"]
    assert levels(lambda x: ops.reshape(x, (4, 3)), (3, 4), (1,)) is None
    assert levels(lambda x: ops.exp(ops.sum(x, axis=0)), (3, 4), (1,)) is None
    assert levels(lambda x: ops.transpose(x), (3, 4), ()) is None


def test_forms_of_lanes():
    form = Form((2, 3, 4), (1,))
    assert (form.kept, form.removed, form.leading, form.last) == ((2, 1, 4), (2, 4), False, False)
    assert Form((2, 3, 4), (0,)).leading
    assert Form((2, 3, 4), (2,)).last
    assert not Form((2, 3, 4), (0,)).numbers_last
    assert not Form((2, 3, 4), (1, 2)).numbers_last
    assert Form((2, 3, 4), (1,)).numbers_last


def test_leaves_alone_are_a_graph(matrix):
    graph = fused(lambda x: x, matrix)
    assert names(graph) == []
