"""The confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.metrics.decisions import rows, several_labels
from nbnet.metrics.metric import Metric

__all__ = ["ConfusionMatrix"]


class ConfusionMatrix(Metric):
    """How often class i was taken for class j: row i, column j.

    Parameters
    ----------
    num_classes : int, optional
        None: as many as the model has outputs, 2 for one output.
    name : str, optional
    threshold : float
        Of one output: class 1 is predicted above it. Of several outputs the largest is the predicted class, but for
        targets with several labels.

    Raises
    ------
    ValueError
        When there is less than one class.

    Notes
    -----
    Targets are class numbers, one-hot rows, or 0 and 1 (or -1 and 1) for one output. A target that is no class
    number, such as -1 for what has no label, is left out. As in scikit-learn the rows are the truth. The result is an
    array: it is in what ``evaluate(return_dict=True)`` returns and in the history, and in no line of progress.

    Where any target seen has several labels, or none beside outputs that are no distribution over classes, no class
    is taken for another one: the result is then a matrix of no and yes for each output, decided by the threshold.
    """

    def __init__(self, num_classes: int | None = None, name: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name)
        if num_classes is not None and num_classes < 1:
            raise ValueError(f"ConfusionMatrix expects num_classes of at least 1; received {num_classes}.")
        self.num_classes = num_classes
        self.threshold = threshold
        self._cells: Variable | None = None
        self._several: Variable | None = None
        self._by_label: Variable | None = None
        self._weighted = False

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        batch = rows(y_true, y_pred, sample_weight, self.name)
        outputs = batch.pred.shape[-1]
        classes = self.num_classes or max(outputs, 2)
        if classes < max(outputs, 2):
            raise ShapeError(
                f"The metric '{self.name}' was made for {classes} classes; the predictions tell {max(outputs, 2)} "
                "apart. Leave num_classes out, or give as many."
            )
        if self._cells is None:
            self._cells = self.add_state("cells", (classes * classes,))
        if outputs == 1:
            true, predicted = batch.truth[:, 0], batch.pred[:, 0] > self.threshold
            known = None
        else:
            true, predicted = ops.argmax(batch.truth, axis=-1), ops.argmax(batch.pred, axis=-1)
            known = ops.sum(batch.truth, axis=-1) > 0
        place = ops.cast(true, "int64") * classes + ops.cast(predicted, "int64")
        weights = ops.ones(place.shape, "float64") if batch.weights is None else batch.weights[:, 0]
        if known is not None:
            weights = ops.where(known, weights, 0)
        several = several_labels(y_true, y_pred, self.name)
        if several is not None:
            if self._by_label is None or self._several is None:
                self._several, self._by_label = self.add_state("several"), self.add_state("by_label", (outputs * 4,))
            self._several.assign(self._several + ops.cast(several, "float64"))
            decided = ops.cast(batch.truth, "int64") * 2 + ops.cast(batch.pred > self.threshold, "int64")
            label_place = ops.reshape(np.arange(outputs) * 4 + decided, (-1,))
            amounts = ops.ones(decided.shape, "float64") if batch.weights is None else batch.weights
            added = ops.scatter_add(self._by_label.shape, label_place, ops.reshape(amounts, (-1,)))
            self._by_label.assign(self._by_label + added)
        self._weighted = self._weighted or batch.weights is not None
        self._cells.assign(self._cells + ops.scatter_add(self._cells.shape, place, weights))

    def result(self) -> np.ndarray:
        """The counts, or sums of weights.

        Returns
        -------
        ndarray, shape (classes, classes), int64, or float64 with weights
            Of shape (0, 0) before the first batch of a model whose classes are not known; of shape (outputs, 2, 2)
            where targets have several labels.
        """
        if self._cells is None:
            return np.zeros((self.num_classes or 0,) * 2, "int64")
        if self._several is not None and self._by_label is not None and self._several.storage > 0:
            cells = self._by_label.storage.reshape(-1, 2, 2)
        else:
            cells = self._cells.storage.reshape((round(self._cells.size**0.5),) * 2)
        return cells.copy() if self._weighted else cells.astype("int64")

    def for_scores(self) -> ConfusionMatrix:
        """The same with its threshold at 0."""
        return ConfusionMatrix(self.num_classes, self.name, 0.0)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``confusion_matrix``."""
    register("confusion_matrix", ConfusionMatrix)
