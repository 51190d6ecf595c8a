"""Squared hinge loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.hinge import check_signs, slack
from nbnet.losses.loss import Loss

__all__ = ["SquaredHinge"]


class SquaredHinge(Loss):
    """The mean of max(1 - y_true y_pred, 0)²; targets as for :class:`nbnet.losses.Hinge`.

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    @property
    def on_scores(self) -> bool:
        """True: predictions have any size."""
        return True

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        return ops.mean(ops.square(slack(y_true, y_pred, self.name)), axis=-1)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are -1 and 1, or 0 and 1."""
        super().check(y_true, output_shape)
        check_signs(y_true, self.name)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``squared_hinge``."""
    register("squared_hinge", SquaredHinge)
