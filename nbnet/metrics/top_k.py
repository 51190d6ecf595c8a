"""How often the right class is among the k largest predictions."""

from __future__ import annotations

import math
import operator
from typing import Any

from nbnet.graph import ops
from nbnet.graph.tensor import as_operand
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.loss import aligned, floats
from nbnet.losses.sparse_categorical_crossentropy import class_numbers
from nbnet.metrics.metric import MeanMetric

__all__ = ["SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy"]


class SparseTopKCategoricalAccuracy(MeanMetric):
    """How often the class is among the k largest predictions; targets are the numbers of the classes.

    Parameters
    ----------
    k : int >= 1
        With as many as there are classes it is always 1.
    name : str, optional

    Raises
    ------
    ValueError
        When `k` is below 1.

    Notes
    -----
    The class is among them when fewer than k predictions are larger than its own, so classes that are level with it
    do not push it out, as in TensorFlow; other backends of Keras let the lower class number win.
    """

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name or "sparse_top_k_categorical_accuracy")
        self.k = _count(k, self.name)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Whether each sample is right."""
        y_pred = floats(y_pred)
        labels = class_numbers(y_true, y_pred, f"The metric '{self.name}'")
        return _among(ops.one_hot(labels, y_pred.shape[-1], "bool"), y_pred, self.k)


class TopKCategoricalAccuracy(MeanMetric):
    """How often the class is among the k largest predictions; targets are one-hot rows.

    Targets that are the numbers of the classes are taken too, as by :class:`SparseTopKCategoricalAccuracy`; Keras
    takes one-hot rows only.

    Parameters
    ----------
    k : int >= 1
    name : str, optional

    Raises
    ------
    ValueError
        When `k` is below 1.
    """

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name or "top_k_categorical_accuracy")
        self.k = _count(k, self.name)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Whether each sample is right."""
        y_true, y_pred = as_operand(y_true), floats(y_pred)
        if y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1:
            return SparseTopKCategoricalAccuracy(self.k, self.name).values(y_true, y_pred)
        y_true, y_pred = aligned(y_true, y_pred, self.name, "metric")
        chosen = ops.one_hot(ops.argmax(y_true, axis=-1), y_pred.shape[-1], "bool")
        return _among(chosen, y_pred, self.k)


def _count(k: int, name: str) -> int:
    """A number of predictions, checked."""
    if operator.index(k) < 1:
        raise ValueError(f"The metric '{name}' expects k >= 1; received {k}.")
    return operator.index(k)


def _among(chosen: Any, y_pred: Any, k: int) -> Any:
    """Whether fewer than k predictions are larger than the chosen one of each row; never where that is NaN."""
    own = ops.max(ops.where(chosen, y_pred, -math.inf), axis=-1, keepdims=True)
    larger = ops.sum(ops.logical_not(y_pred <= own), axis=-1)
    return larger < k


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``top_k_categorical_accuracy`` (also ``top_k``) and ``sparse_top_k_categorical_accuracy``."""
    register("top_k_categorical_accuracy", TopKCategoricalAccuracy)
    register("top_k", TopKCategoricalAccuracy)
    register("sparse_top_k_categorical_accuracy", SparseTopKCategoricalAccuracy)
