"""Convolution of images and its gradients by plain loops: every product once, in float64."""

from __future__ import annotations

import itertools

import numpy as np


def same(size, count, stride, gap=1):
    """Zeros before and after an axis so that the windows that begin inside it at multiples of the stride fit."""
    begins = range(0, size, stride)
    lacking = max(0, begins[-1] + gap * (count - 1) + 1 - size)
    return lacking // 2, lacking - lacking // 2


def products(x_shape, w_shape, strides, padding, dilation, groups):
    """(place of y, place of x, place of w) of every product of a convolution; padding is left out."""
    images, height, width, channels = x_shape
    outputs, each = w_shape[3] // groups, channels // groups
    for n, i, j, o in itertools.product(
        range(images), *map(range, output(x_shape, w_shape, strides, padding, dilation))
    ):
        for k, m, c in itertools.product(range(w_shape[0]), range(w_shape[1]), range(each)):
            row = i * strides[0] + k * dilation[0] - padding[0][0]
            column = j * strides[1] + m * dilation[1] - padding[1][0]
            if 0 <= row < height and 0 <= column < width:
                yield (n, i, j, o), (n, row, column, o // outputs * each + c), (k, m, c, o)


def output(x_shape, w_shape, strides, padding, dilation):
    """(rows, columns, channels) of the output, by trying one window after the other."""
    sizes = []
    for axis in range(2):
        first, end = -padding[axis][0], x_shape[1 + axis] + padding[axis][1]
        count = 0
        while first + count * strides[axis] + (w_shape[axis] - 1) * dilation[axis] < end:
            count += 1
        sizes.append(count)
    return (*sizes, w_shape[3])


def conv2d(x, w, strides, padding, dilation, groups):
    y = np.zeros((x.shape[0], *output(x.shape, w.shape, strides, padding, dilation)))
    for to, a, b in products(x.shape, w.shape, strides, padding, dilation, groups):
        y[to] += float(x[a]) * float(w[b])
    return y


def conv2d_input(dy, w, strides, padding, dilation, groups, shape):
    dx = np.zeros(shape)
    for to, a, b in products(shape, w.shape, strides, padding, dilation, groups):
        dx[a] += float(dy[to]) * float(w[b])
    return dx


def conv2d_kernel(x, dy, strides, padding, dilation, groups, shape):
    dw = np.zeros(shape)
    for to, a, b in products(x.shape, shape, strides, padding, dilation, groups):
        dw[b] += float(dy[to]) * float(x[a])
    return dw


def depthwise(x, w, strides, padding, dilation):
    """Channel by channel, kernel by kernel."""
    images, _, _, channels = x.shape
    pieces = [
        conv2d(x[..., c : c + 1], w[:, :, c : c + 1, m : m + 1], strides, padding, dilation, 1)
        for c in range(channels)
        for m in range(w.shape[3])
    ]
    return np.concatenate(pieces, axis=3).reshape(images, *pieces[0].shape[1:3], channels * w.shape[3])


def transpose(x, w, strides, dilation, crop, more=(0, 0)):
    """Each number of x spreads its kernel over the output; `crop` places are then cut at the ends, `more` added."""
    spans = [(w.shape[axis] - 1) * dilation[axis] + 1 for axis in range(2)]
    whole = [(x.shape[1 + axis] - 1) * strides[axis] + spans[axis] for axis in range(2)]
    y = np.zeros((len(x), whole[0] + more[0], whole[1] + more[1], w.shape[2]))
    for n, i, j, c in np.ndindex(x.shape):
        for k, m, o in np.ndindex(w.shape[:3]):
            y[n, i * strides[0] + k * dilation[0], j * strides[1] + m * dilation[1], o] += x[n, i, j, c] * w[k, m, o, c]
    (top, bottom), (left, right) = crop
    return y[:, top : y.shape[1] - bottom, left : y.shape[2] - right]
