"""Strided copies and fills against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ShapeError
from nbnet.kernels import copy, jit
from nbnet.kernels.memory import pack
from tests.kernels.guarded import Guarded, call, check_ownership, groupings
from tests.naive.shape import copy as naive

DTYPES = {1: "uint8", 4: "float32", 8: "float64"}


def check(rng, shape, dst_strides, src_strides, *, itemsize=4, dst=(0, 0), src=(0, 0)):
    """Copy in each grouping, against loops; `dst` and `src` are (offset, size of the buffer)."""
    dtype = DTYPES[itemsize]
    source = Guarded(rng.integers(0, 200, src[1]).astype(dtype))
    wanted = np.frombuffer(bytes([0xFF]) * (dst[1] * itemsize), dtype).tolist()
    naive(wanted, source.array.tolist(), shape, dst_strides, src_strides, dst[0], src[0])
    geometry = copy.geometry(shape, dst_strides, src_strides)
    kernel = jit.load(copy.Spec(itemsize))
    for calls in groupings(geometry.items()):
        target = Guarded.poisoned(dst[1], dtype)
        call(kernel, geometry.words(target.address, source.address, dst[0], src[0]), calls)
        target.check()
        source.check()
        assert np.array_equal(target.array, np.array(wanted, dtype), equal_nan=itemsize > 1)


def strides_of(shape):
    """Strides of a contiguous array."""
    return [int(np.prod(shape[k + 1 :], dtype=int)) for k in range(len(shape))]


@pytest.mark.parametrize("itemsize", DTYPES)
@pytest.mark.parametrize("n", [0, 1, 7, copy.BLOCK - 1, copy.BLOCK, copy.BLOCK + 1])
def test_a_dense_copy(rng, n, itemsize):
    check(rng, [n], [1], [1], itemsize=itemsize, dst=(0, n), src=(0, n))


@pytest.mark.parametrize("itemsize", DTYPES)
def test_a_slice_with_steps(rng, itemsize):
    # x[2:9:3, 1:11:2, ::-1] of shape (10, 12, 5) into a dense buffer, and back as the slice's gradient.
    shape, dense, inside = (3, 5, 5), [25, 5, 1], [3 * 60, 2 * 5, -1]
    offset = 2 * 60 + 1 * 5 + 4
    check(rng, shape, dense, inside, itemsize=itemsize, dst=(0, 75), src=(offset, 600))
    check(rng, shape, inside, dense, itemsize=itemsize, dst=(offset, 600), src=(0, 75))


def test_parts_of_a_concatenation(rng):
    # (4, 3) and (4, 5) side by side in (4, 8)
    check(rng, [4, 3], [8, 1], [3, 1], dst=(0, 32), src=(0, 12))
    check(rng, [4, 5], [8, 1], [5, 1], dst=(3, 32), src=(0, 20))


@pytest.mark.parametrize("itemsize", DTYPES)
def test_broadcasts(rng, itemsize):
    check(rng, [3, 70], [70, 1], [0, 1], itemsize=itemsize, dst=(0, 210), src=(0, 70))
    check(rng, [70, 3], [3, 1], [1, 0], itemsize=itemsize, dst=(0, 210), src=(0, 70))
    check(rng, [4, 5, 6], [30, 6, 1], [0, 1, 0], itemsize=itemsize, dst=(0, 120), src=(0, 5))
    check(rng, [2, 65], [65, 1], [0, 0], itemsize=itemsize, dst=(0, 130), src=(0, 1))


@pytest.mark.parametrize("shape", [(), (1,), (1, 1, 1), (0, 5), (5, 0), (2, 0, 3)])
def test_one_element_and_none(rng, shape):
    size = int(np.prod(shape, dtype=int))
    check(rng, shape, strides_of(shape), strides_of(shape), dst=(0, size), src=(0, size))


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0), (0, 2, 1), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("shape", [(3, 65, 5), (64, 2, 67), (1, 130, 66)])
def test_permutations(rng, shape, order):
    size = int(np.prod(shape))
    source = strides_of(shape)
    turned = [shape[k] for k in order]
    check(rng, turned, strides_of(turned), [source[k] for k in order], dst=(0, size), src=(0, size))


def test_six_axes(rng):
    shape = (2, 3, 2, 3, 2, 3)
    check(rng, shape, strides_of(shape), [1, 2, 6, 12, 36, 72], dst=(0, 216), src=(0, 216))


@pytest.mark.parametrize("itemsize", DTYPES)
def test_fill(itemsize):
    dtype = DTYPES[itemsize]
    for shape, strides, size in (
        ([copy.BLOCK + 1], [1], copy.BLOCK + 1),
        ([3, 5], [7, 1], 21),
        ([4, 3], [3 * 2, 2], 24),
    ):
        geometry = copy.geometry(shape, strides, [0] * len(shape))
        wanted = np.frombuffer(bytes([0xFF]) * (size * itemsize), dtype).tolist()
        naive(wanted, [3], shape, strides, [0] * len(shape))
        for calls in groupings(geometry.items()):
            target = Guarded.poisoned(size, dtype)
            call(jit.load(copy.Spec(itemsize, fill=True)), geometry.words(target.address, pack(3, dtype)), calls)
            target.check()
            assert np.array_equal(target.array, np.array(wanted, dtype), equal_nan=itemsize > 1)


def test_a_work_item_writes_its_block_alone():
    shape, dst, src = (3, 70, 66), (70 * 66, 66, 1), (66 * 70, 1, 70)
    geometry = copy.geometry(shape, dst, src)
    source, target = Guarded(np.ones(3 * 70 * 66, "int32")), Guarded.poisoned(3 * 70 * 66, "int32")
    words = geometry.words(target.address, source.address)
    check_ownership(jit.load(copy.Spec(4)), words, geometry.items(), target)


def test_bits_are_copied():
    payload = np.array([0x7FA00001, 0xFFC12345, 0x80000000], "uint32").view("float32")
    source, target = Guarded(np.zeros(3, "f4")), Guarded.poisoned(3, "float32")
    source.array.view("uint32")[:] = payload.view("uint32")
    geometry = copy.geometry([3], [1], [1])
    call(jit.load(copy.Spec(4)), geometry.words(target.address, source.address), [(0, geometry.items())])
    assert np.array_equal(target.array.view("uint32"), payload.view("uint32"))


def test_axes_that_lie_together_become_one():
    assert copy.geometry((4, 5, 6), (30, 6, 1), (30, 6, 1)).columns == (120, 1, 1)
    geometry = copy.geometry((4, 5, 6), (30, 6, 1), (60, 6, 1))
    assert geometry.columns == (30, 1, 1)
    assert geometry.rows == (4, 30, 60)
    assert not geometry.outer


def test_a_transposition_is_copied_in_squares():
    geometry = copy.geometry((1000, 2000), (2000, 1), (1, 1000))
    assert geometry.block == (copy.SIDE, copy.SIDE)
    assert geometry.items() == 16 * 32


def test_work_is_counted():
    geometry = copy.geometry((3, 5), (5, 1), (0, 1))
    assert geometry.bytes(4) == 2 * 15 * 4
    assert geometry.flops() == 0
    large = copy.geometry((1 << 20,), (1,), (1,))
    assert large.chunk(4) * copy.BLOCK * 4 == copy.BYTES_PER_CHUNK


def test_strides_of_another_number_of_axes():
    with pytest.raises(ShapeError, match=r"2 axes .* received 1 for dst and 2 for src"):
        copy.geometry((2, 3), (1,), (3, 1))
