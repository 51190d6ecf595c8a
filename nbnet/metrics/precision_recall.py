"""Precision and recall."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.metrics.averaging import averaged, one_of, ratio
from nbnet.metrics.counts import Counts

__all__ = ["Precision", "Recall"]


class _Ratio(Counts):
    """Base of both."""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        average: str | None = "auto",
        from_logits: bool = False,
    ) -> None:
        self.average = one_of(average, ("auto", "micro", "macro", "weighted", None), type(self).__name__)
        super().__init__(name, thresholds, top_k, class_id, from_logits, by_largest=average != "auto")

    def result(self) -> Any:
        """The ratio: a number, or an array as `average` and the thresholds have it; NaN before the first batch."""
        found = self.counts()
        if found is None:
            return float("nan")
        average = self.average
        if average == "auto":
            average = "macro" if self.exclusive else "micro"
        return averaged(found, self.score, average)

    @abstractmethod
    def score(self, tp: Any, fp: Any, fn: Any) -> np.ndarray:
        """The ratio of counts."""


class Precision(_Ratio):
    """How many of the decisions for a class are right: TP / (TP + FP), 0 where there is none.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        An output is a yes where it is above; None: as `average` says. Of several the result is an array.
    top_k : int, optional
        Only the k largest outputs of a sample can be a yes; without thresholds all of them are.
    class_id : int, optional
        Look at this output only.
    name : str, optional
    average : {"auto", "micro", "macro", "weighted"} or None
        ``"auto"``: where targets have the shape of the predictions all outputs are counted together, each being a yes
        above 0.5, as in Keras; where targets are class numbers and there are several outputs, which Keras refuses, it
        is ``"macro"``. With the others, too, the largest of several outputs is the yes unless thresholds or `top_k`
        are given. ``"micro"``: counts of all classes together, which of class numbers is the accuracy. ``"macro"``:
        the mean of the classes that occur in targets or decisions. ``"weighted"``: the mean by how often each class
        occurs in the targets. None: an array with one number for each class.
    from_logits : bool
        Whether predictions are logits or scores: their border is 0 and not 0.5.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Notes
    -----
    The averages are those of scikit-learn. Targets are true above 0, so labels -1 and 1 do too. Sample weights are
    summed in place of counts.
    """

    def score(self, tp: Any, fp: Any, fn: Any) -> np.ndarray:
        """TP / (TP + FP)."""
        return ratio(tp, tp + fp)


class Recall(_Ratio):
    """How many samples of a class are found: TP / (TP + FN), 0 where there is none.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        An output is a yes where it is above; None: as `average` says. Of several the result is an array.
    top_k : int, optional
        Only the k largest outputs of a sample can be a yes; without thresholds all of them are.
    class_id : int, optional
        Look at this output only.
    name : str, optional
    average : {"auto", "micro", "macro", "weighted"} or None
        ``"auto"``: where targets have the shape of the predictions all outputs are counted together, each being a yes
        above 0.5, as in Keras; where targets are class numbers and there are several outputs, which Keras refuses, it
        is ``"macro"``. With the others, too, the largest of several outputs is the yes unless thresholds or `top_k`
        are given. ``"micro"``: counts of all classes together, which of class numbers is the accuracy. ``"macro"``:
        the mean of the classes that occur in targets or decisions. ``"weighted"``: the mean by how often each class
        occurs in the targets. None: an array with one number for each class.
    from_logits : bool
        Whether predictions are logits or scores: their border is 0 and not 0.5.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Notes
    -----
    The averages are those of scikit-learn. Targets are true above 0, so labels -1 and 1 do too. Sample weights are
    summed in place of counts.
    """

    def score(self, tp: Any, fp: Any, fn: Any) -> np.ndarray:
        """TP / (TP + FN)."""
        return ratio(tp, tp + fn)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``precision`` and ``recall``."""
    register("precision", Precision)
    register("recall", Recall)
