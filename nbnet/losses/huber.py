"""Huber loss."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.loss import Loss, aligned

__all__ = ["Huber"]


class Huber(Loss):
    """The mean of e² / 2 where |e| <= delta, else of delta (|e| - delta / 2), with e = y_pred - y_true.

    Square for small errors and linear for large ones, so that outliers pull less than with 'mse'.

    Parameters
    ----------
    delta : float > 0
        Where it turns linear.
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Raises
    ------
    ValueError
        When `delta` is not above 0.

    Notes
    -----
    The same as PyTorch's HuberLoss; its SmoothL1Loss(beta) is this divided by beta.

    References
    ----------
    Huber 1964, "Robust estimation of a location parameter".
    """

    def __init__(
        self, delta: float = 1.0, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        super().__init__(name, reduction)
        if not delta > 0:
            raise ValueError(f"{self.name} expects delta > 0; received {delta}.")
        self.delta = float(delta)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        error = y_pred - y_true
        size = ops.abs(error)
        linear = self.delta * (size - self.delta / 2)
        return ops.mean(ops.where(size <= self.delta, 0.5 * ops.square(error), linear), axis=-1)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``huber``."""
    register("huber", Huber)
