"""Gather against plain loops, and what it does with bad indices."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet.kernels import gather, jit
from tests.kernels.guarded import Guarded, call, check_ownership, groupings
from tests.naive.gather import gather as naive


def check(rng, dtype, index_dtype, outer, axis, index, inner):
    """Gather in every grouping, and the error cell with it."""
    x = rng.integers(0, 2 if dtype == "bool" else 200, (outer, axis, inner)).astype(dtype)
    nothing = math.nan if dtype.startswith("float") else 0
    wanted, error = naive(x.tolist(), index, inner, nothing)
    if outer == 0:
        error = 0
    spec = gather.Spec(dtype, index_dtype)
    for calls in groupings(spec.items(outer, len(index), inner)):
        source, numbers, cell = Guarded(x), Guarded(np.array(index, index_dtype)), Guarded(np.zeros(1, "int64"))
        target = Guarded.poisoned((outer, len(index), inner), dtype)
        addresses = [buffer.address for buffer in (target, source, numbers, cell)]
        call(jit.load(spec), gather.words(*addresses, axis, len(index), inner), calls)
        for buffer in (source, numbers, cell, target):
            buffer.check()
        if inner:
            assert np.array_equal(
                target.array, np.array(wanted, dtype).reshape(target.array.shape), equal_nan=nothing != 0
            )
            assert cell.array[0] == error, calls


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("index_dtype", ["int32", "int64"])
def test_every_dtype(rng, dtype, index_dtype):
    check(rng, dtype, index_dtype, 2, 5, [4, 0, -1, -5, 2, 2, 3], 3)


@pytest.mark.parametrize("outer", [0, 1, 3])
@pytest.mark.parametrize("count", [0, 1, 9])
@pytest.mark.parametrize("inner", [0, 1, 15, 16, 17, 65])
def test_extents(rng, outer, count, inner):
    check(rng, "float32", "int64", outer, 4, rng.integers(-4, 4, count).tolist(), inner)


def test_small_unsigned_indices(rng):
    check(rng, "float32", "uint8", 1, 255, [0, 128, 254, 255], 2)


@pytest.mark.parametrize(
    "index",
    [[5], [-6], [0, 1, 7, 2, -9], [2**31 - 1, 0, -(2**31)], [0, 0, 0, 5]],
    ids=["above", "below", "two", "extreme", "last"],
)
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_bad_indices_read_nothing_and_the_first_is_reported(rng, dtype, index):
    check(rng, dtype, "int32", 3, 5, index, 4)


def test_an_empty_axis(rng):
    check(rng, "float32", "int64", 1, 0, [0, -1], 2)


def test_the_cell_keeps_a_smaller_position(rng):
    source, numbers, cell = (
        Guarded(np.zeros((2, 1), "f4")),
        Guarded(np.array([0, 9], "int64")),
        Guarded(np.ones(1, "int64")),
    )
    target = Guarded.poisoned((2, 1), "float32")
    addresses = [buffer.address for buffer in (target, source, numbers, cell)]
    call(jit.load(gather.Spec("float32", "int64")), gather.words(*addresses, 2, 2, 1), [(0, 2)])
    assert cell.array[0] == 1
    cell.array[0] = 5
    call(jit.load(gather.Spec("float32", "int64")), gather.words(*addresses, 2, 2, 1), [(0, 2)])
    assert cell.array[0] == 2


def test_a_work_item_writes_its_slice_alone():
    source, numbers, cell = Guarded(np.ones((2, 4, 3), "int32")), Guarded(np.arange(4)), Guarded(np.zeros(1, "int64"))
    target = Guarded.poisoned((2, 4, 3), "int32")
    addresses = [buffer.address for buffer in (target, source, numbers, cell)]
    spec = gather.Spec("int32", "int64")
    check_ownership(jit.load(spec), gather.words(*addresses, 4, 4, 3), spec.items(2, 4, 3), target)


def test_work_is_counted():
    spec = gather.Spec("float32", "int32")
    assert spec.items(2, 3, 4) == 6
    assert spec.bytes(4, 4, 2, 3, 4) == 2 * 24 * 4 + 12
    assert spec.flops(2, 3, 4) == 0
    assert spec.chunk(4, 1 << 20) == 1
    assert spec.chunk(4, 1) > 1000
