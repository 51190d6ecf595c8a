"""F-scores: precision and recall in one number."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.metrics.averaging import averaged, one_of, ratio
from nbnet.metrics.counts import Counts
from nbnet.metrics.decisions import several_labels

__all__ = ["F1Score", "FBetaScore"]


class FBetaScore(Counts):
    """The weighted harmonic mean of precision and recall, of which recall counts beta times as much.

    Parameters
    ----------
    average : {"micro", "macro", "weighted"} or None
        None: an array with one number for each class, as in Keras. ``"micro"``: counts of all classes together.
        ``"macro"``: the mean of the classes that occur in targets or decisions. ``"weighted"``: the mean by how often
        each class occurs in the targets. Given by its name, as in ``metrics=["f1_score"]``, the metric is the
        ``"macro"`` one, a number, with ``threshold="auto"``.
    beta : float > 0
    threshold : float, "auto" or None
        An output is a yes where it is above. None: the largest of several outputs is the yes, and one output by
        itself is a yes above 0.5. ``"auto"``: 0.5 where any sample seen has several labels, or none beside outputs
        that are no distribution over classes; else None.
    name : str, optional
    from_logits : bool
        Whether predictions are logits or scores: the border of one output, and of ``"auto"``, is 0 and not 0.5.

    Raises
    ------
    ValueError
        When `average`, `beta` or `threshold` is out of its range.

    Notes
    -----
    (1 + β²) TP / ((1 + β²) TP + β² FN + FP), 0 where there is none. Targets are one-hot rows, one label for each
    output, or class numbers. The numbers are those of scikit-learn. Keras takes no class numbers, counts classes that
    occur nowhere as 0 in the mean, adds 1e-7 to each divisor, and with one output and no threshold takes every
    prediction for a yes.

    References
    ----------
    van Rijsbergen 1979, "Information retrieval", chapter 7.
    """

    by_name: ClassVar[Mapping[str, Any]] = MappingProxyType({"average": "macro", "threshold": "auto"})

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | str | None = None,
        name: str | None = None,
        from_logits: bool = False,
    ) -> None:
        self.average = one_of(average, (None, "micro", "macro", "weighted"), type(self).__name__)
        if not beta > 0:
            raise ValueError(f"{type(self).__name__} expects beta > 0; received {beta}.")
        self.beta = float(beta)
        if isinstance(threshold, str) and threshold != "auto":
            raise ValueError(
                f"{type(self).__name__} expects a number, 'auto' or None as threshold; received {threshold!r}."
            )
        level = None if isinstance(threshold, str) else threshold
        super().__init__(name, level, from_logits=from_logits, by_largest=True)
        self._several: Variable | None = None
        self._by_threshold: FBetaScore | None = None
        if threshold == "auto":
            self._several = self.add_state("several")
            self._by_threshold = FBetaScore(average, beta, 0.0 if from_logits else 0.5, self.name, from_logits)
            self._by_threshold.variables = self.variables  # its state is this metric's

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch, decided both ways where it is not known yet which one fits."""
        super().update(y_true, y_pred, sample_weight)
        if self._several is None or self._by_threshold is None:
            return
        several = several_labels(y_true, y_pred, self.name)
        if several is not None:
            self._by_threshold.update(y_true, y_pred, sample_weight)
            self._several.assign(self._several + ops.cast(several, "float64"))

    def result(self) -> Any:
        """The score: a number, or an array with one for each class; NaN before the first batch."""
        if self._several is not None and self._by_threshold is not None and self._several.storage > 0:
            return self._by_threshold.result()
        found = self.counts()
        return float("nan") if found is None else averaged(found, self.score, self.average)

    def score(self, tp: Any, fp: Any, fn: Any) -> np.ndarray:
        """The score of counts."""
        square = self.beta**2
        return ratio((1 + square) * tp, (1 + square) * tp + square * fn + fp)


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: 2 TP / (2 TP + FN + FP).

    Parameters
    ----------
    average : {"micro", "macro", "weighted"} or None
    threshold : float, "auto" or None
    name : str, optional
    from_logits : bool
        As for :class:`FBetaScore`; given by its name the metric is the ``"macro"`` one with ``threshold="auto"``.
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | str | None = None,
        name: str | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, from_logits)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``f1_score`` (also ``f1``) and ``fbeta_score``."""
    register("f1_score", F1Score)
    register("f1", F1Score)
    register("fbeta_score", FBetaScore)
