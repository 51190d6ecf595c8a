"""Binary cross-entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import check_between, clipped, logits_of, smoothing
from nbnet.losses.loss import Loss, aligned

__all__ = ["BinaryCrossentropy"]


class BinaryCrossentropy(Loss):
    """Cross-entropy of independent yes-or-no answers.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits z; else they are probabilities p = sigmoid(z). Behind a sigmoid it is
        computed from z in either case.
    label_smoothing : float in [0, 1]
        Targets become y (1 - s) + s / 2.
    axis : int
        Over which the mean is taken.
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    -y ln p - (1 - y) ln(1 - p) = softplus(z) - y z. Probabilities are kept 1e-7 away from 0 and 1.
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
        """The mean over `axis`."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + 0.5 * self.label_smoothing
        logits = y_pred if self.from_logits else logits_of(y_pred, "sigmoid")
        if logits is not None:
            return ops.mean(ops.softplus(logits) - y_true * logits, axis=self.axis)
        p = clipped(y_pred)
        return ops.mean(-(y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p)), axis=self.axis)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are between 0 and 1."""
        super().check(y_true, output_shape)
        check_between(y_true, 0, 1, self.name, "Give the two classes as 0 and 1.")


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``binary_crossentropy`` and ``bce``."""
    register("binary_crossentropy", BinaryCrossentropy)
    register("bce", BinaryCrossentropy)
