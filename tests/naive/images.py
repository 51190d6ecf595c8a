"""Layers over signals and images by their definitions, in float64: see tests/naive/layers.py for their form.

Signals are images of one row.
"""

from __future__ import annotations

import math

import numpy as np

from tests.naive import conv, pool


def pairs(padding, x_shape, window, strides, dilation):
    """(before, after) of rows and columns."""
    if padding == "same":
        return [conv.same(*line) for line in zip(x_shape[1:3], window, strides, dilation, strict=True)]
    if padding == "causal":
        return [(0, 0), ((window[1] - 1) * dilation[1], 0)]
    return [(0, 0), (0, 0)]


def image_of(function):
    """A definition for images as one for signals: input gets a row, which the output loses."""

    def definition(inputs, weights, training):
        return function([x[:, None] for x in inputs], weights, training)[:, 0]

    return definition


def _activated(y, weights, place, function):
    """With the bias at a place of the weights, if there is one, and the activation."""
    if len(weights) > place:
        y = y + weights[place]
    return np.vectorize(function, otypes=[float])(y)


def convolution(strides=(1, 1), padding="valid", dilation=(1, 1), groups=1, function=float, row=False):
    def definition(inputs, weights, training):
        x, kernel = inputs[0], weights[0][None] if row else weights[0]
        around = pairs(padding, x.shape, kernel.shape[:2], strides, dilation)
        return _activated(conv.conv2d(x, kernel, strides, around, dilation, groups), weights, 1, function)

    return definition


def depthwise(strides=(1, 1), padding="valid", dilation=(1, 1), function=float):
    def definition(inputs, weights, training):
        x, kernel = inputs[0], weights[0]
        around = pairs(padding, x.shape, kernel.shape[:2], strides, dilation)
        return _activated(conv.depthwise(x, kernel, strides, around, dilation), weights, 1, function)

    return definition


def separable(strides=(1, 1), padding="valid", dilation=(1, 1), function=float):
    """The second kernel mixes the channels of each pixel."""

    def definition(inputs, weights, training):
        x, first, second = inputs[0], weights[0], weights[1][0, 0]
        middle = conv.depthwise(
            x, first, strides, pairs(padding, x.shape, first.shape[:2], strides, dilation), dilation
        )
        y = np.zeros((*middle.shape[:3], second.shape[1]))
        for at in np.ndindex(middle.shape[:3]):
            for o in range(second.shape[1]):
                y[(*at, o)] = math.fsum(middle[at][c] * second[c, o] for c in range(second.shape[0]))
        return _activated(y, weights, 2, function)

    return definition


def transposed(strides, crop, more=(0, 0), dilation=(1, 1), function=float):
    """`crop` is cut away at the ends of all that is reached; `more` is added."""

    def definition(inputs, weights, training):
        return _activated(conv.transpose(inputs[0], weights[0], strides, dilation, crop, more), weights, 1, function)

    return definition


def pooling(function, window, strides, padding="valid"):
    """A definition of tests/naive/pool.py."""

    def definition(inputs, weights, training):
        x = inputs[0]
        return function(x, window, strides, pairs(padding, x.shape, window, strides, (1, 1)))

    return definition


def over_places(function, keepdims=False):
    """A function of the list of a channel's numbers."""

    def definition(inputs, weights, training):
        x = inputs[0]
        y = np.array([[function(list(sample[..., c].flat)) for c in range(x.shape[-1])] for sample in x])
        return y.reshape(len(x), *[1] * (x.ndim - 2), x.shape[-1]) if keepdims else y

    return definition


def mean(values):
    return math.fsum(values) / len(values)


def zero_padding(*sides):
    def definition(inputs, weights, training):
        x = inputs[0]
        widths = [(0, 0), *sides, (0, 0)]
        y = np.zeros([size + sum(width) for size, width in zip(x.shape, widths, strict=True)])
        for at in np.ndindex(x.shape):
            y[tuple(place + before for place, (before, _) in zip(at, widths, strict=True))] = x[at]
        return y

    return definition


def cropping(*sides):
    def definition(inputs, weights, training):
        x = inputs[0]
        widths = [(0, 0), *sides, (0, 0)]
        y = np.empty([size - sum(width) for size, width in zip(x.shape, widths, strict=True)])
        for at in np.ndindex(y.shape):
            y[at] = x[tuple(place + before for place, (before, _) in zip(at, widths, strict=True))]
        return y

    return definition


def repeated(*sizes):
    """Each place of the axes after the first so many times."""

    def definition(inputs, weights, training):
        x = inputs[0]
        factors = (1, *sizes, 1)
        y = np.empty([size * factor for size, factor in zip(x.shape, factors, strict=True)])
        for at in np.ndindex(y.shape):
            y[at] = x[tuple(place // factor for place, factor in zip(at, factors, strict=True))]
        return y

    return definition


def bilinear(*sizes):
    """From the two nearest centres along each axis; beyond the border the outermost number counts."""

    def definition(inputs, weights, training):
        y = inputs[0]
        for axis, factor in enumerate(sizes, 1):
            lines, size = [], y.shape[axis]
            for i in range(size * factor):
                place = (i + 0.5) / factor - 0.5
                low = math.floor(place)
                first, second = (np.take(y, min(max(at, 0), size - 1), axis) for at in (low, low + 1))
                lines.append(first + (place - low) * (second - first))
            y = np.stack(lines, axis)
        return y

    return definition


def group_normalization(groups, axis=-1, epsilon=1e-3, scale=True, center=True):
    """Sample by sample, run by run of channels."""

    def definition(inputs, weights, training):
        x, listed = np.moveaxis(inputs[0], axis, -1), list(weights)
        channels = x.shape[-1]
        runs = channels if groups == -1 else groups
        gamma = listed.pop(0) if scale else np.ones(channels)
        beta = listed.pop(0) if center else np.zeros(channels)
        y, each = np.empty_like(x), channels // runs
        for sample in range(len(x)):
            for start in range(0, channels, each):
                block = x[sample, ..., start : start + each]
                values = list(block.flat)
                average = mean(values)
                deviation = math.sqrt(mean([(value - average) ** 2 for value in values]) + epsilon)
                y[sample, ..., start : start + each] = (block - average) / deviation
        return np.moveaxis(y * gamma + beta, -1, axis)

    return definition


MAXIMUM, MEAN = pool.max_pool2d, pool.avg_pool2d
