"""Metrics accumulate over batches and mean what Keras means."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet import metrics, ops
from nbnet.errors import ShapeError
from nbnet.runtime.function import Function

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.2, 0.3, 0.5], [0.3, 0.6, 0.1]], "float32")
CLASSES = np.array([0, 2, 2, 1])
RIGHT = 0.75


def over_batches(metric, y_true, y_pred, eager=True):
    """The result after batches of 3 and 1."""
    update = Function(metric.update, eager=eager)
    for part in (slice(0, 3), slice(3, 4)):
        update(y_true[part], y_pred[part])
    return metric.result()


@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize(
    ("name", "y_true", "y_pred", "expected"),
    [
        ("accuracy", CLASSES, P, RIGHT),
        ("acc", CLASSES[:, None], P, RIGHT),
        ("accuracy", np.eye(3)[CLASSES], P, RIGHT),
        ("accuracy", np.array([1, 0, 0, 1]), P[:, :1], 0.75),
        ("sparse_categorical_accuracy", CLASSES.astype("uint8"), P, RIGHT),
        ("categorical_accuracy", np.eye(3)[CLASSES], P, RIGHT),
        ("binary_accuracy", np.array([[1], [0], [0], [1]]), P[:, :1], 0.75),
        ("mse", P, P + 2, 4.0),
        ("mean_absolute_error", P, P - 2, 2.0),
    ],
)
def test_values(name, y_true, y_pred, expected, eager):
    metric = metrics.get(name)
    assert metric.name == name
    assert over_batches(metric, y_true, y_pred, eager) == pytest.approx(expected, rel=1e-6)


def test_nothing_seen_is_nan_and_reset_forgets():
    metric = metrics.get("accuracy")
    assert math.isnan(metric.result())
    over_batches(metric, CLASSES, P)
    metric.reset()
    assert math.isnan(metric.result())
    assert over_batches(metric, CLASSES, P) == RIGHT


def test_threshold():
    metric = metrics.BinaryAccuracy(threshold=0.0)
    assert over_batches(metric, np.array([-1, 1, 1, -1]), np.array([[-0.2], [0.3], [-0.1], [-5.0]])) == 0.75


def test_a_function_is_a_metric():
    found = metrics.get(lambda t, p: ops.abs(t - p))
    assert over_batches(found, P, P - 3) == pytest.approx(3)

    def worst(t, p):
        return ops.max(ops.abs(t - p))

    metric = metrics.get(worst)
    assert metric.name == "worst"
    assert over_batches(metric, np.zeros(4), np.array([1.0, 2.0, 3.0, 7.0])) == (3 * 3 + 7) / 4


def test_counting_does_not_stop_at_two_to_the_24():
    metric = metrics.Mean("m")
    add = Function(lambda value: metric.add(value, 1), eager=True)
    metric.total.storage[...] = 2.0**24
    metric.count.storage[...] = 2**24
    for _ in range(4):
        add(np.float32(1))
    assert metric.total.storage == 2**24 + 4
    assert metric.result() == 1.0


def test_wrong_shapes():
    with pytest.raises(ShapeError, match="compares targets with predictions"):
        metrics.get("mse").update(np.ones((4, 2)), P)
    with pytest.raises(ShapeError, match="one class number for each prediction"):
        metrics.get("sparse_categorical_accuracy").update(np.ones((4, 2)), P)
