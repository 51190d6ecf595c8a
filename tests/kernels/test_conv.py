"""Convolution and the gradient in its kernel against plain loops: edges of tiles, groups, strides, any cutting."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.kernels import conv, conv_kernel, jit
from nbnet.kernels.conv import Geometry
from nbnet.kernels.program import Instruction, Operand, Program, Result
from tests.kernels.guarded import Guarded, call, groupings

TILES = {"avx512": (6, 4, 16, True), "avx512 tall": (14, 2, 16, True), "avx2": (6, 2, 8, True), "sse": (6, 2, 4, False)}

# (images, H, W, C, OC, KH, KW, stride, dilation, groups)
CASES = [
    (1, 3, 3, 1, 1, 3, 3, 1, 1, 1),
    (1, 5, 4, 3, 5, 1, 1, 1, 1, 1),
    (2, 7, 9, 3, 17, 3, 3, 1, 1, 1),
    (3, 6, 5, 17, 64, 2, 3, 1, 1, 1),
    (2, 8, 8, 4, 65, 3, 2, 2, 1, 1),
    (1, 11, 10, 6, 70, 3, 3, 1, 2, 2),
    (2, 6, 6, 3, 6, 3, 3, 2, 1, 3),
    (4, 9, 9, 2, 33, 5, 1, 3, 1, 1),
]


def geometry(images, H, W, C, OC, KH, KW, stride, dilation, groups):
    """The extents of a convolution without padding."""
    OH, OW = ((size - (kernel - 1) * dilation - 1) // stride + 1 for size, kernel in ((H, KH), (W, KW)))
    return Geometry(images, H, W, C, OH, OW, OC, KH, KW, stride, stride, dilation, dilation, groups)


def taps(g):
    """For each product: where it is added to the output, its element of the kernel, and its element of the input."""
    each, own = g.C // g.groups, g.OC // g.groups
    for i, oh, ow, n in np.ndindex(g.images, g.OH, g.OW, g.OC):
        for kh, kw, c in np.ndindex(g.KH, g.KW, each):
            h, w = oh * g.stride_h + kh * g.dilation_h, ow * g.stride_w + kw * g.dilation_w
            yield (i, oh, ow, n), (kh, kw, c, n), (i, h, w, n // own * each + c)


def naive(x, w, g):
    y = np.zeros((g.images, g.OH, g.OW, g.OC))
    for pixel, tap, place in taps(g):
        y[pixel] += float(x[place]) * float(w[tap])
    return y


def naive_kernel(x, dy, g):
    d = np.zeros((g.KH, g.KW, g.C // g.groups, g.OC))
    for pixel, tap, place in taps(g):
        d[tap] += float(x[place]) * float(dy[pixel])
    return d


def numbers(rng, shape, dtype="float32"):
    """Small whole numbers, whose sums are exact in every order."""
    return rng.integers(-4, 5, shape).astype(dtype)


def forward(spec, x, w, g, *, flip=False, strip=2, calls=None, extra=()):
    """The convolution through guarded buffers."""
    buffers = [Guarded(x), Guarded(w), Guarded.poisoned((g.pixels, g.OC), spec.dtype)]
    size = np.dtype(spec.dtype).itemsize
    words = conv.words(*(item.address for item in buffers), g, size, strip, flip, extra)
    call(jit.load(spec), words, calls or [(0, spec.items(g))])
    for buffer in buffers:
        buffer.check()
    return buffers[2].array.reshape(g.images, g.OH, g.OW, g.OC).copy()


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_against_plain_loops(case, tile, rng):
    g, spec = geometry(*case), conv.Spec("float32", *TILES[tile])
    x, w = numbers(rng, (g.images, g.H, g.W, g.C)), numbers(rng, (g.KH, g.KW, g.C // g.groups, g.OC))
    expected = naive(x, w, g)
    np.testing.assert_array_equal(forward(spec, x, w, g), expected)
    np.testing.assert_array_equal(forward(spec, x, w[::-1, ::-1], g, flip=True), expected)


@pytest.mark.parametrize("case", CASES[:4], ids=str)
def test_in_double_precision(case, rng):
    g, spec = geometry(*case), conv.Spec("float64", 6, 4, 8, True)
    x, w = rng.normal(size=(g.images, g.H, g.W, g.C)), rng.normal(size=(g.KH, g.KW, g.C // g.groups, g.OC))
    np.testing.assert_allclose(forward(spec, x, w, g), naive(x, w, g), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("strip", [1, 3, 100])
def test_any_grouping_of_the_work_items_gives_the_same_bits(strip, rng):
    g, spec = geometry(2, 7, 7, 5, 70, 3, 3, 1, 1, 1), conv.Spec("float32", 6, 4, 16, True)
    x = rng.normal(size=(g.images, g.H, g.W, g.C)).astype("f")
    w = rng.normal(size=(3, 3, 5, 70)).astype("f")
    whole = forward(spec, x, w, g)
    for calls in groupings(spec.items(g)):
        np.testing.assert_array_equal(forward(spec, x, w, g, strip=strip, calls=calls), whole)


def test_items_own_what_they_write(rng):
    g, spec = geometry(2, 6, 7, 3, 70, 3, 3, 1, 1, 1), conv.Spec("float32", 6, 4, 16, True)
    x, w = numbers(rng, (2, 6, 7, 3)), numbers(rng, (3, 3, 3, 70))
    found = []
    for item in range(spec.items(g)):
        y = forward(spec, x, w, g, calls=[(item, item + 1)])
        found.append(~np.isnan(y))
    assert (np.sum(found, axis=0) == 1).all()


def test_the_epilogue_sees_each_pixel_once(rng):
    g = geometry(2, 5, 6, 3, 20, 3, 3, 1, 1, 1)
    add = Program(
        (Operand("float32", True, True), Operand("float32", True, False)),
        (Instruction("add", (0, 1), "float32"), Instruction("maximum", (2, 2), "float32")),
        (Result(3, "float32"),),
    )
    spec = conv.Spec("float32", 6, 4, 16, True, add)
    x, w, bias = numbers(rng, (2, 5, 6, 3)), numbers(rng, (3, 3, 3, 20)), Guarded(numbers(rng, 20))
    raw, out = (Guarded.poisoned((g.pixels, g.OC), "float32") for _ in range(2))
    sources = Guarded(x), Guarded(w)
    row = g.OC * 4
    extra = [raw.address, row, bias.address, 0, out.address, row]
    words = conv.words(*(item.address for item in sources), raw.address, g, 4, 2, extra=extra)
    call(jit.load(spec), words, [(0, spec.items(g))])
    for buffer in (*sources, bias, raw, out):
        buffer.check()
    np.testing.assert_array_equal(out.array.reshape(2, g.OH, g.OW, 20), naive(x, w, g) + bias.array)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_gradient_in_the_kernel(case, tile, rng):
    g, spec = geometry(*case), conv_kernel.Spec("float32", *TILES[tile])
    x, dy = numbers(rng, (g.images, g.H, g.W, g.C)), numbers(rng, (g.images, g.OH, g.OW, g.OC))
    expected = naive_kernel(x, dy, g)
    for each, band in ((1, 2), (g.images, 100), (2, 1)):
        pieces = -(-g.images // each)
        buffers = [Guarded(x), Guarded(dy), Guarded.poisoned((pieces, *expected.shape), "float32")]
        words = conv_kernel.words(*(item.address for item in buffers), g, 4, each, band)
        call(jit.load(spec), words, [(0, spec.items(g, each, band))])
        for buffer in buffers:
            buffer.check()
        np.testing.assert_array_equal(buffers[2].array.sum(0), expected)


def test_any_grouping_of_the_gradient_gives_the_same_bits(rng):
    g, spec = geometry(3, 7, 7, 5, 70, 3, 3, 1, 1, 1), conv_kernel.Spec("float32", 6, 4, 16, True)
    x, dy = (rng.normal(size=shape).astype("f") for shape in ((3, 7, 7, 5), (3, 5, 5, 70)))
    found = []
    for calls in groupings(spec.items(g, 2, 3)):
        d = Guarded.poisoned((2, 3, 3, 5, 70), "float32")
        words = conv_kernel.words(x.ctypes.data, dy.ctypes.data, d.address, g, 4, 2, 3)
        call(jit.load(spec), words, calls)
        d.check()
        found.append(d.array.copy())
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
