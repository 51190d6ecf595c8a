"""Pooling and up-sampling: random geometries against plain loops, ties, NaN, second derivatives, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from tests.graph.numerical import central_differences
from tests.naive import conv, pool

POOLS = {"max": (ops.max_pool2d, pool.max_pool2d), "avg": (ops.avg_pool2d, pool.avg_pool2d)}


def value_and_gradient(call, x, dy):
    """call(x), and the gradient in x for the gradient `dy`."""
    leaf = make_input(x.shape, x.dtype)
    y = call(leaf)
    (dx,) = gradients(y, [leaf], ops.symbolic_full(y.shape, 1.0, y.dtype) * dy)
    return evaluate(Graph((leaf,), (y, dx)), [x])


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("number", range(15))
def test_random_geometries(kind, number):
    rng = np.random.default_rng(number)
    window, strides = (tuple(rng.integers(1, 5, 2).tolist()) for _ in range(2))
    sizes = [int(rng.integers(count, 8)) for count in window]
    padding = given = tuple(tuple(rng.integers(0, count, 2).tolist()) for count in window)
    if number % 3 == 0:
        padding, given = ((0, 0), (0, 0)), "valid"
    elif number % 3 == 1:
        padding, given = [conv.same(*line) for line in zip(sizes, window, strides, strict=True)], "same"
    x = rng.integers(0, 3, (int(rng.integers(1, 3)), *sizes, int(rng.choice([1, 3, 17])))).astype(float)  # ties
    call, definition = POOLS[kind]
    wanted = definition(x, window, strides, padding)
    dy = rng.normal(size=wanted.shape)
    y, dx = value_and_gradient(lambda leaf: call(leaf, window, strides, given), x, dy)
    np.testing.assert_allclose(y, wanted, rtol=1e-12)
    slope = (
        pool.max_pool2d_input(x, y, dy, window, strides, padding)
        if kind == "max"
        else pool.avg_pool2d_input(dy, window, strides, padding, x.shape)
    )
    np.testing.assert_allclose(dx, slope, rtol=1e-12, atol=1e-14)


def test_the_window_is_the_stride_unless_given(rng):
    x = rng.normal(size=(1, 6, 7, 2))
    np.testing.assert_array_equal(ops.max_pool2d(x, (2, 3)), ops.max_pool2d(x, (2, 3), (2, 3)))
    np.testing.assert_array_equal(ops.avg_pool2d(x, 2), ops.avg_pool2d(x, (2, 2), 2))


def test_the_first_of_equals_gets_the_gradient():
    x = np.array([[1.0, 3.0, 3.0], [3.0, 0.0, 3.0]]).reshape(1, 2, 3, 1)
    _, dx = value_and_gradient(lambda leaf: ops.max_pool2d(leaf, 2, 1), x, np.array([1.0, 10.0]).reshape(1, 1, 2, 1))
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 11, 0], [0, 0, 0]])


def test_nan_wins_and_gets_the_gradient():
    x = np.array([[1.0, np.nan, np.nan, 5.0], [7.0, 0.0, np.inf, 1.0]]).reshape(1, 2, 4, 1)
    y, dx = value_and_gradient(lambda leaf: ops.max_pool2d(leaf, 2), x, np.array([1.0, 10.0]).reshape(1, 1, 2, 1))
    assert np.isnan(y).all()
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 1, 10, 0], [0, 0, 0, 0]])


def test_padding_is_neither_largest_nor_counted():
    x = np.full((1, 2, 2, 1), -3.0)
    for call in (ops.max_pool2d, ops.avg_pool2d):
        np.testing.assert_array_equal(call(x, 3, 1, ((1, 1), (1, 1))), x)


def test_lowest_numbers_are_found_beside_padding():
    x = np.full((1, 2, 2, 1), -np.inf)
    _, dx = value_and_gradient(lambda leaf: ops.max_pool2d(leaf, 2, 1, ((1, 0), (1, 0))), x, np.ones((1, 2, 2, 1)))
    np.testing.assert_array_equal(dx[0, :, :, 0], [[4, 0], [0, 0]])


@pytest.mark.parametrize("call", [ops.max_pool2d, ops.avg_pool2d])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64"])
def test_integers_become_float32(call, dtype):
    y = call(np.ones((1, 2, 2, 1), dtype), 2)
    assert y.dtype == np.float32
    assert y.item() == 1


@pytest.mark.parametrize("strides", [1, 2, 3])
def test_second_derivatives_where_windows_share_a_largest(strides, rng):
    x = rng.permutation(30.0 * np.arange(30)).reshape(1, 5, 6, 1) / 100

    def target(leaf):
        y = ops.max_pool2d(ops.square(leaf), 3, strides, ((1, 1), (0, 2)))
        (slope,) = gradients(ops.sum(y * y), [leaf])
        return ops.sum(ops.square(slope))

    leaf = make_input(x.shape, x.dtype)
    total = target(leaf)
    graph = Graph((leaf,), (total,))
    (found,) = evaluate(Graph((leaf,), tuple(gradients(total, [leaf]))), [x])
    wanted = central_differences(lambda a: evaluate(graph, [a])[0].item(), [x], 0)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (0, 1))])
def test_the_gradient_comes_back_from_the_first_of_equals(padding, rng):
    x, (window, strides) = rng.integers(-1, 1, (2, 5, 4, 2)).astype(float), ((2, 3), (1, 2))
    x[0, 2, 2, 0] = np.nan
    y = pool.max_pool2d(x, window, strides, padding)
    g = rng.normal(size=x.shape)
    leaf, image = make_input(y.shape, y.dtype), make_input(x.shape, x.dtype, 1)
    (dx,) = gradients(ops.max_pool2d(image, window, strides, padding), [image], leaf)
    target = ops.sum(dx * g)
    (found,) = evaluate(Graph((leaf, image), tuple(gradients(target, [leaf]))), [y, x])
    wanted = np.array([g[pool.largest(x, seen)] for _, seen in pool.windows(x.shape, window, strides, padding)])
    np.testing.assert_array_equal(found, wanted.reshape(y.shape))


IMAGES = np.zeros((2, 5, 5, 3))


@pytest.mark.parametrize("call", [ops.max_pool2d, ops.avg_pool2d])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((IMAGES[0], 2), r"expects images .batch, height, width, channels.; received \(5, 5, 3\). Give one image"),
        ((IMAGES, 0), "a window of 1 or more, an int or .rows, columns.; received 0"),
        ((IMAGES, (2, 2, 2)), r"received \(2, 2, 2\)"),
        ((IMAGES, 2.0), "received 2.0"),
        ((IMAGES, 2, (1, 0)), r"strides of 1 or more.*received \(1, 0\)"),
        ((IMAGES, 6), r"cannot place a window of \(6, 6\) on an input of \(5, 5\) rows and columns: there would be no"),
        ((IMAGES[:, :0], 2, 1, "same"), r"input of \(0, 5\)"),
        ((IMAGES, 2, 1, ((2, 0), (0, 0))), r"padding below its window.*padding \(\(2, 0\), \(0, 0\)\) and window \(2,"),
    ],
)
def test_shapes_that_do_not_fit(call, arguments, message):
    with pytest.raises(ShapeError, match=message):
        call(*arguments)


@pytest.mark.parametrize("padding", ["causal", 1, ((0, 0), (0, -1))])
def test_padding_of_another_kind(padding):
    with pytest.raises(ArgumentError, match="expects padding to be 'valid', 'same' or"):
        ops.max_pool2d(IMAGES, 2, 1, padding)


# -- up-sampling ------------------------------------------------------------------------------------------------


def linear(x, factor, axis):
    """Along an axis, number by number: centres of pixels, the outermost number beyond the border."""
    size = x.shape[axis]
    lines = []
    for i in range(size * factor):
        place = (i + 0.5) / factor - 0.5
        low = int(np.floor(place))
        first, second = (np.take(x, min(max(at, 0), size - 1), axis) for at in (low, low + 1))
        lines.append(first + (place - low) * (second - first))
    return np.stack(lines, axis)


@pytest.mark.parametrize("size", [1, 2, 3, (1, 4), (5, 1)])
@pytest.mark.parametrize("shape", [(2, 3, 4, 2), (1, 1, 1, 3), (0, 2, 2, 1)])
def test_up_sampling(size, shape, rng):
    x = rng.normal(size=shape)
    rows, columns = size if isinstance(size, tuple) else (size, size)
    np.testing.assert_array_equal(ops.up_sample2d(x, size), x.repeat(rows, 1).repeat(columns, 2))
    mixed = ops.up_sample2d(x, size, "bilinear")
    np.testing.assert_allclose(mixed, linear(linear(x, rows, 1), columns, 2), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_gradients_of_up_sampling(interpolation, rng):
    x, weighting = rng.normal(size=(1, 2, 3, 2)), rng.normal(size=(1, 4, 9, 2))
    leaf = make_input(x.shape, x.dtype)
    target = ops.sum(ops.square(ops.up_sample2d(leaf, (2, 3), interpolation)) * weighting)
    (found,) = evaluate(Graph((leaf,), tuple(gradients(target, [leaf]))), [x])
    wanted = central_differences(lambda a: evaluate(Graph((leaf,), (target,)), [a])[0].item(), [x], 0)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8)


def test_repetition_keeps_the_dtype():
    assert ops.up_sample2d(np.ones((1, 2, 2, 1), "uint8"), 2).dtype == np.uint8
    assert ops.up_sample2d(np.ones((1, 2, 2, 1), "uint8"), 2, "bilinear").dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((IMAGES[0], 2), ShapeError, r"up_sample2d expects images .*received \(5, 5, 3\)"),
        ((IMAGES, 0), ShapeError, "size of 1 or more"),
        ((IMAGES, 2, "bicubic"), ArgumentError, "'nearest' or 'bilinear'; received 'bicubic'"),
    ],
)
def test_wrong_up_sampling(arguments, error, message):
    with pytest.raises(error, match=message):
        ops.up_sample2d(*arguments)
