"""Initializers: distributions, and that weights are a function of (seed, position, number)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet import initializers, registry, set_seed
from nbnet.errors import UnknownNameError
from nbnet.initializers import Draw
from nbnet.initializers.initializer import fans

SHAPE = (300, 200)
MOMENTS = {
    "zeros": (0, 0, 0),
    "ones": (1, 0, 1),
    "normal": (0, 0.05, 0.3),
    "uniform": (0, 0.05 / math.sqrt(3), 0.05),
    "glorot_uniform": (0, math.sqrt(2 / 500), math.sqrt(6 / 500)),
    "glorot_normal": (0, math.sqrt(2 / 500), 2 * math.sqrt(2 / 500) / 0.87962566),
    "he_uniform": (0, math.sqrt(2 / 300), math.sqrt(6 / 300)),
    "he_normal": (0, math.sqrt(2 / 300), 2 * math.sqrt(2 / 300) / 0.87962566),
}
ALIASES = {"random_normal": "normal", "random_uniform": "uniform"}


@pytest.mark.parametrize("name", registry.initializers.names())
def test_mean_deviation_and_range(name):
    mean, stddev, limit = MOMENTS[ALIASES.get(name, name)]
    values = initializers.get(name)(SHAPE, "float32", Draw(3, 1, 0))
    assert values.shape == SHAPE
    assert values.dtype == np.float32
    assert values.mean() == pytest.approx(mean, abs=4 * stddev / math.sqrt(values.size) + 1e-12)
    assert values.std() == pytest.approx(stddev, rel=0.02, abs=1e-12)
    assert np.abs(values).max() <= limit * (1 + 1e-6)


def test_each_weight_has_its_own_numbers():
    init = initializers.get("glorot_uniform")
    draws = [Draw(0, 1, 0), Draw(1, 1, 0), Draw(0, 2, 0), Draw(0, 1, 1)]
    values = [init((50, 20), "float32", draw) for draw in draws]
    np.testing.assert_array_equal(values[0], init((50, 20), "float32", Draw(0, 1, 0)))
    for index, one in enumerate(values):
        for other in values[index + 1 :]:
            assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.15


def test_seed_of_its_own_wins(seed):
    init = initializers.HeNormal(seed=7)
    first = init((4, 4))
    set_seed(99)
    np.testing.assert_array_equal(first, init((4, 4)))
    assert not np.array_equal(initializers.HeNormal()((4, 4)), first)


def test_dtype_and_empty():
    assert initializers.get("he_normal")((3, 2), "float64").dtype == np.float64
    assert initializers.get("zeros")((), "float32").shape == ()


@pytest.mark.parametrize(
    ("shape", "expected"), [((), (1, 1)), ((5,), (5, 5)), ((3, 4), (3, 4)), ((3, 3, 8, 16), (72, 144))]
)
def test_fans(shape, expected):
    assert fans(shape) == expected


def test_arguments():
    with pytest.raises(ValueError, match="stddev >= 0"):
        initializers.RandomNormal(stddev=-1)
    with pytest.raises(ValueError, match="minval <= maxval"):
        initializers.RandomUniform(1, 0)
    with pytest.raises(UnknownNameError, match="glorot_uniform"):
        initializers.get("glorot")
