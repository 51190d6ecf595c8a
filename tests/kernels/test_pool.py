"""Pooling and its gradients against plain loops: any window, stride and border; ties; any cutting."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.kernels import jit, pool
from nbnet.kernels.pool import Geometry
from tests.kernels.guarded import Guarded, call, groupings

# (images, H, W, C, KH, KW, stride, border)
CASES = [
    (1, 2, 2, 1, 2, 2, 2, 0),
    (2, 6, 8, 5, 2, 2, 2, 0),
    (2, 7, 7, 33, 2, 2, 2, 0),
    (2, 7, 9, 17, 3, 3, 2, 1),
    (3, 5, 6, 3, 3, 2, 1, 1),
    (1, 11, 11, 4, 5, 5, 3, 2),
    (1, 4, 4, 3, 4, 4, 1, 0),
]


def geometry(images, H, W, C, KH, KW, stride, border):
    OH, OW = ((size + 2 * border - kernel) // stride + 1 for size, kernel in ((H, KH), (W, KW)))
    return Geometry(images, H, W, C, OH, OW, stride, stride, border, border)


def windows(g, KH, KW):
    """(image, oh, ow, the pixels of its window that are inside) in order."""
    for i, oh, ow in np.ndindex(g.images, g.OH, g.OW):
        rows = [h for h in range(oh * g.stride_h - g.top, oh * g.stride_h - g.top + KH) if 0 <= h < g.H]
        columns = [w for w in range(ow * g.stride_w - g.left, ow * g.stride_w - g.left + KW) if 0 <= w < g.W]
        yield i, oh, ow, [(h, w) for h in rows for w in columns]


def naive(kind, x, dy, g, KH, KW):
    """Output and gradient."""
    y, dx = np.zeros((g.images, g.OH, g.OW, g.C)), np.zeros(x.shape)
    for i, oh, ow, pixels in windows(g, KH, KW):
        for c in range(g.C):
            values = [float(x[i, h, w, c]) for h, w in pixels]
            if kind == "max":
                y[i, oh, ow, c] = max(values)
                h, w = pixels[values.index(max(values))]
                dx[i, h, w, c] += dy[i, oh, ow, c]
            else:
                y[i, oh, ow, c] = sum(values) / len(values)
                for h, w in pixels:
                    dx[i, h, w, c] += dy[i, oh, ow, c] / len(values)
    return y, dx


def run(kind, arrays, out, g, KH, KW, dtype="float32", calls=None):
    """A kernel through guarded buffers."""
    spec = pool.Spec(kind, dtype, KH, KW)
    buffers = [*map(Guarded, arrays), Guarded.poisoned(out, dtype)]
    call(jit.load(spec), pool.words(spec, [item.address for item in buffers], g), calls or [(0, spec.items(g))])
    for buffer in buffers:
        buffer.check()
    return buffers[-1].array.copy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_against_plain_loops(kind, case, dtype, rng):
    g, (KH, KW) = geometry(*case), case[4:6]
    x = rng.integers(0, 6, (g.images, g.H, g.W, g.C)).astype(dtype)  # with ties
    dy = rng.integers(-8, 9, (g.images, g.OH, g.OW, g.C)).astype(dtype)
    expected, gradient = naive(kind, x, dy, g, KH, KW)
    y = run(kind, [x], expected.shape, g, KH, KW, dtype)
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    arrays = [x, y, dy] if kind == "max" else [dy]
    np.testing.assert_allclose(run(f"{kind}_input", arrays, x.shape, g, KH, KW, dtype), gradient, rtol=1e-5, atol=1e-5)


def test_whole_numbers_have_a_largest_too(rng):
    g = geometry(2, 6, 6, 3, 2, 2, 2, 0)
    x = rng.integers(-50, 50, (2, 6, 6, 3))
    expected, _ = naive("max", x, np.zeros((2, 3, 3, 3)), g, 2, 2)
    np.testing.assert_array_equal(run("max", [x], expected.shape, g, 2, 2, "int64"), expected)


@pytest.mark.parametrize("window", [(2, 2), (5, 5)])
def test_nan_stays(window, rng):
    g = geometry(1, 5, 5, 2, *window, 1, 0)
    x = rng.normal(size=(1, 5, 5, 2)).astype("f")
    x[0, 2, 2, 1] = np.nan
    y = run("max", [x], (1, g.OH, g.OW, 2), g, *window)
    assert not np.isnan(y[..., 0]).any()
    assert np.isnan(y[..., 1]).sum() == (4 if window == (2, 2) else 1)


@pytest.mark.parametrize("case", [CASES[1], CASES[3]], ids=str)
@pytest.mark.parametrize("kind", ["max", "mean", "max_input", "mean_input"])
def test_any_grouping_of_the_work_items(kind, case, rng):
    g, (KH, KW) = geometry(*case), case[4:6]
    large, small = (g.images, g.H, g.W, g.C), (g.images, g.OH, g.OW, g.C)
    x, dy = rng.normal(size=large).astype("f"), rng.normal(size=small).astype("f")
    y = run("max", [x], small, g, KH, KW)
    arrays = {"max": [x], "mean": [x], "max_input": [x, y, dy], "mean_input": [dy]}[kind]
    out = large if kind.endswith("input") else small
    whole = run(kind, arrays, out, g, KH, KW)
    for calls in groupings(pool.Spec(kind, "float32", KH, KW).items(g)):
        np.testing.assert_array_equal(run(kind, arrays, out, g, KH, KW, calls=calls), whole)
