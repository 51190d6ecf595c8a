"""Binary focal cross-entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import EPSILON, check_between, clipped, logits_of, smoothing
from nbnet.losses.loss import Loss, aligned

__all__ = ["BinaryFocalCrossentropy", "focusing"]


class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy in which answers that are already right count less: for classes of very unequal size.

    Parameters
    ----------
    apply_class_balancing : bool
        Whether to weigh the two classes with `alpha`.
    alpha : float in [0, 1]
        Weight of class 1; that of class 0 is 1 - alpha.
    gamma : float >= 0
        How much right answers are passed over; 0 is plain cross-entropy.
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

    Raises
    ------
    ValueError
        When `gamma` is below 0, or `alpha` or `label_smoothing` is outside [0, 1].

    Notes
    -----
    (1 - q)^γ (-y ln p - (1 - y) ln(1 - p)) with q = y p + (1 - y)(1 - p), times y α + (1 - y)(1 - α) with balancing.
    1 - q counts as at least 1e-7, so that its power has a gradient for γ < 1.

    References
    ----------
    Lin et al. 2017, "Focal loss for dense object detection", eq. 4 and 5. There α is always applied; here, as in
    Keras, only when asked for.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(name, reduction)
        if not 0 <= alpha <= 1:
            raise ValueError(f"{self.name} expects alpha in [0, 1]; received {alpha}.")
        self.apply_class_balancing = apply_class_balancing
        self.alpha = float(alpha)
        self.gamma = focusing(gamma, self.name)
        self.from_logits = from_logits
        self.label_smoothing = smoothing(label_smoothing, self.name)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over `axis`."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + 0.5 * self.label_smoothing
        logits = y_pred if self.from_logits else logits_of(y_pred, "sigmoid")
        if logits is None:
            p, inside = y_pred, clipped(y_pred)
            crossentropy = -(y_true * ops.log(inside) + (1 - y_true) * ops.log(1 - inside))
        else:
            p = ops.sigmoid(logits)
            crossentropy = ops.softplus(logits) - y_true * logits
        wrong = y_true * (1 - p) + (1 - y_true) * p
        values = ops.power(ops.maximum(wrong, EPSILON), self.gamma) * crossentropy
        if self.apply_class_balancing:
            values = values * (y_true * self.alpha + (1 - y_true) * (1 - self.alpha))
        return ops.mean(values, axis=self.axis)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are between 0 and 1."""
        super().check(y_true, output_shape)
        check_between(y_true, 0, 1, self.name, "Give the two classes as 0 and 1.")


def focusing(gamma: float, name: str) -> float:
    """The exponent of a focal loss, checked."""
    if not gamma >= 0:
        raise ValueError(f"{name} expects gamma >= 0; received {gamma}.")
    return float(gamma)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``binary_focal_crossentropy``."""
    register("binary_focal_crossentropy", BinaryFocalCrossentropy)
