"""Scatter against plain loops: the same sums in the same order, however the work is grouped."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.kernels import jit, scatter
from tests.kernels.guarded import Guarded, call, check_ownership, groupings
from tests.naive.gather import scatter as naive


def outcomes(updates, index, axis, index_dtype="int64"):
    """(result, error cell) of each grouping, checked for its guards."""
    outer, count, inner = updates.shape
    geometry = scatter.Geometry(outer, axis, count, inner)
    for calls in groupings(geometry.items()):
        values, numbers, cell = Guarded(updates), Guarded(np.array(index, index_dtype)), Guarded(np.zeros(1, "int64"))
        target = Guarded.poisoned((outer, axis, inner), str(updates.dtype))
        addresses = [buffer.address for buffer in (target, values, numbers, cell)]
        call(jit.load(scatter.Spec(str(updates.dtype), index_dtype)), geometry.words(*addresses), calls)
        for buffer in (values, numbers, cell, target):
            buffer.check()
        yield target.array, int(cell.array[0])


def check(rng, dtype, outer, axis, index, inner, index_dtype="int64"):
    """Whole numbers, whose sums are exact."""
    updates = rng.integers(0, 9, (outer, len(index), inner)).astype(dtype)
    wanted, error = naive(updates.tolist(), index, axis, inner)
    wanted = np.array(wanted).reshape(outer, axis, inner)
    has_work = scatter.Geometry(outer, axis, len(index), inner).items() > 0
    for found, cell in outcomes(updates, index, axis, index_dtype):
        assert np.array_equal(found, wanted.astype(dtype))
        assert cell == (error if has_work else 0)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8"])
@pytest.mark.parametrize("index_dtype", ["int32", "int64"])
def test_every_dtype(rng, dtype, index_dtype):
    check(rng, dtype, 2, 5, [4, 0, -1, -5, 2, 2, 2, 0], 3, index_dtype)


@pytest.mark.parametrize("outer", [0, 1, 3])
@pytest.mark.parametrize("count", [0, 1, 9])
@pytest.mark.parametrize("inner", [0, 1, 17, scatter.COLUMNS - 1, scatter.COLUMNS, scatter.COLUMNS + 1])
def test_extents(rng, outer, count, inner):
    check(rng, "float32", outer, 4, rng.integers(-4, 4, count).tolist(), inner)


def test_a_large_axis_is_cut_into_blocks(rng):
    geometry = scatter.Geometry(1, 20000, 50, 2)
    assert 2 <= geometry.items() <= scatter.BLOCKS
    check(rng, "float32", 1, 20000, rng.integers(-20000, 20000, 50).tolist(), 2)


def test_the_order_of_the_sum_is_that_of_the_index(rng):
    updates = (rng.normal(size=(1, 500, 70)) * 10.0 ** rng.integers(-4, 5, (1, 500, 1))).astype("f4")
    index = rng.integers(0, 3, 500).tolist()
    wanted = np.zeros((3, 70), "f4")
    for j, number in enumerate(index):
        wanted[number] += updates[0, j]
    for found, _ in outcomes(updates, index, 3):
        assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("index", [[5], [0, -6, 9], [2**31 - 1, 0, -(2**31)]], ids=["above", "below", "extreme"])
def test_bad_indices_are_left_out_and_the_first_is_reported(rng, index):
    check(rng, "float32", 2, 5, index, 4, "int32")


def test_an_empty_axis_has_no_work(rng):
    check(rng, "float32", 1, 0, [0], 2)


def test_a_work_item_writes_its_block_alone():
    geometry = scatter.Geometry(2, 900, 8, 2 * scatter.COLUMNS + 1)
    assert geometry.block[0] < 900
    updates, numbers = Guarded(np.ones((2, 8, geometry.inner), "int32")), Guarded(np.arange(0, 900, 113))
    cell, target = Guarded(np.zeros(1, "int64")), Guarded.poisoned((2, 900, geometry.inner), "int32")
    words = geometry.words(*[buffer.address for buffer in (target, updates, numbers, cell)])
    check_ownership(jit.load(scatter.Spec("int32", "int64")), words, geometry.items(), target)


def test_work_is_counted():
    geometry = scatter.Geometry(2, 10, 6, 4)
    assert geometry.flops() == 2 * 6 * 4
    assert geometry.bytes(4, 8) == 2 * 4 * 4 * (10 + 18) + 48
    assert geometry.chunk(4) >= 1
