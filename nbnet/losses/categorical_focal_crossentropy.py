"""Categorical focal cross-entropy: one-hot targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.graph.ops.axes import one_axis
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.binary_focal_crossentropy import focusing
from nbnet.losses.crossentropy import EPSILON, check_between, clipped, logits_of, smoothing
from nbnet.losses.loss import Loss, aligned

__all__ = ["CategoricalFocalCrossentropy"]


class CategoricalFocalCrossentropy(Loss):
    """Categorical cross-entropy in which samples that are already right count less; targets are one-hot rows.

    Parameters
    ----------
    alpha : float or sequence of float
        Weight of all classes, or of each.
    gamma : float >= 0
        How much right answers are passed over; 0 is cross-entropy times alpha.
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

    Raises
    ------
    ValueError
        When `gamma` or an `alpha` is below 0, or `label_smoothing` is outside [0, 1].

    Notes
    -----
    -Σ α (1 - p)^γ y ln p. Probabilities are divided by their sum and kept 1e-7 away from 0 and 1.

    References
    ----------
    Lin et al. 2017, "Focal loss for dense object detection", eq. 5.
    """

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(name, reduction)
        self.alpha = np.asarray(alpha, "float64")
        if not (self.alpha >= 0).all() or self.alpha.ndim > 1:
            raise ValueError(f"{self.name} expects alpha, one number or one for each class, >= 0; received {alpha}.")
        self.gamma = focusing(gamma, self.name)
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
        if logits is None:
            p = clipped(y_pred / ops.sum(y_pred, axis=axis, keepdims=True))
            log_p = ops.log(p)
        else:
            log_p = logits - ops.logsumexp(logits, axis=axis, keepdims=True)
            p = ops.exp(log_p)
        weight = self._alpha(y_pred, axis) * ops.power(ops.maximum(1 - p, EPSILON), self.gamma)
        return -ops.sum(weight * y_true * log_p, axis=axis)

    def _alpha(self, y_pred: Any, axis: int) -> Any:
        """The weights of the classes, along their axis."""
        if self.alpha.ndim == 0:
            return float(self.alpha)
        if self.alpha.size != y_pred.shape[axis]:
            raise ShapeError(
                f"The loss '{self.name}' has {self.alpha.size} weights alpha for {y_pred.shape[axis]} classes. Give "
                "one for each class, or one number."
            )
        shape = [1] * y_pred.ndim
        shape[axis] = self.alpha.size
        return self.alpha.reshape(shape).astype(y_pred.dtype)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are rows of probabilities."""
        super().check(y_true, output_shape)
        check_between(y_true, 0, 1, self.name, "Give one-hot rows.")


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``categorical_focal_crossentropy``."""
    register("categorical_focal_crossentropy", CategoricalFocalCrossentropy)
