"""Updates by given gradients, for tests of optimizers."""

from __future__ import annotations

import numpy as np

from nbnet import Variable, ops
from nbnet.runtime.function import Function

SHAPES = {"dense/kernel": (3, 2), "dense/bias": (2,)}


def variables(dtype="float64"):
    """Two variables with fixed values."""
    rng = np.random.default_rng(7)
    return [Variable(rng.normal(size=shape).astype(dtype), name=name) for name, shape in SHAPES.items()]


def gradients(steps=10, scale=1.0):
    """For each step one gradient for each of the two variables, a zero among them."""
    rng = np.random.default_rng(8)
    found = [[scale * rng.normal(size=shape) for shape in SHAPES.values()] for _ in range(steps)]
    found[steps // 2][0][0, 0] = 0.0
    return found


def stepper(optimizer, weights, eager=True, samples=1):
    """A function of the gradients of a step, that updates."""

    def step(*grads):
        optimizer.apply(ops.sum(grads[0]), grads, weights, samples)

    return Function(step, eager=eager)


def path(optimizer, weights, grads, eager=True, samples=1):
    """The values of the variables after each step."""
    step = stepper(optimizer, weights, eager, samples)
    found = []
    for given in grads:
        step(*(item.astype(weight.dtype) for item, weight in zip(given, weights, strict=True)))
        found.append([weight.numpy() for weight in weights])
    return found


def agree(found, expected, rtol=1e-12):
    """Whether two paths are the same, up to rounding."""
    for step, (one, other) in enumerate(zip(found, expected, strict=True)):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol, err_msg=f"step {step}")


def by_variable(paths):
    """Paths of the single variables as one path of all."""
    return [list(items) for items in zip(*paths, strict=True)]
