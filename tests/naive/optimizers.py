"""Optimizers on one number or array, as their papers and Keras 3 state them, in float64.

Each function walks over the gradients and returns what the number is after each. `before` changes the number ahead of
each update (weight decay) and `after` behind it (constraints); both receive the number and its learning rate. A rate
may be a list, one for each update.
"""

from __future__ import annotations

import numpy as np


def same(w, rate):
    """What neither decays nor is constrained."""
    return w


def walk(w, grads, rate, before, after, step):
    """The number after each gradient; ``step(g, t, rate)`` is what is added."""
    path = []
    for t, g in enumerate(grads, 1):
        now = rate[t - 1] if isinstance(rate, list) else rate
        w = after(before(w, now) + step(g, t, now), now)
        path.append(w)
    return path


def sgd(w, grads, rate, momentum=0.0, nesterov=False, before=same, after=same):
    """Momentum as velocity."""
    v = 0.0

    def step(g, t, rate):
        nonlocal v
        v = momentum * v - rate * g
        return momentum * v - rate * g if nesterov else v

    return walk(w, grads, rate, before, after, step)


def rmsprop(w, grads, rate, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, before=same, after=same):
    """Keras' form: epsilon under the root."""
    square = mean = v = 0.0

    def step(g, t, rate):
        nonlocal square, mean, v
        square = rho * square + (1 - rho) * g * g
        mean = rho * mean + (1 - rho) * g
        scale = square - mean * mean if centered else square
        v = momentum * v + rate * g / np.sqrt(scale + epsilon)
        return -v

    return walk(w, grads, rate, before, after, step)


def adam(w, grads, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, before=same, after=same):
    """The form in which epsilon is added to the root that is not corrected."""
    m = v = top = 0.0

    def step(g, t, rate):
        nonlocal m, v, top
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        top = np.maximum(top, v)
        corrected = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        return -corrected * m / (np.sqrt(top if amsgrad else v) + epsilon)

    return walk(w, grads, rate, before, after, step)


def adamw(w, grads, rate, weight_decay=0.004, after=same, **arguments):
    """Adam, and each number times 1 - rate * weight_decay before."""
    return adam(w, grads, rate, before=lambda w, rate: w * (1 - rate * weight_decay), after=after, **arguments)


def adagrad(w, grads, rate, initial_accumulator_value=0.1, epsilon=1e-7, before=same, after=same):
    """The sum of all squares."""
    total = initial_accumulator_value

    def step(g, t, rate):
        nonlocal total
        total = total + g * g
        return -rate * g / np.sqrt(total + epsilon)

    return walk(w, grads, rate, before, after, step)


def adadelta(w, grads, rate, rho=0.95, epsilon=1e-7, before=same, after=same):
    """Steps as large as steps were."""
    square = steps = 0.0

    def step(g, t, rate):
        nonlocal square, steps
        square = rho * square + (1 - rho) * g * g
        d = -np.sqrt(steps + epsilon) / np.sqrt(square + epsilon) * g
        steps = rho * steps + (1 - rho) * d * d
        return rate * d

    return walk(w, grads, rate, before, after, step)


def adamax(w, grads, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, before=same, after=same):
    """The infinity norm."""
    m = u = 0.0

    def step(g, t, rate):
        nonlocal m, u
        m = beta_1 * m + (1 - beta_1) * g
        u = np.maximum(beta_2 * u, np.abs(g))
        return -rate / (1 - beta_1**t) * m / (u + epsilon)

    return walk(w, grads, rate, before, after, step)


def nadam(w, grads, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, before=same, after=same):
    """Keras' warming up of the momentum: beta_1 * (1 - 0.96 ** t / 2)."""
    m = v = 0.0
    product = 1.0

    def step(g, t, rate):
        nonlocal m, v, product
        now, ahead = beta_1 * (1 - 0.96**t / 2), beta_1 * (1 - 0.96 ** (t + 1) / 2)
        product *= now
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        mean = ahead * m / (1 - product * ahead) + (1 - now) * g / (1 - product)
        return -rate * mean / (np.sqrt(v / (1 - beta_2**t)) + epsilon)

    return walk(w, grads, rate, before, after, step)


def lion(w, grads, rate, beta_1=0.9, beta_2=0.99, before=same, after=same):
    """The sign of a mean."""
    m = 0.0

    def step(g, t, rate):
        nonlocal m
        direction = np.sign(beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g
        return -rate * direction

    return walk(w, grads, rate, before, after, step)


FORMULAS = {
    "adadelta": adadelta,
    "adagrad": adagrad,
    "adam": adam,
    "adamax": adamax,
    "adamw": adamw,
    "lion": lion,
    "nadam": nadam,
    "rmsprop": rmsprop,
    "sgd": sgd,
}
"""Name of each optimizer → its definition."""


def clipped(arrays, clipnorm=None, clipvalue=None, global_clipnorm=None):
    """The gradients of one step, one array for each variable, after clipping."""
    if clipvalue is not None:
        return [np.clip(g, -clipvalue, clipvalue) for g in arrays]
    if clipnorm is not None:
        return [g * min(1.0, clipnorm / max(np.linalg.norm(g.ravel()), 1e-300)) for g in arrays]
    if global_clipnorm is not None:
        norm = np.linalg.norm(np.concatenate([g.ravel() for g in arrays]))
        return [g * min(1.0, global_clipnorm / max(norm, 1e-300)) for g in arrays]
    return list(arrays)


def averages(path, momentum):
    """The moving average after each number of a path; it begins as the first."""
    found = []
    for w in path:
        found.append(w if not found else momentum * found[-1] + (1 - momentum) * w)
    return found


def weighted_mean(grads, samples):
    """The mean of gradients, each weighed by its number of samples."""
    return sum(n * g for n, g in zip(samples, grads, strict=True)) / sum(samples)
