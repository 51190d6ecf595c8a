"""Pooling of images and its gradients by plain loops over windows, in row-major order."""

from __future__ import annotations

import itertools
import math

import numpy as np


def begins(size, count, step, sides):
    """Where windows of `count` places begin along an axis; a negative place is padding."""
    first, end = -sides[0], size + sides[1]
    return [place for place in range(first, end) if (place - first) % step == 0 and place + count <= end]


def places(shape, window, strides, padding):
    """Where the windows of rows and of columns begin."""
    return [begins(shape[1 + axis], window[axis], strides[axis], padding[axis]) for axis in range(2)]


def output(shape, window, strides, padding):
    """The shape of the output."""
    rows, columns = places(shape, window, strides, padding)
    return shape[0], len(rows), len(columns), shape[3]


def windows(shape, window, strides, padding):
    """The place in the output of every window, and the places inside the image that it sees."""
    images, height, width, channels = shape
    rows, columns = places(shape, window, strides, padding)
    for n, (i, top), (j, left), c in itertools.product(
        range(images), enumerate(rows), enumerate(columns), range(channels)
    ):
        seen = [
            (n, row, column, c)
            for row in range(top, top + window[0])
            for column in range(left, left + window[1])
            if 0 <= row < height and 0 <= column < width
        ]
        yield (n, i, j, c), seen


def largest(x, seen):
    """The first NaN, or the first of the largest numbers."""
    best = seen[0]
    for at in seen:
        if math.isnan(x[at]):
            return at
        if x[at] > x[best]:
            best = at
    return best


def max_pool2d(x, window, strides, padding):
    y = np.zeros(output(x.shape, window, strides, padding))
    for at, seen in windows(x.shape, window, strides, padding):
        y[at] = x[largest(x, seen)]
    return y


def max_pool2d_input(x, y, dy, window, strides, padding):
    dx = np.zeros(x.shape)
    for at, seen in windows(x.shape, window, strides, padding):
        dx[largest(x, seen)] += dy[at]
    return dx


def avg_pool2d(x, window, strides, padding):
    y = np.zeros(output(x.shape, window, strides, padding))
    for at, seen in windows(x.shape, window, strides, padding):
        y[at] = math.fsum(x[place] for place in seen) / len(seen)
    return y


def avg_pool2d_input(dy, window, strides, padding, shape):
    dx = np.zeros(shape)
    for at, seen in windows(shape, window, strides, padding):
        for place in seen:
            dx[place] += dy[at] / len(seen)
    return dx
