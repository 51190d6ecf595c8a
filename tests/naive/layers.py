"""Layers by their definitions, in NumPy float64 or plain loops.

Each function makes ``definition(inputs, weights, training) -> output``: `inputs` is a list of arrays, `weights` a list
in the order in which the layer made them. Random layers draw from seed 0, step 0, as the first draw of the outermost
layer.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from tests.naive import philox


def each(function):
    """One number after the other."""
    return lambda inputs, weights, training: np.vectorize(function, otypes=[float])(inputs[0])


def same(inputs, weights, training):
    return inputs[0]


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


# -- weights ----------------------------------------------------------------------------------------------------


def dense(function=lambda z: z, bias=True):
    """Each unit: the weighted sum of the last axis, plus its bias."""

    def definition(inputs, weights, training):
        x, kernel = inputs[0], weights[0]
        y = np.zeros((*x.shape[:-1], kernel.shape[1]))
        for at in np.ndindex(y.shape):
            z = sum(x[(*at[:-1], k)] * kernel[k, at[-1]] for k in range(kernel.shape[0]))
            y[at] = function(z + (weights[1][at[-1]] if bias else 0))
        return y

    return definition


def embedding(inputs, weights, training):
    """Row by row from the table."""
    x, table = inputs[0], weights[0]
    y = np.zeros((*x.shape, table.shape[1]))
    for at in np.ndindex(x.shape):
        y[at] = table[int(x[at])]
    return y


def prelu(inputs, weights, training):
    x, alpha = inputs[0], np.broadcast_to(weights[0], inputs[0].shape[1:])
    y = x.copy()
    for at in np.ndindex(x.shape):
        if x[at] < 0:
            y[at] *= alpha[at[1:]]
    return y


# -- normalization ----------------------------------------------------------------------------------------------


def moments(values):
    """Mean and biased variance of a list of numbers."""
    mean = math.fsum(values) / len(values)
    return mean, math.fsum((value - mean) ** 2 for value in values) / len(values)


def batch_normalization(axis=-1, epsilon=1e-3, scale=True, center=True):
    """Channel by channel; by the batch in training, else by the moving averages."""

    def definition(inputs, weights, training):
        x, listed = np.moveaxis(inputs[0], axis, -1), list(weights)
        gamma = listed.pop(0) if scale else np.ones(x.shape[-1])
        beta = listed.pop(0) if center else np.zeros(x.shape[-1])
        y = np.empty_like(x)
        for channel in range(x.shape[-1]):
            one = x[..., channel]
            mean, variance = moments(one.ravel()) if training else (listed[0][channel], listed[1][channel])
            y[..., channel] = gamma[channel] * (one - mean) / math.sqrt(variance + epsilon) + beta[channel]
        return np.moveaxis(y, -1, axis)

    return definition


def batch_statistics(x, axis):
    """Mean and biased variance of each channel."""
    channels = np.moveaxis(x, axis, 0)
    return tuple(np.array(column) for column in zip(*(moments(channel.ravel()) for channel in channels), strict=True))


def layer_normalization(axes=(-1,), epsilon=1e-3, scale=True, center=True):
    """Sample by sample: each place outside the axes has its own mean and variance."""

    def definition(inputs, weights, training):
        x, listed = inputs[0], list(weights)
        along = sorted(axis % x.ndim for axis in axes)
        sizes = tuple(x.shape[axis] for axis in along)
        gamma = listed.pop(0) if scale else np.ones(sizes)
        beta = listed.pop(0) if center else np.zeros(sizes)
        y = np.empty_like(x)
        for outer in itertools.product(*(range(1 if i in along else size) for i, size in enumerate(x.shape))):
            window = tuple(slice(None) if i in along else slice(at, at + 1) for i, at in enumerate(outer))
            block = x[window]
            mean, variance = moments(block.ravel())
            normal = (block - mean) / math.sqrt(variance + epsilon)
            y[window] = normal * gamma.reshape(block.shape) + beta.reshape(block.shape)
        return y

    return definition


def unit_normalization(axes=(-1,)):
    return lambda inputs, weights, training: _units(inputs[0], axes, 1e-12)


def _units(x, axes, least):
    """Blocks along the axes divided by their lengths."""
    along = {axis % x.ndim for axis in axes}
    y = np.empty_like(x)
    for outer in itertools.product(*(range(1 if i in along else size) for i, size in enumerate(x.shape))):
        window = tuple(slice(None) if i in along else slice(at, at + 1) for i, at in enumerate(outer))
        y[window] = x[window] / max(math.sqrt(math.fsum(v * v for v in x[window].ravel())), least)
    return y


def normalization(mean=None, variance=None, axis=-1, invert=False):
    """By given numbers, or by the weights."""

    def definition(inputs, weights, training):
        x = np.moveaxis(inputs[0], axis, -1) if axis is not None else inputs[0][..., None]
        means, variances = weights if mean is None else (mean, variance)
        means, variances = (np.broadcast_to(np.asarray(v, float), x.shape[-1:]) for v in (means, variances))
        y = np.empty_like(x)
        for channel in range(x.shape[-1]):
            deviation = max(math.sqrt(variances[channel]), 1e-7)
            one = x[..., channel]
            y[..., channel] = one * deviation + means[channel] if invert else (one - means[channel]) / deviation
        return np.moveaxis(y, -1, axis) if axis is not None else y[..., 0]

    return definition


def softmax(axes=(-1,)):
    """e^x over the sum along the axes."""

    def definition(inputs, weights, training):
        e = np.exp(inputs[0])
        return e / e.sum(axis=tuple(axes), keepdims=True)

    return definition


def rescaling(scale, offset):
    return lambda inputs, weights, training: inputs[0] * np.asarray(scale) + offset


# -- shapes -----------------------------------------------------------------------------------------------------


def reshape(*sizes):
    """Element by element in the order of the rows."""

    def definition(inputs, weights, training):
        y = np.empty((len(inputs[0]), *sizes))
        for sample, made in zip(inputs[0], y, strict=True):
            for at, value in zip(np.ndindex(made.shape), sample.flat, strict=True):
                made[at] = value
        return y

    return definition


def permute(*dims):
    def definition(inputs, weights, training):
        x = inputs[0]
        y = np.empty((len(x), *(x.shape[axis] for axis in dims)))
        for at in np.ndindex(x.shape):
            y[(at[0], *(at[axis] for axis in dims))] = x[at]
        return y

    return definition


def repeat_vector(n):
    return lambda inputs, weights, training: np.array([[sample] * n for sample in inputs[0]])


# -- several inputs ---------------------------------------------------------------------------------------------


def merge(function):
    """A function of a list of numbers, one from each input; axes of size 1 come in behind that of the batch."""

    def definition(inputs, weights, training):
        most = max(x.ndim for x in inputs)
        lifted = [x.reshape(len(x), *[1] * (most - x.ndim), *x.shape[1:]) for x in inputs]
        sizes = tuple(max(column) for column in zip(*(x.shape for x in lifted), strict=True))
        y = np.empty(sizes)
        for at in np.ndindex(sizes):
            y[at] = function([
                x[tuple(0 if size == 1 else i for i, size in zip(at, x.shape, strict=True))] for x in lifted
            ])  # fmt: skip
        return y

    return definition


def concatenate(axis):
    """Slices of all inputs, one after the other."""

    def definition(inputs, weights, training):
        slices = [piece for x in inputs for piece in np.moveaxis(x, axis, 0)]
        return np.moveaxis(np.array(slices), 0, axis)

    return definition


def dot(first, second, normalize=False):
    """Sample by sample, the products of all pairs of vectors along the axes."""

    def definition(inputs, weights, training):
        x, z = inputs
        if normalize:
            x, z = _units(x, (first,), 1e-7), _units(z, (second,), 1e-7)
        x, z = np.moveaxis(x, first, -1), np.moveaxis(z, second, -1)
        y = np.zeros((*x.shape[:-1], *z.shape[1:-1]))
        for sample in range(len(x)):
            for i in np.ndindex(x.shape[1:-1]):
                for j in np.ndindex(z.shape[1:-1]):
                    y[(sample, *i, *j)] = math.fsum(x[(sample, *i)] * z[(sample, *j)])
        return y if y.ndim > 1 else y[:, None]

    return definition


# -- randomness -------------------------------------------------------------------------------------------------


def dropout(rate, noise_shape=None, seed=0):
    """A number is kept where 16 random bits are below (1 - rate) 2^16; a rate that these hold exactly."""
    k = (1 - rate) * 2**16
    assert k == int(k), "the definition is of rates that are multiples of 2^-16"

    def definition(inputs, weights, training):
        x = inputs[0]
        return x * _drawn(lambda e: (philox.half(seed, 0, 0, 0, e) < k) / (1 - rate), x, noise_shape) if training else x

    return definition


def gaussian_noise(stddev, seed=0):
    def definition(inputs, weights, training):
        x = inputs[0]
        return x + stddev * _drawn(lambda e: philox.normal(seed, 0, 0, 0, e), x) if training else x

    return definition


def gaussian_dropout(rate, seed=0):
    def definition(inputs, weights, training):
        x, stddev = inputs[0], math.sqrt(rate / (1 - rate))
        return x * (1 + stddev * _drawn(lambda e: philox.normal(seed, 0, 0, 0, e), x)) if training else x

    return definition


def alpha_dropout(rate, noise_shape=None, seed=0):
    """Dropped numbers take selu's limit; a x + b brings mean and variance back to 0 and 1."""
    low, keep = -1.0507009873554805 * 1.6732632423543772, 1 - rate
    # of a number with mean 0 and variance 1 after dropping
    mean, variance = rate * low, keep + rate * low**2 - (rate * low) ** 2
    a = variance**-0.5

    def definition(inputs, weights, training):
        x = inputs[0]
        kept = _drawn(lambda e: philox.uniform(seed, 0, 0, 0, e) < keep, x, noise_shape)
        return a * np.where(kept, x, low) - a * mean if training else x

    return definition


def _drawn(number, x, noise_shape=None):
    """A number for each element, repeated along axes of size 1."""
    sizes = tuple(whole if size is None else size for size, whole in zip(noise_shape or x.shape, x.shape, strict=True))
    drawn = np.array([number(e) for e in range(math.prod(sizes))], float).reshape(sizes)
    return np.broadcast_to(drawn, x.shape)
