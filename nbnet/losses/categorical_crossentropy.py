"""Categorical cross-entropy: one-hot targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.graph.ops.axes import one_axis
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import check_between, clipped, logits_of, smoothing
from nbnet.losses.loss import Loss, aligned

__all__ = ["CategoricalCrossentropy"]


class CategoricalCrossentropy(Loss):
    """Cross-entropy of one class among several; targets are one-hot rows or probabilities.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits z; else they are probabilities p = softmax(z). Behind a softmax it is
        computed from z in either case.
    label_smoothing : float in [0, 1]
        Targets become y (1 - s) + s / classes.
    axis : int
        Where the classes lie.
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    -Σ y ln p = Σ y (logsumexp(z) - z). Probabilities are divided by their sum and kept 1e-7 away from 0 and 1.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(name, reduction)
        self.from_logits = from_logits
        self.label_smoothing = smoothing(label_smoothing, self.name)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The sum over the classes, one for each sample."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        axis = one_axis(f"The loss '{self.name}'", self.axis, y_pred.ndim)
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / y_pred.shape[axis]
        logits = y_pred if self.from_logits else logits_of(y_pred, "softmax", axis)
        if logits is not None:
            return ops.sum(y_true * (ops.logsumexp(logits, axis=axis, keepdims=True) - logits), axis=axis)
        p = clipped(y_pred / ops.sum(y_pred, axis=axis, keepdims=True))
        return -ops.sum(y_true * ops.log(p), axis=axis)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are rows of probabilities."""
        super().check(y_true, output_shape)
        check_between(
            y_true, 0, 1, self.name, "Give one-hot rows, or class numbers with 'sparse_categorical_crossentropy'."
        )


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``categorical_crossentropy``."""
    register("categorical_crossentropy", CategoricalCrossentropy)
