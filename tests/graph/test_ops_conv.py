"""conv2d and its forms: random geometries against plain loops, padding by name, sizes turned back, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from tests.graph.numerical import central_differences
from tests.naive import conv as naive

CHANNELS = [1, 3, 17]


def geometry(rng, groups=None):
    """A random convolution: shapes of x and w, strides, dilation, groups, padding."""
    groups = int(rng.choice([1, 1, 2, 3])) if groups is None else groups
    each, outputs = (int(rng.choice(CHANNELS)) for _ in range(2))
    if groups > 1:
        each, outputs = min(each, 3), min(outputs, 3)
    kernel, strides, dilation = (tuple(rng.integers(1, most, 2).tolist()) for most in (4, 4, 3))
    sizes = [int(rng.integers(1, 5)) + (count - 1) * gap for count, gap in zip(kernel, dilation, strict=True)]
    padding = [(0, 0), (0, 0)]
    kind = rng.choice(["valid", "same", "pairs"])
    if kind == "pairs":
        padding = [tuple(rng.integers(0, 3, 2).tolist()) for _ in range(2)]
    elif kind == "same":
        padding = [naive.same(*line) for line in zip(sizes, kernel, strides, dilation, strict=True)]
    x = int(rng.integers(1, 3)), *sizes, each * groups
    w = *kernel, each, outputs * groups
    return x, w, strides, dilation, groups, padding, str(kind) if kind != "pairs" else padding


@pytest.mark.parametrize("number", range(25))
def test_random_geometries(number):
    rng = np.random.default_rng(number)
    x_shape, w_shape, strides, dilation, groups, pairs, padding = geometry(rng)
    x, w = rng.normal(size=x_shape), rng.normal(size=w_shape)
    wanted = naive.conv2d(x, w, strides, pairs, dilation, groups)
    dy = rng.normal(size=wanted.shape)
    leaves = make_input(x_shape, x.dtype), make_input(w_shape, w.dtype, 1)
    y = ops.conv2d(*leaves, strides, padding, dilation, groups)
    graph = Graph(leaves, (y, *gradients(y, leaves, ops.symbolic_full(y.shape, 1.0, y.dtype) * dy)))
    value, dx, dw = evaluate(graph, [x, w])
    np.testing.assert_allclose(value, wanted, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        dx, naive.conv2d_input(dy, w, strides, pairs, dilation, groups, x_shape), rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(
        dw, naive.conv2d_kernel(x, dy, strides, pairs, dilation, groups, w_shape), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize(
    ("size", "window", "stride"), [(7, 3, 2), (8, 3, 2), (5, 5, 1), (4, 1, 3), (6, 4, 4), (3, 5, 1)]
)
def test_same_gives_as_many_as_there_are_strides(size, window, stride):
    x, w = np.ones((1, size, size + 1, 1)), np.ones((window, window, 1, 1))
    y = ops.conv2d(x, w, stride, "SAME")
    assert y.shape == (1, -(-size // stride), -(-(size + 1) // stride), 1)


def test_an_odd_zero_comes_last():
    y = ops.conv2d(np.arange(1.0, 5.0).reshape(1, 1, 4, 1), np.array([1.0, 10.0]).reshape(1, 2, 1, 1), 1, "same")
    np.testing.assert_array_equal(y.ravel(), [21, 32, 43, 4])


def test_the_kernel_is_not_turned():
    y = ops.conv2d(np.arange(1.0, 4.0).reshape(1, 1, 3, 1), np.array([1.0, 10.0]).reshape(1, 2, 1, 1))
    np.testing.assert_array_equal(y.ravel(), [21, 32])


def test_one_number_is_for_rows_and_columns(rng):
    x, w = rng.normal(size=(1, 7, 7, 2)), rng.normal(size=(2, 2, 2, 1))
    np.testing.assert_array_equal(ops.conv2d(x, w, 2, dilation=3), ops.conv2d(x, w, (2, 2), "valid", [3, 3]))


def test_integers_are_computed_in_float32():
    y = ops.conv2d(np.full((1, 3, 3, 2), 200, "uint8"), np.full((3, 3, 2, 1), 200, "uint8"))
    assert y.dtype == np.float32
    assert y.item() == 200 * 200 * 18


def test_nan_and_infinity_go_where_they_are_seen():
    x = np.zeros((1, 3, 3, 1))
    x[0, 0, 0, 0], x[0, 2, 2, 0] = np.nan, np.inf
    y = ops.conv2d(x, np.ones((2, 2, 1, 1)))[0, :, :, 0]
    np.testing.assert_array_equal(y, [[np.nan, 0], [0, np.inf]])


@pytest.mark.parametrize("number", range(6))
def test_depthwise(number):
    rng = np.random.default_rng(number)
    (*_, rows, columns, _), (*kernel, _, _), strides, dilation, _, pairs, padding = geometry(rng, 1)
    channels, each = int(rng.choice(CHANNELS)), int(rng.integers(1, 4))
    x, w = rng.normal(size=(2, rows, columns, channels)), rng.normal(size=(*kernel, channels, each))
    wanted = naive.depthwise(x, w, strides, pairs, dilation)
    np.testing.assert_allclose(ops.depthwise_conv2d(x, w, strides, padding, dilation), wanted, rtol=1e-10, atol=1e-12)


def causal(w, dilation):
    return (0, 0), ((w.shape[0] - 1) * dilation, 0)


@pytest.mark.parametrize(
    ("padding", "pairs"),
    [
        ("valid", lambda w, gap: ((0, 0), (0, 0))),
        ("same", lambda w, gap: ((0, 0), naive.same(9, w.shape[0], 2, gap))),
        ("causal", causal),
        ((1, 2), lambda w, gap: ((0, 0), (1, 2))),
    ],
)
@pytest.mark.parametrize("dilation", [1, 2])
def test_signals_are_images_of_one_row(padding, pairs, dilation, rng):
    x, w = rng.normal(size=(2, 9, 4)), rng.normal(size=(3, 2, 6))
    wanted = naive.conv2d(x[:, None], w[None], (1, 2), pairs(w, dilation), (1, dilation), 2)[:, 0]
    np.testing.assert_allclose(ops.conv1d(x, w, 2, padding, dilation, 2), wanted, rtol=1e-10, atol=1e-12)


def test_causal_outputs_see_nothing_later(rng):
    x, w = rng.normal(size=(1, 6, 1)), rng.normal(size=(3, 1, 1))
    early = ops.conv1d(x, w, padding="causal", dilation=2)
    x[:, 4:] = 100
    np.testing.assert_array_equal(ops.conv1d(x, w, padding="causal", dilation=2)[:, :4], early[:, :4])


def turned_size(size, kernel, stride, dilation, padding, more):
    """The size that Keras documents for a transposed convolution."""
    span = kernel + (kernel - 1) * (dilation - 1)
    if more is None:
        return size * stride if padding == "same" else size * stride + max(span - stride, 0)
    return (size - 1) * stride + span - (2 * (span // 2) if padding == "same" else 0) + more


@pytest.mark.parametrize("more", [None, 0, 1])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)])
def test_transposed(kernel, stride, dilation, padding, more, rng):
    if more is not None and more >= stride:
        return
    x, w = rng.normal(size=(2, 3, 1, 3)), rng.normal(size=(kernel, 2, 2, 3))
    height = turned_size(3, kernel, stride, dilation, padding, more)
    width = turned_size(1, 2, stride, dilation, padding, more)
    if height < 1 or width < 1:
        with pytest.raises(ShapeError, match="Pad less"):
            ops.conv2d_transpose(x, w, stride, padding, more, dilation)
        return
    y = ops.conv2d_transpose(x, w, stride, padding, more, dilation)
    assert y.shape == (2, height, width, 2)
    crops, added = [], []
    for size, full in (
        (height, (3 - 1) * stride + (kernel - 1) * dilation + 1),
        (width, dilation + 1),
    ):
        cut = max(full - size, 0)
        crops.append((cut // 2, cut - cut // 2))
        added.append(max(size - full, 0))
    wanted = naive.transpose(x, w, (stride, stride), (dilation, dilation), crops, added)
    np.testing.assert_allclose(y, wanted, rtol=1e-10, atol=1e-12)


def test_transposed_with_padding_in_pairs(rng):
    x, w = rng.normal(size=(1, 3, 4, 2)), rng.normal(size=(3, 2, 5, 2))
    y = ops.conv2d_transpose(x, w, (2, 3), ((1, 0), (0, 1)), (1, 0))
    wanted = naive.transpose(x, w, (2, 3), (1, 1), ((1, 0), (0, 1)), (1, 0))
    np.testing.assert_allclose(y, wanted, rtol=1e-10, atol=1e-12)


def test_gradients_of_the_transposed(rng):
    x, w = rng.normal(size=(1, 2, 3, 2)), rng.normal(size=(3, 2, 3, 2))
    leaves = make_input(x.shape, x.dtype), make_input(w.shape, w.dtype, 1)
    target = ops.sum(ops.square(ops.conv2d_transpose(*leaves, 2, "same")))
    found = evaluate(Graph(leaves, (target, *gradients(target, leaves))), [x, w])[1:]
    for index in range(2):
        wanted = central_differences(lambda *a: evaluate(Graph(leaves, (target,)), a)[0].item(), [x, w], index)
        np.testing.assert_allclose(found[index], wanted, rtol=1e-6, atol=1e-7)


IMAGES, KERNEL = np.zeros((2, 5, 5, 4)), np.zeros((3, 3, 4, 6))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.conv2d(IMAGES[0], KERNEL), r"input \(5, 5, 4\) and kernel \(3, 3, 4, 6\). Give one image a batch"),
        (lambda: ops.conv2d(IMAGES, KERNEL[0]), r"expects images .* and a kernel .*received .* kernel \(3, 4, 6\)"),
        (
            lambda: ops.conv2d(IMAGES, KERNEL[:, :, :3]),
            r"input \(2, 5, 5, 4\), kernel \(3, 3, 3, 6\), groups=1. Give a",
        ),
        (lambda: ops.conv2d(IMAGES, KERNEL, groups=3), "channels that 3 groups divide"),
        (lambda: ops.conv2d(IMAGES, KERNEL[:, :, :1], groups=4), "a multiple of 4 output channels"),
        (lambda: ops.conv2d(IMAGES, KERNEL, groups=0), "groups of 1 or more, an int; received 0"),
        (lambda: ops.conv2d(IMAGES, KERNEL, groups=1.5), "groups of 1 or more, an int; received 1.5"),
        (lambda: ops.conv2d(IMAGES, KERNEL, 0), "strides of 1 or more, an int or .rows, columns.; received 0"),
        (lambda: ops.conv2d(IMAGES, KERNEL, (1, 2, 3)), r"received \(1, 2, 3\)"),
        (lambda: ops.conv2d(IMAGES, KERNEL, dilation=(1, -1)), r"dilation of 1 or more.*received \(1, -1\)"),
        (lambda: ops.conv2d(IMAGES[:, :2], KERNEL), r"window of \(3, 3\) on an input of \(2, 5\).*padding='same'"),
        (lambda: ops.conv2d(IMAGES, KERNEL, dilation=3), r"with dilation \(3, 3\), which spans \(7, 7\), on an input"),
        (
            lambda: ops.conv2d(IMAGES[:, :1], KERNEL, padding=((1, 0), (0, 0))),
            r"input of \(1, 5\) rows and columns, \(2, 5\) with its padding: there would be no output",
        ),
        (lambda: ops.conv2d(IMAGES[:, :0], KERNEL, padding="same"), r"an input of \(0, 5\)"),
        (lambda: ops.conv2d(IMAGES, KERNEL[:0]), "window of at least one row and column; received .0, 3."),
        (lambda: ops.conv1d(IMAGES, KERNEL[0]), "conv1d expects signals .batch, steps, channels."),
        (
            lambda: ops.conv1d(IMAGES[0], KERNEL[0], strides=0),
            "conv1d expects strides of 1 or more, an int; received 0",
        ),
        (lambda: ops.depthwise_conv2d(IMAGES, KERNEL[:, :, :3]), "Give kernels for 4 channels"),
        (lambda: ops.conv2d_transpose(IMAGES, KERNEL), r"kernel \(3, 3, 4, 6\). Give a kernel of 4 channels, its last"),
        (lambda: ops.conv2d_transpose(IMAGES[..., 0], KERNEL), "conv2d_transpose expects images"),
        (lambda: ops.conv2d_transpose(IMAGES, KERNEL[..., :4], 2, output_padding=2), "output_padding below strides"),
        (lambda: ops.conv2d_transpose(IMAGES, KERNEL[..., :4], output_padding=-1), "output_padding of 0 or more"),
        (lambda: ops.conv2d_transpose(IMAGES, KERNEL[..., :4], padding=((9, 9), (0, 0))), "Pad less"),
        (lambda: ops.conv2d_transpose(IMAGES[:, :0], KERNEL[..., :4], padding="same"), "at least one row"),
    ],
)
def test_shapes_that_do_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize("padding", ["full", 1, (1, 1), ((1, -1), (0, 0)), ((0.5, 0), (0, 0)), None])
@pytest.mark.parametrize(
    "call",
    [lambda p: ops.conv2d(IMAGES, KERNEL, 1, p), lambda p: ops.conv2d_transpose(IMAGES, KERNEL[..., :4], 1, p)],
)
def test_padding_of_another_kind(call, padding):
    with pytest.raises(ArgumentError, match="expects padding to be 'valid', 'same' or"):
        call(padding)


@pytest.mark.parametrize("name", ["conv2d_input", "conv2d_kernel"])
def test_a_gradient_of_another_shape(name):
    from nbnet.graph.ops.registry import OPS
    from nbnet.graph.tensor import apply

    same = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    operands, shape = (
        ((np.zeros((2, 3, 4, 6)), KERNEL), IMAGES.shape)
        if name == "conv2d_input"
        else ((IMAGES, np.zeros((2, 3, 4, 6))), KERNEL.shape)
    )
    with pytest.raises(ShapeError, match=r"of shape \(2, 3, 3, 6\); received \(2, 3, 4, 6\)"):
        apply(OPS[name], *operands, **same, shape=shape)
