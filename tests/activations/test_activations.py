"""Activations: values, gradients, extremes, and what names mean."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nbnet
from nbnet import Sequential, activations, ops, registry
from nbnet.activations.celu import _formula as celu_formula
from nbnet.activations.elu import _formula as elu_formula
from nbnet.activations.leaky_relu import _formula as leaky_formula
from nbnet.activations.relu import _bent_formula, _capped_formula
from nbnet.errors import UnknownNameError
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.layers import Dense
from nbnet.models.parts import Decoder, Encoder
from nbnet.runtime.function import Function
from tests.graph.numerical import central_differences
from tests.naive import activations as naive

POINTS = np.array([[-7.5, -2.0, -0.75, -1e-3], [1e-3, 0.5, 1.25, 5.5]])
WEIGHTS = np.arange(1.0, 9.0).reshape(2, 4)
EXTREMES = np.array([[-math.inf, -1e30, -1e4, -100.0], [math.inf, 1e30, 1e4, 100.0]])
NAMES = registry.activations.names()


def value_and_slope(f, eager=False):
    """A function of x: f(x), and the gradient of the weighted sum of f(x)."""

    def both(x):
        y = f(x)
        return y, gradients(ops.sum(y * ops.cast(WEIGHTS, y.dtype)), [x])[0]

    return Function(both, eager=eager)


def weighted(name, x):
    return float(np.sum(WEIGHTS * naive.on_rows(name, x.tolist())))


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_value_and_gradient(name, dtype, eager):
    x = POINTS.astype(dtype)
    value, slope = value_and_slope(activations.get(name), eager)(x)
    assert value.dtype == slope.dtype == dtype
    close = {"rtol": 1e-5, "atol": 2e-7} if dtype == "float32" else {"rtol": 1e-11, "atol": 1e-14}
    np.testing.assert_allclose(value, naive.on_rows(name, x.tolist()), **close)
    wanted = central_differences(lambda x: weighted(name, x), [x.astype("float64")], 0)
    close = {"rtol": 2e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-7, "atol": 1e-7}
    np.testing.assert_allclose(slope, wanted, **close)


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(naive.FAR))
def test_far_from_zero(name, dtype, eager):
    x = EXTREMES.astype(dtype)
    value, slope = value_and_slope(activations.get(name), eager)(x)
    for found, functions, factor in zip((value, slope), naive.FAR[name], (np.ones((2, 4)), WEIGHTS), strict=True):
        wanted = [[f(np.float64(number)) for number in row] for f, row in zip(functions, x, strict=True)]
        np.testing.assert_allclose(found, factor * np.array(wanted).astype(dtype), rtol=1e-6, atol=1e-37)


def test_every_activation_is_looked_at_far_from_zero():
    apart = {"exponential", *naive.ROWS}
    assert {naive.ALIASES.get(name, name) for name in NAMES} == set(naive.FAR) | apart


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exponential_far_from_zero(dtype):
    value, slope = value_and_slope(activations.exponential)(EXTREMES.astype(dtype))
    assert np.all(value[0, :3] == 0)
    assert np.all(np.isinf(value[1, :3]))
    np.testing.assert_array_equal(slope, value * WEIGHTS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(naive.ROWS))
def test_rows_of_extreme_scores(name, dtype):
    x = np.array([[1e4, 0.0, -1e4, 1e4], [-1e4, -1e4, -1e4, -1e4]], dtype)
    value, slope = value_and_slope(activations.get(name))(x)
    # compiled sums may be regrouped, x - (max + log Σ): right to a unit in the last place of the largest score
    close = 1e4 * np.finfo(dtype).eps if name == "log_softmax" else 1e-30
    np.testing.assert_allclose(value, naive.on_rows(name, x.tolist()), rtol=1e-6, atol=close)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("name", NAMES)
def test_nan_stays_nan(name):
    x = np.array([[np.nan, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]], "float32")
    f = activations.get(name)
    for value in (f(x), nbnet.function(f)(x)):
        assert np.isnan(value[0, 0])
        assert np.isfinite(value[1]).all()


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("relu", 0.0, 0.0), ("leaky_relu", 0.0, 0.2), ("step", 0.0, 0.0), ("relu6", 0.0, 0.0), ("relu6", 6.0, 0.0),
        ("elu", 0.0, 1.0), ("celu", 0.0, 1.0), ("selu", 0.0, 1.7580993408473766), ("hard_sigmoid", -3.0, 0.0),
        ("hard_sigmoid", 3.0, 0.0), ("hard_silu", -3.0, 0.0), ("hard_silu", 3.0, 1.0), ("softsign", 0.0, 1.0),
    ],
)  # fmt: skip
def test_gradient_at_the_bends(name, x, expected):
    leaf = make_input((1,), np.dtype("float64"))
    (grad,) = gradients(ops.sum(activations.get(name)(leaf)), [leaf])
    np.testing.assert_allclose(evaluate(Graph((leaf,), (grad,)), [np.array([x])])[0], [expected], rtol=1e-14)


ARGUMENTS = {
    "ELU(alpha=0.3)": (activations.ELU(0.3), lambda x: naive.elu(x, 0.3)),
    "ELU(alpha=-0.5)": (activations.ELU(-0.5), lambda x: naive.elu(x, -0.5)),
    "CELU(alpha=2.5)": (activations.CELU(2.5), lambda x: naive.celu(x, 2.5)),
    "GELU(approximate=True)": (activations.GELU(True), naive.gelu_tanh),
    "LeakyReLU(negative_slope=0.1)": (activations.LeakyReLU(0.1), lambda x: naive.leaky_relu(x, 0.1)),
    "ReLU(negative_slope=0.1, max_value=5, threshold=1)": (
        activations.ReLU(0.1, 5, 1), lambda x: naive.relu(x, 0.1, 5, 1),
    ),
    "ReLU(negative_slope=0.0, max_value=1.0, threshold=0.0)": (
        activations.ReLU(max_value=1.0), lambda x: naive.relu(x, 0, 1),
    ),
    "ReLU(negative_slope=0.0, max_value=None, threshold=0.7)": (
        activations.ReLU(threshold=0.7), lambda x: naive.relu(x, 0, None, 0.7),
    ),
    "ReLU(negative_slope=0.2, max_value=None, threshold=0.0)": (
        activations.ReLU(0.2), lambda x: naive.relu(x, 0.2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", sorted(ARGUMENTS))
def test_classes_with_arguments(text):
    activation, definition = ARGUMENTS[text]
    assert repr(activation) == text
    value, slope = value_and_slope(activation)(POINTS)
    np.testing.assert_allclose(value, np.vectorize(definition, otypes=[float])(POINTS), rtol=1e-12, atol=1e-15)
    total = lambda x: float(np.sum(WEIGHTS * np.vectorize(definition, otypes=[float])(x)))  # noqa: E731
    np.testing.assert_allclose(slope, central_differences(total, [POINTS], 0), rtol=1e-6, atol=1e-7)
    encoder = Encoder({})
    found = Decoder({}, {}).decode(encoder.encode(activation))
    assert repr(found) == text
    assert not encoder.custom


@pytest.mark.parametrize(
    "activation", [activations.ReLU(threshold=0.7), activations.GELU(True), activations.CELU(3.0)], ids=repr
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_classes_with_arguments_far_from_zero(activation, dtype):
    value, slope = value_and_slope(activation)(EXTREMES.astype(dtype))
    floor = -3.0 if isinstance(activation, activations.CELU) else 0.0
    np.testing.assert_allclose(value, [[floor] * 4, EXTREMES[1]], rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(slope, WEIGHTS * [[0.0], [1.0]], rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("axis", [0, -1])
def test_axis(axis):
    rows = POINTS if axis == -1 else POINTS.T
    for activation, name in ((activations.Softmax(axis), "softmax"), (activations.LogSoftmax(axis), "log_softmax")):
        wanted = np.array(naive.on_rows(name, rows.tolist()))
        np.testing.assert_allclose(activation(POINTS), wanted if axis == -1 else wanted.T, rtol=1e-12)


@pytest.mark.parametrize(
    ("formula", "arguments"),
    [
        (elu_formula, [0.3]), (celu_formula, [0.7]), (leaky_formula, [0.3]), (_bent_formula, [0.2, 0.7]),
        (_capped_formula, [1.0]),
    ],
)  # fmt: skip
def test_partial_derivatives_of_the_arguments(formula, arguments):
    arrays = [POINTS, *(np.array(value) for value in arguments)]
    leaves = [make_input(array.shape, array.dtype, index) for index, array in enumerate(arrays)]
    found = evaluate(Graph(tuple(leaves), tuple(gradients(ops.sum(formula(*leaves) * WEIGHTS), leaves))), arrays)
    for index, grad in enumerate(found):
        wanted = central_differences(lambda *x: float(np.sum(WEIGHTS * formula(*x))), arrays, index)
        np.testing.assert_allclose(grad, wanted, rtol=1e-6, atol=1e-7)


def test_at_minus_infinity_the_slope_of_celu_by_alpha_is_minus_one():
    leaves = [make_input((), np.dtype("float64"), index) for index in range(2)]
    grads = gradients(celu_formula(*leaves), leaves)
    found = evaluate(Graph(tuple(leaves), tuple(grads)), [np.array(-np.inf), np.array(2.0)])
    np.testing.assert_array_equal(found, [0.0, -1.0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: activations.leaky_relu(np.ones(2), -0.1), r"leaky_relu expects negative_slope >= 0; received -0\.1"),
        (lambda: activations.LeakyReLU(-1), "negative_slope >= 0"),
        (lambda: activations.celu(np.ones(2), 0.0), "celu expects alpha > 0"),
        (lambda: activations.CELU(-1.0), "alpha > 0"),
        (lambda: activations.ReLU(max_value=-1), "relu expects max_value >= 0"),
        (lambda: activations.relu(np.ones(2), negative_slope=-1), "negative_slope >= 0"),
        (lambda: activations.relu(np.ones(2), threshold=math.nan), "threshold >= 0"),
        (lambda: activations.relu(np.ones(2), threshold=None), "threshold >= 0; received None"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get("relu") is activations.relu
    assert activations.get(abs) is abs
    assert isinstance(activations.get("LeakyReLU"), activations.LeakyReLU)
    assert isinstance(activations.get(activations.ELU), activations.ELU)
    given = activations.GELU(True)
    assert activations.get(given) is given
    with pytest.raises(UnknownNameError, match="Did you mean 'relu'"):
        activations.get("rellu")
    with pytest.raises(TypeError, match="a name such as 'relu'"):
        activations.get(3)


def test_the_base_says_what_is_missing():
    class Nothing(activations.Activation):
        pass

    with pytest.raises(NotImplementedError, match="Nothing defines no __call__"):
        Nothing()(1.0)


def test_saved_with_their_arguments(tmp_path, seed):
    model = Sequential(
        [
            Dense(4, activation=activations.LeakyReLU(0.1), input_shape=(3,)),
            Dense(4, activation=activations.GELU(approximate=True)),
            Dense(4, activation="ELU"),
            Dense(2, activation="mish"),
        ]
    )
    model.compile(loss="mse")
    model.save(tmp_path / "model.nbnet")
    found = nbnet.load(tmp_path / "model.nbnet")
    assert repr([layer.activation for layer in found.layers[:3]]) == (
        "[LeakyReLU(negative_slope=0.1), GELU(approximate=True), ELU(alpha=1.0)]"
    )
    assert found.layers[3].activation is activations.mish
    x = np.linspace(-2, 2, 12, dtype="float32").reshape(4, 3)
    np.testing.assert_array_equal(found.predict(x), model.predict(x))
