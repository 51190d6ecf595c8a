import ctypes
import itertools

import numpy as np
import pytest

from nbnet.errors import KernelError
from nbnet.graph import philox
from nbnet.kernels import jit
from nbnet.kernels.random import CHUNK, DTYPES, ITEM, Spec, items

SPECS = [Spec(kind, dtype) for kind, dtypes in DTYPES.items() for dtype in dtypes]
STREAM = (-1234567890123456789, 2**32 + 7, 3, 2)
CALL = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
GUARD = 64
POISON = 77


def threshold(spec, p):
    """The integer that a mask is compared with; of 16 bits the largest one is not 2^16."""
    return min(round(p * 2**32), 2**32) if spec.kind == "mask32" else min(round(p * 2**16), 2**16 - 1)


def fill(spec, n, borders=None, p=0.8):
    """Run the kernel over the items between borders, last part first, and check the guard zones."""
    kernel = CALL(jit.load(spec).address)
    buffer = np.full(n + 2 * GUARD, POISON).astype(spec.dtype)
    seed, step, probability = np.array([STREAM[0]]), np.array([STREAM[1]]), np.array([p], np.float32)
    out = buffer[GUARD : GUARD + n]
    address = buffer.ctypes.data + GUARD * buffer.itemsize
    limit = threshold(spec, p) if spec.kind.startswith("mask") else probability.ctypes.data
    words = np.array([address, n, seed.ctypes.data, step.ctypes.data, *STREAM[2:], limit])
    for start, stop in reversed(list(itertools.pairwise(borders or [0, items(n)]))):
        kernel(words.ctypes.data, start, stop)
    poison = np.array([POISON]).astype(spec.dtype)
    assert (buffer[:GUARD] == poison).all()
    assert (buffer[GUARD + n :] == poison).all()
    return out


def reference(spec, n, p=0.8):
    if spec.kind == "words":
        return philox.words(*STREAM, 0, n).view(np.int32)
    if spec.kind == "bernoulli":
        return (philox.uniform(*STREAM, 0, n) < np.float32(p)).astype(spec.dtype)
    if spec.kind.startswith("mask"):
        draw = philox.halves if spec.kind == "mask16" else philox.words
        return draw(*STREAM, 0, n) < np.uint64(threshold(spec, p))
    return getattr(philox, spec.kind)(*STREAM, 0, n, spec.dtype)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.kind}-{spec.dtype}")
def test_every_extent(spec):
    for n in (*range(18), ITEM - 1, ITEM, ITEM + 1, 2 * ITEM + 3, 4096 + 2):
        out, expected = fill(spec, n), reference(spec, n)
        assert out.dtype == expected.dtype
        if spec.kind == "normal":
            np.testing.assert_allclose(out, expected, rtol=0, atol=1e-6 if spec.dtype == "float32" else 1e-14)
        else:
            np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.kind}-{spec.dtype}")
def test_same_bits_however_items_are_grouped(spec, rng):
    n = 40 * ITEM + 5
    whole = fill(spec, n).tobytes()
    assert fill(spec, n, range(items(n) + 1)).tobytes() == whole
    cuts = sorted(rng.choice(np.arange(1, items(n)), 7, replace=False).tolist())
    assert fill(spec, n, [0, *cuts, items(n)]).tobytes() == whole
    assert fill(spec, n - 3).tobytes() == whole[: (n - 3) * np.dtype(spec.dtype).itemsize]


def test_items_write_their_own_elements_only():
    spec, n = Spec("uniform", "float32"), 5 * ITEM + 3
    whole = fill(spec, n)
    for start, stop in [(0, 1), (2, 4), (4, 5), (5, 6), (3, 3)]:
        expected = np.full(n, POISON, np.float32)
        expected[start * ITEM : stop * ITEM] = whole[start * ITEM : stop * ITEM]
        np.testing.assert_array_equal(fill(spec, n, [start, stop]), expected)


def test_a_mask_is_less_than_and_not_equal():
    uniform = reference(Spec("uniform", "float32"), 7)
    for e, p in enumerate(uniform):
        mask = fill(Spec("bernoulli", "bool"), 7, p=p)
        assert not mask[e]
        np.testing.assert_array_equal(mask, uniform < p)


@pytest.mark.parametrize("kind", ["bernoulli", "mask16", "mask32"])
@pytest.mark.parametrize("p", [0.0, 2.0**-24, 2.0**-16, 0.5, 0.75, np.nextafter(np.float32(1), np.float32(0)), 1.0])
def test_probabilities(kind, p):
    spec = Spec(kind, "bool")
    out = fill(spec, 5000, p=p)
    assert set(out.view(np.uint8)) <= {0, 1}
    np.testing.assert_array_equal(out, reference(spec, 5000, p))
    if p == 0 or (p == 1 and kind != "mask16"):
        assert (out == bool(p)).all()


def test_a_mask_by_halves_is_less_than_and_not_equal():
    spec, halves = Spec("mask16", "bool"), philox.halves(*STREAM, 0, 13)
    for e, half in enumerate(halves):
        assert not fill(spec, 13, p=half / 2**16)[e]
        assert fill(spec, 13, p=(int(half) + 1) / 2**16)[e]


def test_chunk_and_cost():
    assert items(0) == 0
    assert items(1) == 1
    assert items(CHUNK * ITEM) == CHUNK
    assert items(CHUNK * ITEM + 1) == CHUNK + 1
    for spec in SPECS:
        assert spec.bytes(10) == 10 * np.dtype(spec.dtype).itemsize
        assert spec.flops(10) == 10 * spec.flops(1) >= 0


@pytest.mark.parametrize(("kind", "dtype"), [("uniform", "int32"), ("words", "float32"), ("poisson", "float32")])
def test_what_does_not_exist_is_refused(kind, dtype):
    with pytest.raises(KernelError, match="a random kernel fills one of"):
        Spec(kind, dtype)
