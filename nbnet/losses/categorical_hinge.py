"""Categorical hinge loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import check_between
from nbnet.losses.loss import Loss, aligned

__all__ = ["CategoricalHinge"]


class CategoricalHinge(Loss):
    """max(neg - pos + 1, 0): the score of the right class is to be 1 above that of every other.

    Targets are one-hot rows.

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    pos = Σ t p and neg = max((1 - t) p), as in Keras: the right class counts as a 0 in the maximum, so neg is at
    least 0. PyTorch's MultiMarginLoss sums the margins of all other classes.
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    @property
    def on_scores(self) -> bool:
        """True: predictions have any size."""
        return True

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number for each sample."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        right = ops.sum(y_true * y_pred, axis=-1)
        other = ops.max((1 - y_true) * y_pred, axis=-1)
        return ops.maximum(other - right + 1, 0.0)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are one-hot rows."""
        super().check(y_true, output_shape)
        check_between(y_true, 0, 1, self.name, "Give one-hot rows.")


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``categorical_hinge``."""
    register("categorical_hinge", CategoricalHinge)
