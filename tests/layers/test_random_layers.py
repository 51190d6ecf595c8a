"""Layers that draw random numbers: when they do, from what, and the distribution of what comes out."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import layers, ops
from nbnet.errors import ArgumentError
from nbnet.layers import AlphaDropout, Dropout, GaussianDropout, GaussianNoise
from nbnet.runtime.function import Function

RANDOM = {
    "AlphaDropout": lambda **kwargs: AlphaDropout(0.5, **kwargs),
    "Dropout": lambda **kwargs: Dropout(0.5, **kwargs),
    "GaussianDropout": lambda **kwargs: GaussianDropout(0.5, **kwargs),
    "GaussianNoise": lambda **kwargs: GaussianNoise(0.5, **kwargs),
}
each = pytest.mark.parametrize("name", RANDOM)


def eagerly(layer, x, training=False):
    return Function(lambda x: layer(x, training=training), seed=lambda: 0, step=lambda: 0, eager=True)(x)


def test_dropout_drops_and_rescales():
    x = np.ones((200, 50), "float32")
    layer = Dropout(0.2)
    y = eagerly(layer, x, training=True)
    assert set(np.unique(y)) == {np.float32(0), np.float32(2**16 / round(0.8 * 2**16))}
    assert (y == 0).mean() == pytest.approx(0.2, abs=0.02)
    np.testing.assert_array_equal(eagerly(layer, x), x)


@pytest.mark.parametrize("layer", [Dropout(0.0), GaussianDropout(0.0), AlphaDropout(0.0), GaussianNoise(0.0)])
def test_without_a_rate_nothing_changes(layer, rng):
    x = rng.normal(size=(4, 3)).astype("float32")
    np.testing.assert_array_equal(layer(x, training=True), x)
    np.testing.assert_array_equal(eagerly(layer, x, training=True), x)


def test_gaussian_noise_and_dropout_have_their_deviation(rng):
    x = np.full((200, 100), 3.0, "float32")
    noise = eagerly(GaussianNoise(0.5), x, training=True) - x
    assert (noise.mean(), noise.std()) == (pytest.approx(0, abs=0.02), pytest.approx(0.5, rel=0.02))
    factor = eagerly(GaussianDropout(0.2), x, training=True) / x
    assert (factor.mean(), factor.std()) == (pytest.approx(1, abs=0.02), pytest.approx(0.5, rel=0.02))


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(rate, rng):
    x = rng.normal(size=(400, 200)).astype("float32")
    y = eagerly(AlphaDropout(rate), x, training=True)
    assert (y.mean(), y.std()) == (pytest.approx(0, abs=0.02), pytest.approx(1, rel=0.02))
    assert eagerly(Dropout(rate), x, training=True).std() > 1.04  # which its plain sister does not


@each
def test_numbers_differ_by_step_layer_and_seed(name):
    x = np.ones((1, 1000), "float32")

    class Two(layers.Layer):
        def build(self, input_shape):
            self.first, self.second = RANDOM[name](), RANDOM[name]()

        def call(self, x):
            return ops.concatenate([self.first(x), self.second(x)], axis=0)

    two, state = Two(), {"seed": 0, "step": 0}
    run = Function(lambda x: two(x, training=True), seed=lambda: state["seed"], step=lambda: state["step"], eager=True)
    first = run(x)
    np.testing.assert_array_equal(first, run(x))
    assert (first[0] != first[1]).mean() > 0.4
    for key in ("seed", "step"):
        state[key] = 1
        assert (first != run(x)).mean() > 0.4
        state[key] = 0


@each
def test_a_seed_of_its_own_stands_for_the_global_one(name):
    x, state = np.ones((20, 50), "float32"), {"seed": 0, "step": 0}

    def numbers(layer):
        call = lambda x: layer(x, training=True)  # noqa: E731
        return Function(call, seed=lambda: state["seed"], step=lambda: state["step"], eager=True)(x)

    own, free = numbers(RANDOM[name](seed=5)), numbers(RANDOM[name]())
    assert (own != free).any()
    state["seed"] = 1
    np.testing.assert_array_equal(numbers(RANDOM[name](seed=5)), own)
    assert (numbers(RANDOM[name]()) != free).any()
    state["seed"] = 5
    np.testing.assert_array_equal(numbers(RANDOM[name]()), own)
    state["step"] = 1
    assert (numbers(RANDOM[name](seed=5)) != own).any()


@each
def test_arrays_outside_a_step_draw_from_the_global_seed(name, seed):
    x = np.ones((20, 50), "float32")
    expected = RANDOM[name](seed=seed)(x, training=True)
    np.testing.assert_array_equal(RANDOM[name]()(x, training=True), expected)
    assert (expected != x).any()
    np.testing.assert_array_equal(RANDOM[name]()(x), x)


def test_a_noise_shape_is_shared_along_axes_of_size_1():
    x = np.ones((30, 7, 20), "float32")
    y = eagerly(Dropout(0.5, noise_shape=(None, 1, None)), x, training=True)
    assert (y == y[:, :1]).all()
    assert (y[:, 0] == 0).mean() == pytest.approx(0.5, abs=0.08)
    with pytest.raises(
        ValueError, match=r"Dropout 'dropout' expects a noise_shape .* \(30, 7, 20\); received \(1, 2\)"
    ):
        eagerly(Dropout(0.5, noise_shape=(1, 2)), x, training=True)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dropout(1.0), ValueError, r"Dropout expects a rate in \[0, 1\); received 1.0. A rate of 0.2"),
        (lambda: Dropout("0.5"), ValueError, r"rate in \[0, 1\)"),
        (lambda: GaussianDropout(1), ValueError, r"GaussianDropout expects a rate in \[0, 1\); received 1"),
        (lambda: AlphaDropout(-0.1), ValueError, r"AlphaDropout expects a rate in \[0, 1\); received -0.1"),
        (lambda: AlphaDropout(float("nan")), ValueError, "received nan"),
        (lambda: GaussianNoise(-1), ValueError, "GaussianNoise expects stddev to be a finite number >= 0; received -1"),
        (lambda: GaussianNoise(float("inf")), ValueError, "received inf"),
        (lambda: GaussianNoise(1, seed=0.5), ArgumentError, "GaussianNoise expects an int of 64 bits or None as seed"),
        (lambda: Dropout(0.1, seed=2**63), ArgumentError, "64 bits"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
