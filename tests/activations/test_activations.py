"""Activations: values, gradients, and what names mean."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet import activations, ops, registry
from nbnet.errors import UnknownNameError
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input

POINTS = np.array([-7.5, -2.0, -0.75, -1e-3, 1e-3, 0.5, 1.25, 6.0])

SCALAR = {
    "linear": lambda x: x,
    "step": lambda x: 1.0 if x >= 0 else 0.0,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else 0.2 * x,
}


def slope(name, x):
    """The gradient of the sum of an activation, through the graph."""
    leaf = make_input(x.shape, x.dtype)
    y = activations.get(name)(leaf)
    (grad,) = gradients(ops.sum(y * np.arange(1.0, 1 + x.size).reshape(x.shape)), [leaf])
    return evaluate(Graph((leaf,), (grad,)), [x])[0]


@pytest.mark.parametrize("name", SCALAR)
def test_values(name):
    found = activations.get(name)(POINTS)
    np.testing.assert_allclose(found, [SCALAR[name](x) for x in POINTS], rtol=1e-12)


def test_softmax_rows_sum_to_one_and_survive_large_scores():
    x = np.array([[1.0, 2.0, 3.0], [1000.0, 0.0, -1000.0]])
    y = activations.softmax(x)
    e = np.exp([1.0, 2.0, 3.0])
    np.testing.assert_allclose(y[0], e / e.sum(), rtol=1e-12)
    np.testing.assert_allclose(y[1], [1, 0, 0], atol=1e-12)


@pytest.mark.parametrize("name", registry.activations.names())
def test_gradient_against_central_differences(name):
    x = POINTS.reshape(2, 4)
    weights = np.arange(1.0, 1 + x.size).reshape(x.shape)
    numeric = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[at] += 1e-6
        behind[at] -= 1e-6
        f = activations.get(name)
        numeric[at] = (np.sum(weights * f(ahead)) - np.sum(weights * f(behind))) / 2e-6
    np.testing.assert_allclose(slope(name, x), numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("name", "at_zero"), [("relu", 0.0), ("leaky_relu", 0.2), ("step", 0.0)])
def test_gradient_at_zero_is_keras(name, at_zero):
    assert slope(name, np.zeros(1))[0] == at_zero


@pytest.mark.parametrize("name", registry.activations.names())
def test_nan_stays_nan(name):
    assert np.isnan(activations.get(name)(np.array([[np.nan, 1.0]], "float32"))[0, 0])


def test_leaky_relu_slope():
    np.testing.assert_allclose(activations.leaky_relu(np.array([-10.0, 3.0]), 0.01), [-0.1, 3.0])


def test_leaky_relu_refuses_a_negative_slope():
    with pytest.raises(ValueError, match="negative_slope >= 0"):
        activations.leaky_relu(np.ones(2), -0.1)


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get("relu") is activations.relu
    assert activations.get(abs) is abs
    with pytest.raises(UnknownNameError, match="Did you mean 'relu'"):
        activations.get("rellu")
    with pytest.raises(TypeError, match="a name such as 'relu'"):
        activations.get(3)
