"""How often predictions are right."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.graph.tensor import as_operand
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.loss import aligned
from nbnet.losses.sparse_categorical_crossentropy import class_numbers
from nbnet.metrics.decisions import several_labels
from nbnet.metrics.metric import MeanMetric

__all__ = ["Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy"]


class BinaryAccuracy(MeanMetric):
    """How often prediction and target are on the same side of a threshold.

    Parameters
    ----------
    name : str, optional
    threshold : float
        0.5 for probabilities, 0 for logits and for labels -1 and 1.
    """

    def __init__(self, name: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Whether each number is on the right side."""
        y_true, y_pred = aligned(y_true, y_pred, self.name, "metric")
        return (y_true > self.threshold) == (y_pred > self.threshold)

    def for_scores(self) -> BinaryAccuracy:
        """With its threshold at 0."""
        return BinaryAccuracy(self.name, 0.0)


class CategoricalAccuracy(MeanMetric):
    """How often the largest prediction stands where the largest target stands (one-hot targets).

    Parameters
    ----------
    name : str, optional
    """

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Whether each sample is right."""
        y_true, y_pred = aligned(y_true, y_pred, self.name, "metric")
        return ops.argmax(y_true, axis=-1) == ops.argmax(y_pred, axis=-1)


class SparseCategoricalAccuracy(MeanMetric):
    """How often the largest prediction stands at the number of the class.

    Parameters
    ----------
    name : str, optional
    """

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Whether each sample is right."""
        y_pred = as_operand(y_pred)
        return ops.argmax(y_pred, axis=-1) == class_numbers(y_true, y_pred, f"The metric '{self.name}'")


class Accuracy(MeanMetric):
    """The accuracy that fits the shapes, what the name ``"accuracy"`` means.

    One output: :class:`BinaryAccuracy`. Targets without the axis of classes: :class:`SparseCategoricalAccuracy`.
    Targets of which any seen has several labels, or none beside outputs that are no distribution over classes:
    :class:`BinaryAccuracy`, the share of outputs that are right. Else :class:`CategoricalAccuracy`.

    Parameters
    ----------
    name : str, optional
    threshold : float
        For one output, and for several labels.

    Notes
    -----
    Keras takes the largest output for several labels too.
    """

    def __init__(self, name: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = threshold
        self._several = self.add_state("several")
        self._by_threshold = BinaryAccuracy(self.name, threshold)
        self._by_threshold.variables = self.variables = [*self.variables, *self._by_threshold.variables]

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch, counted both ways where it is not known yet which one fits."""
        super().update(y_true, y_pred, sample_weight)
        several = several_labels(y_true, y_pred, self.name)
        if several is not None:
            self._by_threshold.update(y_true, y_pred, sample_weight)
            self._several.assign(self._several + ops.cast(several, "float64"))

    def result(self) -> Any:
        """The weighted mean."""
        return self._by_threshold.result() if self._several.storage > 0 else super().result()

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Whether each sample is right."""
        y_true, y_pred = as_operand(y_true), as_operand(y_pred)
        fitting: MeanMetric
        if y_pred.ndim < 2 or y_pred.shape[-1] == 1:
            fitting = BinaryAccuracy(self.name, self.threshold)
        elif y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1:
            fitting = SparseCategoricalAccuracy(self.name)
        else:
            fitting = CategoricalAccuracy(self.name)
        return fitting.values(y_true, y_pred)

    def for_scores(self) -> Accuracy:
        """With its threshold at 0."""
        return Accuracy(self.name, 0.0)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``accuracy`` (also ``acc``) and its kinds."""
    register("accuracy", Accuracy)
    register("acc", Accuracy)
    register("binary_accuracy", BinaryAccuracy)
    register("categorical_accuracy", CategoricalAccuracy)
    register("sparse_categorical_accuracy", SparseCategoricalAccuracy)
