"""Weights of samples, what does not count, and how losses are reduced to one number."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import losses, ops
from nbnet.errors import DataError, ShapeError
from nbnet.losses import MSE
from nbnet.losses.reduction import REDUCTIONS
from tests.losses.test_losses import CLASSES, DATA, ONE_HOT, PREDICTED, WEIGHTS, samples
from tests.naive import losses as naive


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("reduction", [*REDUCTIONS, None])
@pytest.mark.parametrize("weights", [None, WEIGHTS, WEIGHTS[:, None]], ids=["plain", "weighted", "column"])
def test_reductions_and_weights(name, reduction, weights):
    y_true, y_pred, values = samples(name)
    expected = naive.reduced(values, None if weights is None else weights.ravel(), reduction)
    loss = type(losses.get(name))(reduction=reduction, name="mine")
    assert loss.name == "mine"
    np.testing.assert_allclose(loss(y_true, y_pred, weights), expected, rtol=1e-12, atol=1e-15)


def test_weights_of_each_value():
    y_true, y_pred = np.zeros((2, 3, 4)), np.arange(24.0).reshape(2, 3, 4)
    values = (y_pred**2).mean(axis=-1)
    weights = np.array([[1.0, 0.0, 2.0], [0.5, 1.0, 0.0]])
    np.testing.assert_allclose(MSE()(y_true, y_pred, weights), (values * weights).sum() / 6)
    # One weight a sample goes with the first axis, here of the size of the last too.
    square = np.arange(9.0).reshape(3, 3, 1)
    of_sample = np.array([1.0, 0.0, 2.0])
    found = MSE(reduction="mean_with_sample_weight")(np.zeros((3, 3, 1)), square, of_sample)
    np.testing.assert_allclose(found, (square[..., 0] ** 2 * of_sample[:, None]).sum() / (3 * of_sample.sum()))
    assert MSE(reduction="mean_with_sample_weight")(np.zeros((3, 1)), np.ones((3, 1)), np.zeros(3)) == 0


def test_weights_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"sample weights of shape \(4,\); received \(3,\)"):
        MSE()(ONE_HOT, PREDICTED, np.ones(3))
    with pytest.raises(ShapeError, match=r"received \(4, 3\)"):
        MSE()(ONE_HOT, PREDICTED, np.ones((4, 3)))
    whole = losses.FunctionLoss(lambda t, p: ops.mean(ops.square(t - p)), "whole")
    with pytest.raises(ShapeError, match=r"'whole' is one number for the whole batch.*Return a number for each sample"):
        whole(ONE_HOT, PREDICTED, WEIGHTS)


def test_sums_and_functions_pass_weights_on():
    expected = [
        naive.reduced([f(t, p) for t, p in zip(ONE_HOT, PREDICTED, strict=True)], WEIGHTS, "mean")
        for f in (naive.mse, naive.mae)
    ]
    both = 2 * MSE() + 3 * losses.FunctionLoss(lambda t, p: ops.mean(ops.abs(t - p), axis=-1))
    np.testing.assert_allclose(both(ONE_HOT, PREDICTED, WEIGHTS), 2 * expected[0] + 3 * expected[1])


def test_a_class_that_defines_call_alone():
    class Cubed(losses.Loss):
        def __init__(self, power):
            self.power = power

        def call(self, y_true, y_pred):
            return ops.mean(ops.abs(y_true - y_pred) ** self.power, axis=-1)

    rows = (np.abs(ONE_HOT - PREDICTED) ** 3).mean(axis=-1)
    np.testing.assert_allclose(Cubed(3.0)(ONE_HOT, PREDICTED), rows.mean())
    np.testing.assert_allclose(Cubed(3.0)(ONE_HOT, PREDICTED, WEIGHTS), (rows * WEIGHTS).mean())
    assert Cubed(3.0).name == "Cubed"


@pytest.mark.parametrize("ignored", [-1, 1, 255])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_class_that_does_not_count(ignored, weights, reduction):
    labels = np.where(CLASSES == 1, ignored, CLASSES).astype("int32" if ignored < 0 else "uint8")
    loss = losses.SparseCategoricalCrossentropy(ignore_class=ignored, reduction=reduction)
    loss.check(labels, (None, 3))
    counts = labels != ignored
    values = np.where(
        counts, [naive.sparse_categorical_crossentropy(t, p) for t, p in zip(CLASSES, PREDICTED, strict=True)], 0
    )
    w = counts * (1.0 if weights is None else weights)
    expected = {
        "none": values * w,
        "sum": (values * w).sum(),
        "mean_with_sample_weight": (values * w).sum() / w.sum(),
    }.get(reduction, (values * w).sum() / counts.sum())
    np.testing.assert_allclose(loss(labels, PREDICTED, weights), expected, rtol=1e-12)
    nothing = loss(np.full(4, ignored), PREDICTED)
    np.testing.assert_array_equal(nothing, np.zeros(4) if reduction == "none" else 0)


def test_labels_beside_a_class_that_does_not_count():
    with pytest.raises(DataError, match=r"received 7 at y\[2\]"):
        losses.SparseCategoricalCrossentropy(ignore_class=-1).check(np.array([0, -1, 7]), (None, 3))


def test_what_cannot_be_trained_with():
    with pytest.raises(ShapeError, match=r"'MeanSquaredError' gives numbers of shape \(4,\).*sum_over_batch_size"):
        losses.require_number(MSE(reduction=None)(ONE_HOT, PREDICTED), "MeanSquaredError")
    assert losses.require_number(MSE()(ONE_HOT, ONE_HOT), "MeanSquaredError") == 0
