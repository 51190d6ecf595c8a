"""Losses: values against plain loops, logits, gradients, sums, and labels out of range."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import losses, ops, registry
from nbnet.errors import DataError, ShapeError, UnknownNameError
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input, topological
from nbnet.losses import MAE, MSE
from tests.graph.numerical import central_differences
from tests.naive import losses as naive

PREDICTED = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.25, 0.25, 0.5], [0.3, 0.6, 0.1]])
SCORES = np.array([[2.0, -1.0, 0.5], [0.1, 0.7, -3.0], [8.0, -8.0, 1.0], [0.0, 0.0, 0.1]])
ONE_HOT = np.eye(3)[[0, 2, 1, 1]]
CLASSES = np.array([0, 2, 1, 1])


def softmax(scores):
    return np.array([naive.softmax(row) for row in scores])


def sigmoid(scores):
    return 1 / (1 + np.exp(-scores))


VALUES = {
    "mse": (ONE_HOT, PREDICTED, naive.mse(ONE_HOT, PREDICTED)),
    "mae": (ONE_HOT, PREDICTED, naive.mae(ONE_HOT, PREDICTED)),
    "hinge": (2 * ONE_HOT - 1, SCORES, naive.hinge(2 * ONE_HOT - 1, SCORES)),
    "binary_crossentropy": (ONE_HOT, PREDICTED, naive.binary_crossentropy(ONE_HOT, PREDICTED)),
    "categorical_crossentropy": (ONE_HOT, PREDICTED, naive.categorical_crossentropy(ONE_HOT, PREDICTED)),
    "sparse_categorical_crossentropy": (CLASSES, PREDICTED, naive.categorical_crossentropy(ONE_HOT, PREDICTED)),
}
ALIASES = {"mean_squared_error": "mse", "mean_absolute_error": "mae"}


@pytest.mark.parametrize("name", registry.losses.names())
def test_value(name):
    y_true, y_pred, expected = VALUES[ALIASES.get(name, name)]
    np.testing.assert_allclose(losses.get(name)(y_true, y_pred), expected, rtol=1e-12)


@pytest.mark.parametrize("name", registry.losses.names())
def test_gradient_against_central_differences(name):
    y_true, y_pred, _ = VALUES[ALIASES.get(name, name)]
    loss = losses.get(name)
    leaf = make_input(y_pred.shape, y_pred.dtype)
    (grad,) = gradients(loss(y_true, leaf), [leaf])
    (found,) = evaluate(Graph((leaf,), (grad,)), [y_pred])
    numeric = central_differences(lambda p: float(loss(y_true, p)), [y_pred], 0)
    np.testing.assert_allclose(found, numeric, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "target", "probabilities"),
    [
        ("binary_crossentropy", ONE_HOT, sigmoid),
        ("categorical_crossentropy", ONE_HOT, softmax),
        ("sparse_categorical_crossentropy", CLASSES, softmax),
    ],
)
def test_from_logits(name, target, probabilities):
    expected = VALUES[name][2] if probabilities is None else losses.get(name)(target, probabilities(SCORES))
    kind = type(losses.get(name))
    np.testing.assert_allclose(kind(from_logits=True)(target, SCORES), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "target", "activation", "scores"),
    [
        ("binary_crossentropy", np.array([[1.0], [0.0]]), ops.sigmoid, np.array([[-200.0], [300.0]])),
        ("categorical_crossentropy", np.eye(2), ops.softmax, np.array([[-200.0, 0.0], [300.0, 0.0]])),
        ("sparse_categorical_crossentropy", np.array([0, 1]), ops.softmax, np.array([[-200.0, 0.0], [300.0, 0.0]])),
    ],
)
def test_behind_softmax_or_sigmoid_it_is_computed_from_the_logits(name, target, activation, scores):
    leaf = make_input(scores.shape, np.dtype("float32"))
    loss = losses.get(name)(target, activation(leaf))
    assert activation.__name__ not in {node.op.name for node in topological([loss])}
    (found,) = evaluate(Graph((leaf,), (loss,)), [scores.astype("float32")])
    np.testing.assert_allclose(found, 250.0)  # from probabilities it would be -log(1e-7) = 16


def test_a_softmax_along_another_axis_is_not_taken_for_class_probabilities():
    leaf = make_input((3, 3), np.dtype("float64"))
    loss = losses.get("categorical_crossentropy")(ONE_HOT[:3], ops.softmax(leaf, axis=0))
    assert "softmax" in {node.op.name for node in topological([loss])}


def test_label_smoothing():
    smooth = ONE_HOT * 0.9 + 0.1 / 3
    found = losses.CategoricalCrossentropy(label_smoothing=0.1)(ONE_HOT, PREDICTED)
    np.testing.assert_allclose(found, naive.categorical_crossentropy(smooth, PREDICTED))
    smooth = ONE_HOT * 0.9 + 0.05
    found = losses.BinaryCrossentropy(label_smoothing=0.1)(ONE_HOT, PREDICTED)
    np.testing.assert_allclose(found, naive.binary_crossentropy(smooth, PREDICTED))
    with pytest.raises(ValueError, match=r"label_smoothing in \[0, 1\]"):
        losses.BinaryCrossentropy(label_smoothing=2)


def test_hinge_takes_zero_for_minus_one():
    np.testing.assert_allclose(losses.Hinge()(ONE_HOT, SCORES), losses.Hinge()(2 * ONE_HOT - 1, SCORES))


def test_weighted_sums():
    both = 0.7 * MSE() + 0.3 * MAE()
    expected = 0.7 * naive.mse(ONE_HOT, PREDICTED) + 0.3 * naive.mae(ONE_HOT, PREDICTED)
    np.testing.assert_allclose(both(ONE_HOT, PREDICTED), expected)
    np.testing.assert_allclose(
        (2 * both + MSE() * 3)(ONE_HOT, PREDICTED), 2 * expected + 3 * naive.mse(ONE_HOT, PREDICTED)
    )
    assert both.name == "0.7 * MeanSquaredError + 0.3 * MeanAbsoluteError"
    with pytest.raises(TypeError):
        MSE() * "2"
    with pytest.raises(TypeError):
        MSE() + 1


@pytest.mark.parametrize("shape", [((4,), (4, 1)), ((4, 1), (4,))])
@pytest.mark.parametrize("loss", [MSE(), losses.get(lambda t, p: ops.square(t - p))])
def test_a_missing_last_axis_does_not_broadcast(loss, shape):
    y = np.arange(4.0)
    assert loss(y.reshape(shape[0]), y.reshape(shape[1])) == 0


def test_a_function_is_a_loss():
    cubed = losses.get(lambda t, p: ops.abs(t - p) ** 3)
    np.testing.assert_allclose(cubed(ONE_HOT, PREDICTED), np.mean(np.abs(ONE_HOT - PREDICTED) ** 3))


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match="sparse_categorical_crossentropy"):
        losses.get("categorical_crossentropy")(CLASSES, PREDICTED)
    with pytest.raises(ShapeError, match="use 'categorical_crossentropy'"):
        losses.get("sparse_categorical_crossentropy")(ONE_HOT, PREDICTED)
    with pytest.raises(ShapeError, match="put a Flatten before the last layer"):
        losses.get("sparse_categorical_crossentropy")(CLASSES, np.ones((len(CLASSES), 8, 3)))
    with pytest.raises(ShapeError, match=r"targets of shape \(4, 2\)"):
        MSE()(np.ones((4, 2)), PREDICTED)


@pytest.mark.parametrize(
    ("name", "y", "outputs", "message"),
    [
        ("sparse_categorical_crossentropy", [0, 3, 1], 3, r"labels from 0 to 2.*received 3 at y\[1\].*4 units"),
        ("sparse_categorical_crossentropy", [1, 2, 3], 3, "subtracting 1"),
        ("sparse_categorical_crossentropy", [0, -1, 1], 3, r"received -1 at y\[1\]"),
        ("sparse_categorical_crossentropy", [0.5, 1, 2], 3, "whole numbers"),
        ("binary_crossentropy", [[0], [-1]], 1, r"from 0 to 1; received -1 at y\[1, 0\]"),
        ("categorical_crossentropy", [[0, 2, 0]], 3, r"received 2 at y\[0, 1\]"),
        ("hinge", [0, 1, 2], 1, r"received 2 at y\[2\]"),
        ("hinge", [-1, 0, 1], 1, "labels of both kinds"),
    ],
)
def test_labels_out_of_range(name, y, outputs, message):
    with pytest.raises(DataError, match=message):
        losses.get(name).check(np.array(y), (None, outputs))


@pytest.mark.parametrize(
    ("name", "y", "outputs"),
    [
        ("sparse_categorical_crossentropy", np.array([0, 2, 1], "uint8"), 3),
        ("sparse_categorical_crossentropy", np.array([[0.0], [2.0]]), 3),
        ("hinge", np.array([-1, 1]), 1),
        ("hinge", np.array([0, 1]), 1),
        ("binary_crossentropy", np.array([True, False]), 1),
    ],
)
def test_labels_in_range(name, y, outputs):
    losses.get(name).check(y, (None, outputs))


def test_a_sum_checks_labels_with_each_loss():
    with pytest.raises(DataError, match="BinaryCrossentropy"):
        (MSE() + losses.BinaryCrossentropy()).check(np.array([[2.0]]), (None, 1))


def test_names():
    assert isinstance(losses.get("MSE"), MSE)
    assert isinstance(losses.get("SparseCategoricalCrossentropy"), losses.SparseCategoricalCrossentropy)
    assert isinstance(losses.get(MSE), MSE)
    with pytest.raises(UnknownNameError, match="hinge"):
        losses.get("hing")
    with pytest.raises(TypeError, match="or a function; received 3"):
        losses.get(3)
    with pytest.raises(TypeError):
        MSE(3)


def test_a_loss_that_returns_none_is_told():
    with pytest.raises(TypeError, match=r"The loss 'nothing' returned None.*does it end with return"):
        losses.FunctionLoss(lambda y_true, y_pred: None, "nothing")(np.ones(3), np.ones(3))


def test_labels_below_zero():
    with pytest.raises(DataError, match="Labels count from 0") as caught:
        losses.SparseCategoricalCrossentropy().check(np.array([0, -1]), (None, 3))
    assert "units" not in str(caught.value)
