"""Optimizers on one number, as their papers and Keras 3 state them, in Python floats."""

from __future__ import annotations

import math


def sgd(w, grads, rate, momentum=0.0, nesterov=False):
    """The number after each gradient."""
    v, path = 0.0, []
    for g in grads:
        v = momentum * v - rate * g
        w = w + momentum * v - rate * g if nesterov else w + v
        path.append(w)
    return path


def rmsprop(w, grads, rate, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False):
    """The number after each gradient."""
    square = mean = v = 0.0
    path = []
    for g in grads:
        square = rho * square + (1 - rho) * g * g
        mean = rho * mean + (1 - rho) * g
        scale = square - mean * mean if centered else square
        v = momentum * v + rate * g / math.sqrt(scale + epsilon)
        w -= v
        path.append(w)
    return path


def adam(w, grads, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False):
    """The number after each gradient."""
    m = v = top = 0.0
    path = []
    for t, g in enumerate(grads, 1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        top = max(top, v)
        corrected = rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        w -= corrected * m / (math.sqrt(top if amsgrad else v) + epsilon)
        path.append(w)
    return path
