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


def mean_of(definition, y_true, y_pred):
    """The mean over samples."""
    return np.mean([definition(t, p) for t, p in zip(y_true, y_pred, strict=True)])


def softmax(scores):
    return np.array([naive.softmax(row) for row in scores])


def sigmoid(scores):
    return 1 / (1 + np.exp(-scores))


REAL = np.array([[0.5, -1.5, 2.0], [0.0, 3.0, -0.25], [1.25, 0.75, -2.0], [-3.0, 0.5, 0.125]])
POSITIVE = np.array([[0.5, 1.5, 2.0], [0.1, 3.0, 0.25], [1.25, 0.75, 2.0], [3.0, 0.5, 0.125]])
SOFT = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.05, 0.9, 0.05], [1 / 3, 1 / 3, 1 / 3]])
WEIGHTS = np.array([0.5, 2.0, 0.0, 1.25])

# Registered name → targets and predictions; the definition is that of the same name in tests/naive/losses.py.
DATA = {
    "mse": (REAL, SCORES),
    "mae": (REAL, SCORES),
    "mape": (REAL + 5, SCORES),
    "msle": (POSITIVE, POSITIVE[::-1] + 0.5),
    "huber": (REAL, SCORES),
    "log_cosh": (REAL, SCORES),
    "cosine_similarity": (REAL, SCORES),
    "hinge": (2 * ONE_HOT - 1, SCORES),
    "squared_hinge": (ONE_HOT, SCORES),
    "categorical_hinge": (ONE_HOT, SCORES + 0.01),
    "kl_divergence": (SOFT, PREDICTED),
    "poisson": (np.array([[0, 1, 4], [2, 0, 1], [1, 1, 1], [7, 0, 0]]), POSITIVE),
    "binary_crossentropy": (ONE_HOT, PREDICTED),
    "categorical_crossentropy": (ONE_HOT, PREDICTED),
    "sparse_categorical_crossentropy": (CLASSES, PREDICTED),
    "binary_focal_crossentropy": (ONE_HOT, PREDICTED),
    "categorical_focal_crossentropy": (ONE_HOT, PREDICTED),
}
BY_CLASS = {type(losses.get(name)): name for name in DATA}


def samples(name, **arguments):
    """Targets, predictions, and the loss of each sample as tests/naive defines it."""
    name = BY_CLASS[type(losses.get(name))]
    y_true, y_pred = DATA[name]
    values = [getattr(naive, name)(t, p, **arguments) for t, p in zip(y_true, y_pred, strict=True)]
    return y_true, y_pred, np.array(values)


@pytest.mark.parametrize("name", registry.losses.names())
def test_value(name):
    y_true, y_pred, expected = samples(name)
    np.testing.assert_allclose(losses.get(name)(y_true, y_pred), expected.mean(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", DATA)
def test_arguments_are_kept(name):
    kind = type(losses.get(name))
    config = kind(reduction="sum", name="mine").get_config()
    assert (config["reduction"], config["name"]) == ("sum", "mine")
    again = kind.from_config(config)
    assert (again.reduction, again.name, again.get_config()) == ("sum", "mine", config)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", DATA)
def test_gradient_against_central_differences(name, weights):
    y_true, y_pred, _ = samples(name)
    loss = losses.get(name)
    leaf = make_input(y_pred.shape, y_pred.dtype)
    (grad,) = gradients(loss(y_true, leaf, weights), [leaf])
    (found,) = evaluate(Graph((leaf,), (grad,)), [y_pred])
    numeric = central_differences(lambda p: float(loss(y_true, p, weights)), [y_pred], 0)
    np.testing.assert_allclose(found, numeric, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "arguments", "definition"),
    [
        ("huber", {"delta": 0.3}, {"delta": 0.3}),
        ("binary_crossentropy", {"label_smoothing": 0.2}, {"label_smoothing": 0.2}),
        ("categorical_crossentropy", {"label_smoothing": 0.2}, {"label_smoothing": 0.2}),
        ("binary_focal_crossentropy", {"gamma": 0.5}, {"gamma": 0.5}),
        ("binary_focal_crossentropy", {"apply_class_balancing": True, "alpha": 0.1}, {"alpha": 0.1}),
        (
            "categorical_focal_crossentropy",
            {"gamma": 3.0, "alpha": [1.0, 2.0, 4.0]},
            {"gamma": 3.0, "alpha": [1, 2, 4]},
        ),
    ],
)
def test_arguments(name, arguments, definition):
    y_true, y_pred, values = samples(name, **definition)
    loss = type(losses.get(name)).from_config({**losses.get(name).get_config(), **arguments})
    np.testing.assert_allclose(loss(y_true, y_pred), values.mean(), rtol=1e-12)
    leaf = make_input(y_pred.shape, y_pred.dtype)
    (grad,) = gradients(loss(y_true, leaf), [leaf])
    (found,) = evaluate(Graph((leaf,), (grad,)), [y_pred])
    numeric = central_differences(lambda p: float(loss(y_true, p)), [y_pred], 0)
    np.testing.assert_allclose(found, numeric, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    "name",
    ["categorical_crossentropy", "categorical_focal_crossentropy", "sparse_categorical_crossentropy",
     "cosine_similarity", "binary_crossentropy", "binary_focal_crossentropy"],
)  # fmt: skip
def test_axis(name):
    y_true, y_pred, values = samples(name)
    kind = type(losses.get(name))
    turned = y_true if y_true.ndim == 1 else y_true.T
    np.testing.assert_allclose(kind(axis=0, reduction=None)(turned, y_pred.T), values, rtol=1e-12)
    leaf = make_input(y_pred.T.shape, y_pred.dtype)
    if "categorical" in name:  # the softmax along that axis is seen through
        loss = kind(axis=0)(turned, ops.softmax(leaf, axis=0))
        (found,) = evaluate(Graph((leaf,), (loss,)), [np.log(y_pred.T)])
        np.testing.assert_allclose(found, values.mean(), rtol=1e-12)
        assert "softmax" not in {node.op.name for node in topological([loss])}


@pytest.mark.parametrize(
    ("name", "target", "probabilities"),
    [
        ("binary_crossentropy", ONE_HOT, sigmoid),
        ("categorical_crossentropy", ONE_HOT, softmax),
        ("sparse_categorical_crossentropy", CLASSES, softmax),
        ("binary_focal_crossentropy", ONE_HOT, sigmoid),
        ("categorical_focal_crossentropy", ONE_HOT, softmax),
    ],
)
def test_from_logits(name, target, probabilities):
    expected = losses.get(name)(target, probabilities(SCORES))
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


def test_arguments_out_of_range():
    with pytest.raises(ValueError, match=r"label_smoothing in \[0, 1\]"):
        losses.BinaryCrossentropy(label_smoothing=2)
    with pytest.raises(ValueError, match=r"delta > 0; received 0"):
        losses.Huber(0)
    with pytest.raises(ValueError, match=r"gamma >= 0; received -1"):
        losses.BinaryFocalCrossentropy(gamma=-1)
    with pytest.raises(ValueError, match=r"alpha in \[0, 1\]"):
        losses.BinaryFocalCrossentropy(alpha=2)
    with pytest.raises(ValueError, match=r"alpha, one number or one for each class"):
        losses.CategoricalFocalCrossentropy(alpha=[1, -1])
    with pytest.raises(ShapeError, match=r"2 weights alpha for 3 classes"):
        losses.CategoricalFocalCrossentropy(alpha=[1, 1])(ONE_HOT, PREDICTED)
    with pytest.raises(ShapeError, match=r"axis 2"):
        losses.CategoricalCrossentropy(axis=2)(ONE_HOT, PREDICTED)
    with pytest.raises(ValueError, match=r"reduction to be one of sum_over_batch_size, .*received 'average'"):
        MSE(reduction="average")


def test_hinge_takes_zero_for_minus_one():
    np.testing.assert_allclose(losses.Hinge()(ONE_HOT, SCORES), losses.Hinge()(2 * ONE_HOT - 1, SCORES))


def test_weighted_sums():
    both = 0.7 * MSE() + 0.3 * MAE()
    square, absolute = (mean_of(name, ONE_HOT, PREDICTED) for name in (naive.mse, naive.mae))
    expected = 0.7 * square + 0.3 * absolute
    np.testing.assert_allclose(both(ONE_HOT, PREDICTED), expected)
    np.testing.assert_allclose((2 * both + MSE() * 3)(ONE_HOT, PREDICTED), 2 * expected + 3 * square)
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
        ("squared_hinge", [[0], [3]], 1, r"received 3 at y\[1, 0\]"),
        ("categorical_hinge", [[0, 2, 0]], 3, r"from 0 to 1; received 2 at y\[0, 1\].*one-hot"),
        ("kl_divergence", [[0.5, 1.5]], 2, r"received 1.5 at y\[0, 1\].*divide each row by its sum"),
        ("poisson", [[1], [-2]], 1, r"at least 0; received -2 at y\[1, 0\].*counts"),
        ("msle", [3, -1], 1, r"at least 0; received -1 at y\[1\].*'mse'"),
        ("binary_focal_crossentropy", [[0], [-1]], 1, r"received -1 at y\[1, 0\]"),
        ("categorical_focal_crossentropy", [[0, 2, 0]], 3, r"received 2 at y\[0, 1\]"),
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


@pytest.mark.parametrize("scores", [-80.0, 80.0])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_gradients_are_finite_where_probabilities_are_0_or_1(scores, gamma):
    leaf = make_input((1, 2), np.dtype("float32"))
    for loss, activation in (
        (losses.BinaryFocalCrossentropy(gamma=gamma), ops.sigmoid),
        (losses.CategoricalFocalCrossentropy(gamma=gamma), ops.softmax),
    ):
        (grad,) = gradients(loss(np.array([[1.0, 0.0]]), activation(leaf)), [leaf])
        (found,) = evaluate(Graph((leaf,), (grad,)), [np.array([[scores, -scores]], "float32")])
        assert np.isfinite(found).all()


def test_large_errors_do_not_overflow():
    far = np.array([[1e30], [-1e30]], "float32")
    np.testing.assert_allclose(losses.LogCosh()(np.zeros_like(far), far), 1e30, rtol=1e-6)
    np.testing.assert_allclose(losses.Huber()(np.zeros_like(far), far), 1e30, rtol=1e-6)
    assert losses.CosineSimilarity()(np.zeros((2, 3)), np.ones((2, 3))) == 0


def test_weights_of_classes_along_another_axis():
    alpha = [1.0, 2.0, 4.0]
    expected = losses.CategoricalFocalCrossentropy(alpha)(ONE_HOT, PREDICTED)
    np.testing.assert_allclose(losses.CategoricalFocalCrossentropy(alpha, axis=0)(ONE_HOT.T, PREDICTED.T), expected)


def test_which_predictions_are_scores():
    found = {name for name in DATA if losses.get(name).on_scores}
    assert found == {"hinge", "squared_hinge", "categorical_hinge"}
    logits = losses.BinaryCrossentropy(from_logits=True)
    assert logits.on_scores
    assert (MSE() + 0.5 * logits).on_scores
    assert not (MSE() + MAE()).on_scores
