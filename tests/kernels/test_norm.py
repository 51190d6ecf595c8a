"""Squared norms of several arrays: blocks, extents, guard zones, numbers that are not finite, threads."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet.kernels import jit, norm
from tests.kernels import threaded
from tests.kernels.guarded import Guarded, call, check_ownership, groupings

BLOCK = norm.BLOCK


def naive(arrays):
    """The sum of squares of each block, array after array."""
    return [
        math.fsum(float(x) * float(x) for x in array[at : at + BLOCK].tolist())
        for array in arrays
        for at in range(0, len(array), BLOCK)
    ]


def prepared(arrays):
    """Guarded copies, the result between guard zones, and the words."""
    sizes = [len(array) for array in arrays]
    sources, target = [Guarded(array) for array in arrays], Guarded.poisoned((norm.items(sizes),), "float64")
    words = norm.words(target.address, [(n, source.address) for n, source in zip(sizes, sources, strict=True)])
    return sources, target, words


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "sizes", [[1], [BLOCK - 1], [BLOCK], [BLOCK + 1], [0, 3, 0, 2 * BLOCK + 5, 1], [7] * 9, [0]], ids=str
)
def test_every_extent_in_any_grouping(rng, sizes, dtype):
    arrays = [rng.normal(size=n).astype(dtype) for n in sizes]
    for calls in groupings(norm.items(sizes)):
        sources, target, words = prepared(arrays)
        call(jit.load(norm.Spec(dtype)), words, calls)
        for buffer in (*sources, target):
            buffer.check()
        np.testing.assert_allclose(target.array, naive(arrays), rtol=1e-13)


@pytest.mark.parametrize("threads", threaded.THREADS)
def test_threads(rng, threads):
    arrays = [rng.normal(size=n).astype("float32") for n in (5 * BLOCK + 1, 3, BLOCK)]
    _, target, words = prepared(arrays)
    threaded.run(norm.Spec("float32"), words, norm.items([len(array) for array in arrays]), 1, threads)
    target.check()
    np.testing.assert_allclose(target.array, naive(arrays), rtol=1e-13)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 37, BLOCK - 1, BLOCK])
def test_a_number_that_is_not_finite_shows_in_its_block_alone(bad, place):
    array = np.ones(BLOCK + 1, "float32")
    array[place] = bad
    _, target, words = prepared([array])
    call(jit.load(norm.Spec("float32")), words, [(0, 2)])
    assert np.isfinite(target.array).tolist() == [place >= BLOCK, place < BLOCK]


def test_large_float32_numbers_do_not_overflow():
    _, target, words = prepared([np.full(3, 3e38, "float32")])
    call(jit.load(norm.Spec("float32")), words, [(0, 1)])
    assert np.isfinite(target.array).all()


def test_a_work_item_writes_its_block_alone():
    _, target, words = prepared([np.ones(3 * BLOCK, "float32"), np.ones(1, "float32")])
    check_ownership(jit.load(norm.Spec("float32")), words, 4, target)
