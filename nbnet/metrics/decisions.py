"""Predictions read as yes-or-no decisions, one for each output, beside what is true of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from nbnet.graph import ops
from nbnet.graph.tensor import as_operand
from nbnet.losses.loss import aligned, floats
from nbnet.losses.reduction import weights_for
from nbnet.losses.sparse_categorical_crossentropy import class_numbers

__all__ = ["Rows", "among_largest", "largest", "rows", "several_labels"]


class Rows(NamedTuple):
    """A batch as rows of outputs.

    Attributes
    ----------
    truth : Tensor of bool, shape (rows, outputs)
    pred : Tensor of float, shape (rows, outputs)
    weights : Tensor of float64, shape (rows, outputs), or None
    exclusive : bool
        Whether targets were class numbers, so that one output of a row is true.
    """

    truth: Any
    pred: Any
    weights: Any
    exclusive: bool


def rows(y_true: Any, y_pred: Any, sample_weight: Any, name: str) -> Rows:
    """Targets and predictions as rows of outputs.

    Predictions of shape (N,) and (N, 1) are one output; of several, the last axis is the outputs. Targets are the
    numbers of the classes where their shape lacks the axis of outputs, else true where they are above 0: labels 0
    and 1, False and True, and -1 and 1.

    Raises
    ------
    ShapeError
        When targets or weights do not fit the predictions.
    """
    y_true, y_pred = as_operand(y_true), floats(y_pred)
    if y_pred.ndim < 2:
        y_pred = ops.reshape(y_pred, (*y_pred.shape, 1))
    outputs = y_pred.shape[-1]
    exclusive = outputs > 1 and (y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1)
    if exclusive:
        truth = ops.one_hot(class_numbers(y_true, y_pred, f"The metric '{name}'"), outputs, "bool")
    else:
        truth, y_pred = aligned(y_true, y_pred, name, "metric")
        truth = truth > 0
    weights = None
    if sample_weight is not None:
        weights = weights_for(sample_weight, y_pred, f"The metric '{name}'")
        weights = ops.cast(ops.broadcast_to(weights, y_pred.shape), "float64")
        weights = ops.reshape(weights, (-1, outputs))
    return Rows(ops.reshape(truth, (-1, outputs)), ops.reshape(y_pred, (-1, outputs)), weights, exclusive)


def largest(pred: Any) -> Any:
    """Which output is the largest of its row, the first where several are."""
    return ops.one_hot(ops.argmax(pred, axis=-1), pred.shape[-1], "bool")


def several_labels(y_true: Any, y_pred: Any, name: str) -> Any:
    """How many rows have not exactly one label, so that no largest output decides; None where there is always one.

    A target above 0.5 is a label. A row with several labels counts. A row without any counts where its outputs lie
    between 0 and 1 and do not sum to 1; beside a distribution it stands for a sample whose label is not known.
    """
    y_true, y_pred = as_operand(y_true), floats(y_pred)
    if y_pred.ndim < 2 or y_pred.shape[-1] == 1 or y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1:
        return None
    y_true, y_pred = aligned(y_true, y_pred, name, "metric")
    labels = ops.sum(y_true > 0.5, axis=-1)
    apart = ops.abs(ops.sum(y_pred, axis=-1) - 1) > 1e-3
    chances = ops.logical_and(ops.min(y_pred, axis=-1) >= 0, ops.max(y_pred, axis=-1) <= 1)
    none = ops.logical_and(labels == 0, ops.logical_and(apart, chances))
    return ops.sum(ops.logical_or(labels > 1, none))


def among_largest(pred: Any, k: int) -> Any:
    """Which outputs are among the k largest of their row; of those that are level the first ones.

    Each output is compared with each other: outputs² comparisons a row.
    """
    outputs = pred.shape[-1]
    own, other = ops.expand_dims(pred, -1), ops.expand_dims(pred, -2)
    place = ops.arange(outputs)
    earlier = ops.expand_dims(place, 0) < ops.expand_dims(place, 1)
    ahead = ops.logical_or(other > own, ops.logical_and(other == own, earlier))
    return ops.sum(ahead, axis=-1) < k
