"""The coefficient of determination."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.loss import aligned
from nbnet.losses.reduction import share, weights_for
from nbnet.metrics.averaging import one_of
from nbnet.metrics.metric import Metric

__all__ = ["R2Score"]


class R2Score(Metric):
    """1 - (squared errors) / (squared distances of the targets from their mean): 1 is without error, 0 is the mean.

    Parameters
    ----------
    class_aggregation : {"uniform_average", "variance_weighted_average"} or None
        The mean of the outputs, or by the variance of their targets, or an array with one for each.
    num_regressors : int >= 0
        p above 0: the adjusted score 1 - (1 - R²)(n - 1) / (n - p - 1) of n samples, where n > p + 1. Keras counts
        each output of a sample in n.
    name : str, optional

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Notes
    -----
    Means and squared distances of batches are combined without subtracting large sums. Where all targets are equal
    the score is 1 without error and else 0, as in scikit-learn; Keras has NaN and 0.

    References
    ----------
    Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        known = ("uniform_average", "variance_weighted_average", None)
        self.class_aggregation = one_of(class_aggregation, known, "R2Score", "class_aggregation")
        if num_regressors < 0:
            raise ValueError(f"R2Score expects num_regressors >= 0; received {num_regressors}.")
        self.num_regressors = num_regressors
        self.samples = self.add_state("samples", dtype="int64")
        self._sums: tuple[Variable, Variable, Variable, Variable] | None = None

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        y_true, y_pred = aligned(y_true, y_pred, self.name, "metric")
        outputs = y_pred.shape[-1] if y_pred.ndim > 1 else 1
        shape = (-1, outputs)
        weights: Any = ops.ones(y_pred.shape, "float64")
        if sample_weight is not None:
            given = weights_for(sample_weight, y_pred, f"The metric '{self.name}'")
            weights = weights * ops.cast(given, "float64")
        true, pred = (ops.reshape(ops.cast(y, "float64"), shape) for y in (y_true, y_pred))
        weights = ops.reshape(weights, shape)
        weight, mean, spread, residual = self._prepared(outputs)
        new_weight = ops.sum(weights, axis=0)
        new_mean = share(ops.sum(weights * true, axis=0), new_weight)
        total = weight + new_weight
        part, shift = share(new_weight, total), new_mean - mean
        inside = ops.sum(weights * ops.square(true - new_mean), axis=0)
        spread.assign(spread + inside + ops.square(shift) * weight * part)
        mean.assign(mean + shift * part)
        weight.assign(total)
        residual.assign(residual + ops.sum(weights * ops.square(true - pred), axis=0))
        self.samples.assign(self.samples + true.shape[0])

    def result(self) -> Any:
        """The score; NaN before the first batch, and where all weights are 0."""
        if self._sums is None or not self._sums[0].storage.any():
            return float("nan")
        _, _, spread, residual = (state.storage for state in self._sums)
        flat = spread == 0
        scores = np.where(flat, np.where(residual == 0, 1.0, 0.0), 1 - residual / np.where(flat, 1, spread))
        found: Any = scores
        if self.class_aggregation == "uniform_average":
            found = float(scores.mean())
        elif self.class_aggregation == "variance_weighted_average":
            found = float((spread * scores).sum() / spread.sum()) if spread.any() else float(scores.mean())
        n, p = int(self.samples.storage), self.num_regressors
        return 1 - (1 - found) * (n - 1) / (n - p - 1) if p and n > p + 1 else found

    def _prepared(self, outputs: int) -> tuple[Variable, Variable, Variable, Variable]:
        """Weight, mean, squared distances from it, and squared errors of each output."""
        if self._sums is None:
            weight, mean, spread, residual = (
                self.add_state(name, (outputs,)) for name in ("weight", "mean", "spread", "residual")
            )
            self._sums = weight, mean, spread, residual
        if self._sums[0].shape != (outputs,):
            raise ShapeError(
                f"The metric '{self.name}' was used with {self._sums[0].shape[0]} outputs; received {outputs}. Make a "
                "new one."
            )
        return self._sums


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``r2_score`` (also ``r2``)."""
    register("r2_score", R2Score)
    register("r2", R2Score)
