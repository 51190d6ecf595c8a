"""Cosine similarity as a loss."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import EPSILON
from nbnet.losses.loss import Loss, aligned

__all__ = ["CosineSimilarity"]


class CosineSimilarity(Loss):
    """The negative cosine of the angle between target and prediction: -1 for the same direction, 1 for the opposite.

    Parameters
    ----------
    axis : int
        Along which the vectors lie.
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    -Σ t p / (‖t‖ ‖p‖); a vector of length below 1e-7 is divided by 1e-7, as in Keras, so a vector of zeros has 0.
    The metric 'cosine_similarity' has the other sign, as in Keras. PyTorch's CosineEmbeddingLoss is 1 + this.
    """

    def __init__(self, axis: int = -1, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number for each vector."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        return -ops.sum(_unit(y_true, self.axis) * _unit(y_pred, self.axis), axis=self.axis)


def _unit(x: Any, axis: int) -> Any:
    """Vectors of length 1."""
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, EPSILON**2))


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``cosine_similarity``."""
    register("cosine_similarity", CosineSimilarity)
