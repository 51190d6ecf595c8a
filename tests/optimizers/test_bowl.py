"""What momentum and rates of each weight are for: a bowl that is a thousand times steeper one way than the other."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Variable, ops
from nbnet.graph.gradient import gradients
from nbnet.optimizers import SGD, Adam, RMSprop
from nbnet.runtime.function import Function

STEEPNESS = np.array([1.0, 1000.0])
EDGE = 2 / STEEPNESS.max()
"""Plain descent multiplies a coordinate by 1 - rate * steepness in each step: from this rate on it diverges."""
STEPS = 200


def height(optimizer, starts):
    """How high the optimizer still is after its steps, summed over all starts."""
    w = Variable(starts)

    def step():
        loss = 0.5 * ops.sum(ops.square(w) * STEEPNESS)
        optimizer.apply(loss, gradients(loss, [w]), [w])

    run = Function(step, eager=True)
    for _ in range(STEPS):
        run()
    return float(0.5 * np.sum(STEEPNESS * w.numpy() ** 2))


@pytest.fixture
def starts(rng):
    """Eight points around the bottom."""
    return rng.choice([-1, 1], (8, 2)) * rng.uniform(0.5, 1.5, (8, 2))


def test_momentum_and_rates_of_each_weight_beat_plain_descent_at_its_best_rate(starts):
    plain = {rate: height(SGD(rate), starts) for rate in EDGE * np.array([0.1, 0.3, 0.6, 0.9, 0.97, 0.99, 1.01])}
    best = min(plain, key=plain.get)
    assert EDGE * 0.3 < best < EDGE  # neither end of what was tried: slower it does not arrive, faster it diverges
    others = [
        SGD(0.002, momentum=0.9), SGD(0.001, momentum=0.95, nesterov=True), RMSprop(0.01), RMSprop(0.01, centered=True),
        Adam(0.1),
    ]  # fmt: skip
    for optimizer in others:
        assert height(optimizer, starts) < 0.1 * plain[best], optimizer
