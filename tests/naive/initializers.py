"""What weights of shape (300, 200) are like: mean, standard deviation, largest absolute value."""

from __future__ import annotations

import math

INPUTS, OUTPUTS = 300, 200


def cut_normal_deviation(steps=20000):
    """The standard deviation of a standard normal number between -2 and 2, by the midpoint rule."""
    middles = [-2 + 4 * (i + 0.5) / steps for i in range(steps)]
    density = [math.exp(-x * x / 2) for x in middles]
    return math.sqrt(sum(x * x * p for x, p in zip(middles, density, strict=True)) / sum(density))


CUT = cut_normal_deviation()


def uniform(variance):
    """Uniform around 0 with that variance."""
    return 0.0, math.sqrt(variance), math.sqrt(3 * variance)


def truncated(variance):
    """Normal, cut off at two deviations, with that variance after the cut."""
    return 0.0, math.sqrt(variance), 2 * math.sqrt(variance) / CUT


MOMENTS = {
    "constant": (0.0, 0.0, 0.0),
    "glorot_normal": truncated(2 / (INPUTS + OUTPUTS)),
    "glorot_uniform": uniform(2 / (INPUTS + OUTPUTS)),
    "he_normal": truncated(2 / INPUTS),
    "he_uniform": uniform(2 / INPUTS),
    "identity": (OUTPUTS / (INPUTS * OUTPUTS), math.sqrt((1 / INPUTS) * (1 - 1 / INPUTS)), 1.0),
    "lecun_normal": truncated(1 / INPUTS),
    "lecun_uniform": uniform(1 / INPUTS),
    "normal": (0.0, 0.05, 6 * 0.05),
    "ones": (1.0, 0.0, 1.0),
    "orthogonal": (0.0, 1 / math.sqrt(INPUTS), 6 / math.sqrt(INPUTS)),
    "truncated_normal": (0.0, 0.05 * CUT, 2 * 0.05),
    "uniform": (0.0, 0.05 / math.sqrt(3), 0.05),
    "variance_scaling": truncated(1 / INPUTS),
    "zeros": (0.0, 0.0, 0.0),
}

ALIASES = {"random_normal": "normal", "random_uniform": "uniform"}
