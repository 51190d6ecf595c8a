"""Initializers: distributions, and that weights are a function of (seed, position, number)."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from nbnet import initializers, registry, set_seed
from nbnet.errors import UnknownNameError
from nbnet.graph import philox
from nbnet.graph.tensor import Variable
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


@pytest.mark.parametrize("count", [1, 16383, 16384, 16385, 50001])
def test_numbers_do_not_depend_on_how_many_are_drawn_at_a_time(count):
    draw = Draw(5, 2, 1)
    stream = (1 << 31) + 2, 1
    np.testing.assert_array_equal(draw.uniform(count, 3), philox.uniform(5, 3, *stream, 0, count))
    np.testing.assert_array_equal(draw.normal(count, 3), philox.normal(5, 3, *stream, 0, count))


def test_numbers_beyond_two_deviations_are_drawn_again_in_their_order():
    draw, wanted = Draw(5, 2, 1), Draw(5, 2, 1).normal(20000)
    attempt = 0
    while (outside := [index for index, value in enumerate(wanted) if abs(value) > 2]) and attempt < 100:
        attempt += 1
        wanted[outside] = draw.normal(len(outside), attempt)
    assert attempt > 2
    np.testing.assert_array_equal(draw.truncated_normal(20000), wanted)


class Kept(initializers.Initializer):
    """Gives numbers that it keeps."""

    kept = np.arange(6.0)

    def values(self, shape, draw):
        return self.kept


def test_an_initializer_gives_a_new_array_that_a_variable_can_take():
    first, second = Kept()((2, 3)), Kept()((2, 3))
    assert first.dtype == np.float32
    first[...] = 7
    np.testing.assert_array_equal(second, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(Kept.kept, [0, 1, 2, 3, 4, 5])
    assert Variable(second, copy=False).storage is second
    with pytest.raises(ValueError, match="reshape"):
        Kept()((2, 2))


@pytest.mark.parametrize("name", registry.initializers.names())
def test_memory_that_a_weight_takes_while_it_is_drawn(name):
    init = initializers.get(name)
    tracemalloc.start()
    values = init((1000, 1000), "float32", Draw(3, 1, 0))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * values.nbytes  # the numbers and their copy in the weight, and which of them are drawn again


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
