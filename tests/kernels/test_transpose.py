"""Transposition against plain loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nbnet.kernels import jit, transpose
from tests.kernels.guarded import Guarded, call, check_ownership, groupings
from tests.naive.shape import transpose as naive

DTYPES = {1: "uint8", 4: "float32", 8: "float64"}


def check(rng, spec, rows, columns, batch=1, gaps=(0, 0), grouped=False):
    """Transpose `batch` matrices with unused columns of source and target, which must stay as they are."""
    dtype = DTYPES[spec.itemsize]
    source = Guarded.poisoned((batch, rows, columns + gaps[0]), dtype)
    source.array[:, :, :columns] = rng.integers(0, 200, (batch, rows, columns))
    wanted = [naive(matrix[:, :columns].tolist()) for matrix in source.array]
    items = spec.items(rows, columns, batch)
    for calls in groupings(items) if grouped else [[(0, items)]]:
        target = Guarded.poisoned((batch, columns, rows + gaps[1]), dtype)
        before = target.array.copy()
        steps = (columns * (rows + gaps[1]), rows * (columns + gaps[0]))
        strides = (rows + gaps[1], columns + gaps[0])
        words = transpose.words(target.address, source.address, rows, columns, *strides, batch, *steps)
        call(jit.load(spec), words, calls)
        target.check()
        source.check()
        assert target.array[:, :, rows:].tobytes() == before[:, :, rows:].tobytes()
        if rows and columns:
            assert np.array_equal(target.array[:, :, :rows], wanted)


@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
@pytest.mark.parametrize("itemsize", DTYPES)
def test_every_edge_of_the_squares(rng, itemsize, vector_bytes):
    spec = transpose.spec_for(itemsize, vector_bytes)
    extents = sorted({0, 1, spec.width - 1, spec.width, spec.width + 1, 3 * spec.width + 2})
    for rows, columns in itertools.product(extents, repeat=2):
        check(rng, spec, rows, columns)


@pytest.mark.parametrize(("rows", "columns"), [(63, 65), (64, 64), (130, 70), (1, 200), (200, 1)])
def test_blocks_strides_and_groupings(rng, rows, columns):
    check(rng, transpose.spec_for(4, 64), rows, columns, gaps=(3, 5), grouped=True)


def test_batches(rng):
    check(rng, transpose.spec_for(4, 32), 70, 20, batch=3, gaps=(1, 2), grouped=True)
    check(rng, transpose.spec_for(8, 64), 9, 8, batch=2, grouped=True)


def test_a_work_item_writes_its_block_alone():
    spec, batch, rows, columns = transpose.spec_for(4, 32), 2, 70, 130
    source = Guarded(np.ones((batch, rows, columns), "int32"))
    target = Guarded.poisoned((batch, columns, rows), "int32")
    size = rows * columns
    words = transpose.words(target.address, source.address, rows, columns, rows, columns, batch, size, size)
    check_ownership(jit.load(spec), words, spec.items(rows, columns, batch), target)


def test_bits_are_moved():
    bits = np.arange(0x7FA00000, 0x7FA00000 + 256, dtype="uint32").reshape(16, 16)
    source, target = Guarded(bits), Guarded.poisoned((16, 16), "uint32")
    call(jit.load(transpose.spec_for(4, 64)), transpose.words(target.address, source.address, 16, 16, 16, 16), [(0, 1)])
    assert np.array_equal(target.array, bits.T)


def test_work_is_counted():
    spec = transpose.spec_for(4, 64)
    assert spec.items(784, 128) == 13 * 2
    assert spec.bytes(784, 128) == 2 * 784 * 128 * 4
    assert spec.flops(784, 128) == 0
    assert spec.chunk(784, 128) == 8
    assert spec.chunk(0, 3) >= 1
