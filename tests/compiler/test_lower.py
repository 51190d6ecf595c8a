"""Lower: which kernel computes what, and the buffers between."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet.compiler.lower import lower
from nbnet.compiler.lowering import RULES
from nbnet.errors import KernelError
from nbnet.graph import ops
from nbnet.graph.graph import Graph, make_input
from nbnet.graph.ops.registry import OPS
from nbnet.graph.tensor import Op, RuntimeScalar, Tensor
from nbnet.kernels import columns, rows
from nbnet.runtime.host import cpu_target
from tests.compiler.traced import agrees, families, plan_of, run

F4 = np.dtype("f4")


def test_every_op_has_a_kernel():
    fused = {"elementwise", "formula", "one_hot", "reduce"}
    composed = {"softmax", "log_softmax", "logsumexp", "mean", "reshape", "broadcast", "conv2d"}
    composed |= {"conv2d_input", "conv2d_kernel"}
    missing = {name for name, op in OPS.items() if op.kind not in fused} - set(RULES) - composed
    assert not missing


def test_an_op_without_a_kernel_is_an_error():
    leaf = make_input((2,), F4)
    unknown = Tensor(Op("frobnicate", lambda x: (x.shape, x.dtype), np.copy, kind="odd"), (leaf,), {}, (2,), F4)
    with pytest.raises(KernelError, match="'frobnicate' has no kernel"):
        lower(Graph((leaf,), (unknown,)), cpu_target())


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        ([(4, 5), (4, 5)], "map"), ([(4, 5), ()], "map"), ([(4, 5), (1, 1)], "map"), ([(4, 5), (5,)], "rows"),
        ([(4, 5), (4, 1)], "rows"), ([(2, 3, 4), (3, 1)], "rows"), ([(1, 5), (5,)], "map"), ([(), ()], "map"),
    ],
    ids=str,
)  # fmt: skip
def test_element_wise_kernels(rng, shapes, family):
    arrays = [rng.normal(size=shape).astype("f4") for shape in shapes]
    assert families(plan_of(lambda x, y: ops.tanh(x) + y, *arrays)) == [family]
    agrees(lambda x, y: ops.tanh(x) + y, *arrays)


@pytest.mark.parametrize(
    ("axes", "family"),
    [(0, "columns"), (1, "columns"), (2, "rows"), ((1, 2), "rows"), ((0, 1), "columns"), ((0, 1, 2), "rows")],
    ids=str,
)
def test_reductions(rng, axes, family):
    x = rng.normal(size=(3, 4, 5)).astype("f4")
    assert families(plan_of(lambda x: ops.sum(ops.square(x), axis=axes), x)) == [family]
    agrees(lambda x: ops.sum(ops.square(x), axis=axes), x)


def test_operands_that_no_kernel_walks_through_are_spread(rng):
    x, y = rng.normal(size=(3, 4, 5)).astype("f4"), rng.normal(size=(3, 1, 5)).astype("f4")
    assert families(plan_of(lambda x, y: ops.sum(x * y, axis=(0, 1)), x, y)) == ["copy", "columns"]
    agrees(lambda x, y: [ops.sum(x * y, axis=(0, 1)), ops.max(x - y, axis=(1, 2))], x, y)


def test_a_transposed_factor_is_read_as_it_stands(rng):
    x, y, w = (rng.normal(size=shape).astype("f4") for shape in ((4, 6), (3, 6), (5, 6)))

    def function(x, y, w):
        return ops.matmul(x, w, transpose_b=True), ops.matmul(y, w, transpose_b=True)

    plan = plan_of(function, x, y, w)
    assert families(plan) == ["matmul", "matmul"]
    assert {entry.spec.packing for entry in plan.entries} == {"transposed"}
    agrees(function, x, y, w)


def test_a_reshaped_factor_is_read_in_its_own_shape(rng):
    x, y, w = (rng.normal(size=shape).astype("f4") for shape in ((4, 6), (3, 10), (5, 6)))

    def function(x, y, w):
        turned = ops.matmul(x, w, transpose_b=True)
        return turned, ops.matmul(y, ops.reshape(w, (3, 10)), transpose_b=True)

    agrees(function, x, y, w)


@pytest.mark.parametrize(("a", "b"), [((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 5))], ids=str)
def test_stacked_products(rng, a, b):
    x, y = rng.normal(size=a).astype("f4"), rng.normal(size=b).astype("f4")
    agrees(lambda x, y: ops.tanh(x @ y) * 2.0, x, y)
    turned = np.swapaxes(y, -1, -2).copy()
    agrees(lambda x, y: ops.matmul(x, y, transpose_b=True), x, turned)


def test_products_of_nothing(rng):
    x = np.zeros((3, 0), "f4")
    (found,) = run(lambda x: ops.matmul(x, x, transpose_b=True) + 1.0, x)
    assert found.tolist() == [[1.0] * 3] * 3
    agrees(lambda x: ops.matmul(x, x, transpose_a=True), x)


@pytest.mark.parametrize("op", [ops.sum, ops.max, ops.min])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_long_lanes_are_cut_and_combined(rng, op, axis):
    long = 4 * max(rows.PIECE, columns.PIECE) + 17
    shape = {0: (long, 3), 1: (3, long), None: (5, long)}[axis]
    x = rng.integers(-9, 10, shape).astype("f4")
    plan = plan_of(lambda x: op(x, axis=axis), x)
    assert [entry.label.split(" ")[0] for entry in plan.entries] == [families(plan)[0], "combine"]
    assert plan.entries[0].items > 8
    wanted = {ops.sum: np.sum, ops.max: np.max, ops.min: np.min}[op](x, axis=axis)
    np.testing.assert_array_equal(run(lambda x: op(x, axis=axis), x)[0], wanted)


def test_long_lanes_of_several_groups(rng):
    x = rng.normal(size=(2, 20000, 3)).astype("f4")
    agrees(lambda x: [ops.sum(x, axis=1), ops.max(x * 2.0, axis=1), ops.sum(x, axis=(0, 1))], x)
    agrees(lambda x: ops.sum(x.astype("float64") * 2.0, axis=(1, 2)), x)


@pytest.mark.parametrize("axis", [0, 1, None])
def test_a_million_numbers_are_summed_precisely(axis):
    shape = (1_000_003, 1) if axis == 0 else (1, 1_000_003)
    x = np.full(shape, 0.1, "f4")
    total, average = run(lambda x: [ops.sum(x, axis=axis), ops.mean(x, axis=axis)], x)
    exact = 1_000_003 * float(np.float32(0.1))
    assert abs(total.astype("float64") - exact).max() < 4e-6 * exact
    assert abs(average.astype("float64") - float(np.float32(0.1))).max() < 4e-7


def test_integers_are_summed_exactly():
    x = np.full((300_001, 2), 1 << 40, "i8")
    assert run(lambda x: ops.sum(x, axis=0), x)[0].tolist() == [300_001 << 40] * 2
    assert run(lambda x: ops.sum(x), np.ones((100_003,), bool))[0] == 100_003


def test_scalars_are_read_at_every_run():
    rate = RuntimeScalar("rate", lambda: 0.25)
    plan = plan_of(lambda x: [x * rate, x + rate], np.ones(3, "f4"))
    assert len(plan.scalars) == 1


def test_views_cost_nothing():
    x = np.ones((4, 6), "f4")
    assert plan_of(lambda x: ops.reshape(ops.reshape(x, (24,)), (6, 4)), x).entries == ()
    assert families(plan_of(lambda x: ops.exp(ops.reshape(x, (24,))), x)) == ["map"]


@pytest.mark.parametrize("passes", [{}, {"simplified": False, "fused": False}])
def test_moves(rng, passes):
    x = rng.normal(size=(3, 4, 5)).astype("f4")
    i = np.array([2, 0, 2])

    def function(x, i):
        return [
            ops.transpose(x, (1, 2, 0)), ops.transpose(x, (0, 2, 1)), x[::-1, 1:3, ::2],
            ops.concatenate([x, x[:, :1]], 1), ops.gather(x, i), ops.scatter_add((3, 4, 5), i, x),
            ops.pad(x, [(0, 1), (2, 0), (1, 1)]), ops.stack([x, x], 1),
        ]  # fmt: skip

    wanted = function(x, i)
    for found, array in zip(run(function, x, i, **passes), wanted, strict=True):
        np.testing.assert_allclose(found, array, rtol=1e-6)


def test_work_is_counted():
    x, w = np.ones((64, 100), "f4"), np.ones((100, 32), "f4")
    plan = plan_of(lambda x, w: ops.maximum(x @ w, 0.0), x, w)
    (entry,) = plan.entries
    assert entry.flops == 64 * 32 * (2 * 100 + 1)
    assert entry.bytes == 4 * (64 * 100 + 100 * 32 + 64 * 32) + 4
    assert plan.flops == entry.flops
    assert plan.bytes == entry.bytes
    assert entry.shapes == "64x100, 100x32, 1 -> 64x32"
    assert math.prod(plan.outputs[0].shape) == 64 * 32
