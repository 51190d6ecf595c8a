"""Initializers: distributions, and that weights are a function of (seed, position, number)."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from nbnet import initializers, registry, set_seed
from nbnet.errors import ShapeError, UnknownNameError
from nbnet.graph import philox
from nbnet.graph.tensor import Variable
from nbnet.initializers import Draw
from nbnet.initializers.initializer import fans
from nbnet.models.parts import Decoder, Encoder
from tests.naive import initializers as naive

SHAPE = (naive.INPUTS, naive.OUTPUTS)


@pytest.mark.parametrize("name", registry.initializers.names())
def test_mean_deviation_and_range(name):
    mean, stddev, limit = naive.MOMENTS[naive.ALIASES.get(name, name)]
    values = initializers.get(name)(SHAPE, "float32", Draw(3, 1, 0))
    assert values.shape == SHAPE
    assert values.dtype == np.float32
    assert values.mean() == pytest.approx(mean, abs=4 * stddev / np.sqrt(values.size) + 1e-12)
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
    # The numbers and their copy in the weight, and which of them are drawn again; those of matrices are float64, and
    # a decomposition keeps several.
    assert most < {"identity": 4, "orthogonal": 14}.get(name, 3) * values.nbytes


def test_dtype_and_empty():
    assert initializers.get("he_normal")((3, 2), "float64").dtype == np.float64
    assert initializers.get("zeros")((), "float32").shape == ()


@pytest.mark.parametrize(
    ("shape", "expected"), [((), (1, 1)), ((5,), (5, 5)), ((3, 4), (3, 4)), ((3, 3, 8, 16), (72, 144))]
)
def test_fans(shape, expected):
    assert fans(shape) == expected


@pytest.mark.parametrize("name", registry.initializers.names())
def test_the_same_seed_gives_the_same_weights_and_another_one_others(name):
    init = initializers.get(name)
    first = init((6, 5), "float32", Draw(3, 1, 0))
    np.testing.assert_array_equal(first, init((6, 5), "float32", Draw(3, 1, 0)))
    random = name not in ("constant", "identity", "ones", "zeros")
    assert np.array_equal(first, init((6, 5), "float32", Draw(4, 1, 0))) != random
    wide = init((6, 5), "float64", Draw(3, 1, 0))
    assert wide.dtype == np.float64
    np.testing.assert_allclose(wide, first, rtol=1e-6)


@pytest.mark.parametrize("name", registry.initializers.names())
def test_config_makes_an_equal_initializer(name):
    init = initializers.get(name)
    encoder = Encoder({})
    twin = Decoder({}, {}).decode(encoder.encode(init))
    assert type(twin) is type(init)
    assert twin.get_config() == init.get_config()
    assert not encoder.custom
    np.testing.assert_array_equal(twin((4, 3)), init((4, 3)))


def test_values_that_were_drawn_before_stay_as_they_are():
    u, n = Draw(5, 2, 1).uniform(6), Draw(5, 2, 1).truncated_normal(6)
    cut = 0.87962566103423978
    for name, values in {
        "glorot_uniform": (u * np.float32(2) - np.float32(1)) * np.float32(np.sqrt(6 / 5)),
        "he_uniform": (u * np.float32(2) - np.float32(1)) * np.float32(np.sqrt(6 / 2)),
        "glorot_normal": n * np.float32(np.sqrt(2 / 5) / cut),
        "he_normal": n * np.float32(np.sqrt(2 / 2) / cut),
    }.items():
        found = initializers.get(name)((2, 3), "float32", Draw(5, 2, 1))
        np.testing.assert_array_equal(found, values.reshape(2, 3))


@pytest.mark.parametrize(("mode", "count"), [("fan_in", 300), ("fan_out", 200), ("fan_avg", 250)])
@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling(mode, count, distribution):
    values = initializers.VarianceScaling(3.0, mode, distribution)(SHAPE, "float32", Draw(3, 1, 0))
    assert values.var() == pytest.approx(3 / count, rel=0.03)
    limits = {"uniform": (3 / count * 3) ** 0.5, "untruncated_normal": np.inf}
    limit = limits.get(distribution, 2 * (3 / count) ** 0.5 / naive.CUT)
    assert np.abs(values).max() <= limit * (1 + 1e-6)
    assert np.abs(values).max() > (4 * (3 / count) ** 0.5 if limit == np.inf else 0.99 * limit)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (2, 3, 4), (2, 2, 9)])
def test_orthogonal(shape):
    values = initializers.Orthogonal(gain=1.5)(shape, "float64", Draw(3, 1, 0))
    matrix = values.reshape(-1, shape[-1])
    rows, columns = matrix.shape
    product = matrix.T @ matrix if rows >= columns else matrix @ matrix.T
    np.testing.assert_allclose(product, 2.25 * np.eye(min(rows, columns)), atol=1e-12)


def test_all_orthogonal_matrices_are_equally_likely():
    draws = [initializers.Orthogonal()((2, 2), "float64", Draw(seed, 1, 0)) for seed in range(400)]
    rotations = np.mean([np.linalg.det(q) > 0 for q in draws])
    assert rotations == pytest.approx(0.5, abs=0.1)
    assert np.abs(np.mean(draws, axis=0)).max() < 4 * (0.5 / 400) ** 0.5  # without the signs all lean one way


def test_identity_and_constant():
    np.testing.assert_array_equal(initializers.Identity(0.5)((2, 3)), [[0.5, 0, 0], [0, 0.5, 0]])
    np.testing.assert_array_equal(initializers.Identity()((3, 2)), [[1, 0], [0, 1], [0, 0]])
    np.testing.assert_array_equal(initializers.Constant(0.1)((2,), "float64"), [0.1, 0.1])
    np.testing.assert_array_equal(initializers.Constant([1, 2])((2, 2)), [[1, 2], [1, 2]])
    with pytest.raises(ValueError, match="broadcast"):
        initializers.Constant([1, 2])((2, 3))


def test_truncated_normal():
    values = initializers.TruncatedNormal(3.0, 0.5)(SHAPE, "float32", Draw(3, 1, 0))
    assert values.mean() == pytest.approx(3.0, abs=0.01)
    assert values.std() == pytest.approx(0.5 * naive.CUT, rel=0.02)
    assert np.abs(values - 3.0).max() <= 1.0 + 1e-6


def test_names_of_classes():
    for name in ("LecunNormal", "TruncatedNormal", "VarianceScaling", "Zeros", "Orthogonal", "Identity"):
        assert type(initializers.get(name)).__name__ == name


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: initializers.RandomNormal(stddev=-1), ValueError, "stddev >= 0"),
        (lambda: initializers.TruncatedNormal(stddev=-1), ValueError, "TruncatedNormal expects stddev >= 0"),
        (lambda: initializers.RandomUniform(1, 0), ValueError, "minval <= maxval"),
        (lambda: initializers.VarianceScaling(0), ValueError, "scale > 0; received 0"),
        (lambda: initializers.VarianceScaling(mode="fan"), ValueError, "fan_in, fan_out, fan_avg; received 'fan'"),
        (lambda: initializers.VarianceScaling(distribution="beta"), ValueError, "uniform; received 'beta'"),
        (lambda: initializers.Orthogonal()((3,)), ShapeError, "two or more axes; received shape"),
        (lambda: initializers.Identity()((3, 3, 3)), ShapeError, "two axes; received shape"),
        (lambda: initializers.get("glorot"), UnknownNameError, "glorot_uniform"),
    ],
)
def test_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
