"""True and false positives and negatives: the base of metrics that count decisions, and the four counts."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.metrics.decisions import Rows, among_largest, largest, rows
from nbnet.metrics.metric import Metric

__all__ = ["Counted", "Counts", "FalseNegatives", "FalsePositives", "TrueNegatives", "TruePositives"]


class Counted(NamedTuple):
    """Sums of weights, each of shape (thresholds, outputs).

    Attributes
    ----------
    true_positives, false_positives, true_negatives, false_negatives : ndarray, float64
    """

    true_positives: np.ndarray
    false_positives: np.ndarray
    true_negatives: np.ndarray
    false_negatives: np.ndarray


class Counts(Metric):
    """Base of metrics of decisions: how often each output is above each threshold, where it is true and where not.

    Parameters
    ----------
    name : str, optional
    thresholds : float or sequence of float, optional
        An output is a yes where it is above. None: see `by_largest`.
    top_k : int, optional
        Only the k largest outputs of a row can be a yes; without thresholds all of them are.
    class_id : int, optional
        Count this output only.
    from_logits : bool
        Whether predictions are logits or scores: their border is at 0 and not at 0.5.
    by_largest : bool
        Whether without thresholds and `top_k` the largest of several outputs is the yes, and not each that is above
        the border. Where targets are class numbers it is so in any case.

    Notes
    -----
    The state is a histogram: for each output and truth the number (or weight) of predictions between two thresholds.
    """

    def __init__(
        self,
        name: str | None = None,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        from_logits: bool = False,
        by_largest: bool = False,
    ) -> None:
        super().__init__(name)
        if top_k is not None and operator.index(top_k) < 1:
            raise ValueError(f"The metric '{self.name}' expects top_k >= 1; received {top_k}.")
        self.thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.from_logits = from_logits
        self._by_largest = by_largest
        given = np.array([0.0 if from_logits else 0.5] if thresholds is None else thresholds, "float64").reshape(-1)
        if given.size == 0 or not np.isfinite(given).all():
            raise ValueError(f"The metric '{self.name}' expects numbers as thresholds; received {thresholds!r}.")
        self._levels = np.sort(given)
        self._order = np.searchsorted(self._levels, given)
        self._histogram: Variable | None = None
        self._exclusive = False

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        batch = self.selected(rows(y_true, y_pred, sample_weight, self.name))
        histogram = self._prepared(batch)
        outputs, bins = batch.pred.shape[-1], self._levels.size + 1
        above = self.above(batch)
        if self.class_id is not None:
            batch, above, outputs = *self._one_output(batch, above), 1
        place = (ops.cast(batch.truth, "int64") * bins + above) * outputs + np.arange(outputs)
        weights = ops.ones(place.shape, "float64") if batch.weights is None else batch.weights
        added = ops.scatter_add(histogram.shape, ops.reshape(place, (-1,)), ops.reshape(weights, (-1,)))
        histogram.assign(histogram + added)

    def selected(self, batch: Rows) -> Rows:
        """What of a batch is counted, and what is compared with the thresholds; for subclasses to change."""
        return batch

    def above(self, batch: Rows) -> Any:
        """How many thresholds each output is above."""
        plain = self.thresholds is None and self.top_k is None and batch.pred.shape[-1] > 1
        if plain and (self._by_largest or batch.exclusive):
            return ops.cast(largest(batch.pred), "int64")
        among = None if self.top_k is None else ops.cast(among_largest(batch.pred, self.top_k), "int64")
        if among is not None and self.thresholds is None:
            return among
        levels = self._levels.astype(batch.pred.dtype)
        if levels.size == 1:
            above = ops.cast(batch.pred > levels[0], "int64")
        else:
            above = ops.sum(ops.expand_dims(batch.pred, -1) > levels, axis=-1)
        return above if among is None else above * among

    def counts(self) -> Counted | None:
        """What was counted, in the order of the thresholds; None before the first batch."""
        if self._histogram is None or not self._histogram.storage.any():
            return None
        histogram = self._histogram.storage.reshape(2, self._levels.size + 1, -1)
        below = np.cumsum(histogram, axis=1)[:, :-1][:, self._order]
        above = np.cumsum(histogram[:, ::-1], axis=1)[:, -2::-1][:, self._order]
        return Counted(above[1], above[0], below[0], below[1])

    @property
    def exclusive(self) -> bool:
        """Whether targets are class numbers."""
        return self._exclusive

    def for_scores(self) -> Metric:
        """The same with its border at 0."""
        return type(self)(**{**self.get_config(), "from_logits": True})

    def _prepared(self, batch: Rows) -> Variable:
        """The state, made for the first batch."""
        outputs = batch.pred.shape[-1]
        if self.class_id is not None:
            if not 0 <= self.class_id < outputs:
                raise ShapeError(
                    f"The metric '{self.name}' has class_id={self.class_id}; the predictions have {outputs} "
                    f"output{'s' * (outputs != 1)}, numbered from 0."
                )
            outputs = 1
        size = 2 * (self._levels.size + 1) * outputs
        if self._histogram is None:
            self._histogram = self.add_state("histogram", (size,))
            self._exclusive = batch.exclusive
        if self._histogram.shape != (size,) or self._exclusive != batch.exclusive:
            raise ShapeError(
                f"The metric '{self.name}' was used with predictions of another number of outputs, or with targets of "
                "another kind (class numbers, or one for each output). Make a new one."
            )
        return self._histogram

    def _one_output(self, batch: Rows, above: Any) -> tuple[Rows, Any]:
        """The column `class_id`."""
        assert self.class_id is not None
        column = slice(self.class_id, self.class_id + 1)
        weights = None if batch.weights is None else batch.weights[:, column]
        return Rows(batch.truth[:, column], batch.pred[:, column], weights, batch.exclusive), above[:, column]


class _OneCount(Counts):
    """Base of the four counts."""

    field: str

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name, thresholds, from_logits=from_logits)

    def result(self) -> Any:
        """The count over all outputs: a number, or one for each of several thresholds."""
        found = self.counts()
        if found is None:
            return 0.0 if self._levels.size == 1 else np.zeros(self._levels.size)
        count = getattr(found, self.field).sum(axis=1)
        return float(count[0]) if count.size == 1 else count


class TruePositives(_OneCount):
    """How often a yes is right, over all outputs together.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        An output is a yes where it is above; 0.5 when None. Where targets are class numbers the largest output is
        the yes when None. Of several thresholds the result is an array.
    name : str, optional
    from_logits : bool
        Whether predictions are logits or scores: their border is 0 and not 0.5.
    """

    field = "true_positives"


class FalsePositives(_OneCount):
    """How often a yes is wrong, over all outputs together.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        An output is a yes where it is above; 0.5 when None. Where targets are class numbers the largest output is
        the yes when None. Of several thresholds the result is an array.
    name : str, optional
    from_logits : bool
        Whether predictions are logits or scores: their border is 0 and not 0.5.
    """

    field = "false_positives"


class TrueNegatives(_OneCount):
    """How often a no is right, over all outputs together.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        An output is a yes where it is above; 0.5 when None. Where targets are class numbers the largest output is
        the yes when None. Of several thresholds the result is an array.
    name : str, optional
    from_logits : bool
        Whether predictions are logits or scores: their border is 0 and not 0.5.
    """

    field = "true_negatives"


class FalseNegatives(_OneCount):
    """How often a no is wrong, over all outputs together.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        An output is a yes where it is above; 0.5 when None. Where targets are class numbers the largest output is
        the yes when None. Of several thresholds the result is an array.
    name : str, optional
    from_logits : bool
        Whether predictions are logits or scores: their border is 0 and not 0.5.
    """

    field = "false_negatives"


@hookimpl
def register_metrics(register: Register) -> None:
    """Register the four counts."""
    register("true_positives", TruePositives)
    register("false_positives", FalsePositives)
    register("true_negatives", TrueNegatives)
    register("false_negatives", FalseNegatives)
