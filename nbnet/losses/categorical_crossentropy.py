"""Categorical cross-entropy: one-hot targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
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

    Notes
    -----
    -Σ y ln p = Σ y (logsumexp(z) - z). Probabilities are divided by their sum and kept 1e-7 away from 0 and 1.
    """

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits = from_logits
        self.label_smoothing = smoothing(label_smoothing, self.name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The sum over the last axis, one for each sample."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / y_pred.shape[-1]
        logits = y_pred if self.from_logits else logits_of(y_pred, "softmax")
        if logits is not None:
            return ops.sum(y_true * (ops.logsumexp(logits, axis=-1, keepdims=True) - logits), axis=-1)
        p = clipped(y_pred / ops.sum(y_pred, axis=-1, keepdims=True))
        return -ops.sum(y_true * ops.log(p), axis=-1)

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
