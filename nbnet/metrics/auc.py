"""The area under the ROC curve or the precision-recall curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.metrics.averaging import one_of, ratio
from nbnet.metrics.counts import Counted, Counts
from nbnet.metrics.decisions import Rows

__all__ = ["AUC"]

_EPSILON = 1e-7  # the first and the last threshold lie that far outside [0, 1], so that 0 and 1 are between two


class AUC(Counts):
    """The area under a curve through the decisions at many thresholds; 0.5 (of ROC) is guessing, 1 is without fault.

    Parameters
    ----------
    num_thresholds : int >= 2
        How many, evenly spaced over [0, 1]; more are more exact.
    curve : {"ROC", "PR"}
        True-positive rate over false-positive rate, or precision over recall. Keras' "PR gain" is not available.
    summation_method : {"interpolation", "minoring", "majoring"}
        Between two thresholds: the trapezoid (of PR: the exact interpolation), or the lower or higher end.
    name : str, optional
    thresholds : sequence of float in [0, 1], optional
        In place of evenly spaced ones.
    multi_label : bool
        Whether each output has an area of its own, of which the mean is taken. Else all outputs are counted together,
        as in Keras, unless targets are class numbers: then each class has its own, against all others.
    num_labels : int, optional
        The number of outputs, checked; only with `multi_label`.
    label_weights : sequence of float, optional
        How much each output counts.
    from_logits : bool
        Whether predictions are logits: the sigmoid is taken, of class numbers the softmax.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Notes
    -----
    It is an approximation: predictions between two thresholds are as one. scikit-learn's roc_auc_score is exact, and
    its ``multi_class="ovr"`` is what class numbers have here. An output of which all targets are equal has no area:
    it is left out of the mean, and the result is NaN when no output has one; Keras has 0.

    References
    ----------
    Davis and Goadrich 2006, "The relationship between precision-recall and ROC curves", section 4.
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        if thresholds is None and not num_thresholds > 1:
            raise ValueError(f"AUC expects num_thresholds of at least 2; received {num_thresholds}.")
        if num_labels is not None and not multi_label:
            raise ValueError("AUC expects num_labels only with multi_label=True.")
        inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1) if thresholds is None else np.sort(thresholds)
        if np.any((inner < 0) | (inner > 1)):
            raise ValueError(f"AUC expects thresholds in [0, 1]; received {thresholds}.")
        super().__init__(name, [-_EPSILON, *inner.tolist(), 1 + _EPSILON], from_logits=from_logits)
        self.curve = one_of(curve.upper() if isinstance(curve, str) else curve, ("ROC", "PR"), "AUC", "curve")
        methods = ("interpolation", "minoring", "majoring")
        self.summation_method = one_of(summation_method, methods, "AUC", "summation_method")
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else np.asarray(label_weights, "float64")

    def selected(self, batch: Rows) -> Rows:
        """Predictions as probabilities."""
        outputs = batch.pred.shape[-1]
        for what, size in (
            ("num_labels", self.num_labels),
            ("label_weights for", None if self.label_weights is None else self.label_weights.size),
        ):
            if size not in (None, outputs):
                raise ShapeError(f"The metric '{self.name}' has {what} {size} outputs; the predictions have {outputs}.")
        if not self.from_logits:
            return batch
        return batch._replace(pred=(ops.softmax if batch.exclusive else ops.sigmoid)(batch.pred))

    def result(self) -> float:
        """The area; NaN when there is none."""
        found = self.counts()
        if found is None:
            return float("nan")
        outputs = found.true_positives.shape[1]
        weights = np.ones(outputs) if self.label_weights is None else self.label_weights
        if not (self.multi_label or self.exclusive):
            found = Counted(*((count * weights).sum(axis=1, keepdims=True) for count in found))
            weights = np.ones(1)
        first = Counted(*(count[0] for count in found))  # at the lowest threshold all are a yes
        there = first.true_positives + first.false_negatives > 0
        if self.curve == "ROC":
            there &= first.false_positives + first.true_negatives > 0
        weights = weights * there
        area = self._area(*found)
        return float((area * weights).sum() / weights.sum()) if weights.sum() else float("nan")

    def _area(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> np.ndarray:
        """The area of each output."""
        recall = ratio(tp, tp + fn)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return _interpolated(tp, fp, fn)
        x, y = (ratio(fp, fp + tn), recall) if self.curve == "ROC" else (recall, ratio(tp, tp + fp))
        low, high = np.minimum(y[:-1], y[1:]), np.maximum(y[:-1], y[1:])
        height = {"interpolation": (low + high) / 2, "minoring": low, "majoring": high}[self.summation_method]
        return ((x[:-1] - x[1:]) * height).sum(axis=0)


def _interpolated(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> np.ndarray:
    """The area under precision over recall, true and false positives being interpolated linearly between thresholds.

    With s = ΔTP / ΔP and P = TP + FP, precision at P is (TP₁ + s (P - P₁)) / P; its integral over recall is
    s (ΔTP + (TP₁ - s P₁) ln(P₀ / P₁)) / (positives).
    """
    positives = tp + fp
    more, all_more = tp[:-1] - tp[1:], positives[:-1] - positives[1:]
    slope = ratio(more, all_more)
    start = tp[1:] - slope * positives[1:]
    both = (positives[:-1] > 0) & (positives[1:] > 0)
    growth = np.log(np.where(both, ratio(positives[:-1], positives[1:]), 1), where=both, out=np.zeros(both.shape))
    return ratio(slope * (more + start * growth), tp[1:] + fn[1:]).sum(axis=0)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``auc``."""
    register("auc", AUC)
