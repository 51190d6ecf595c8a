"""Hinge loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.loss import Loss, aligned

__all__ = ["Hinge", "check_signs", "slack"]


class Hinge(Loss):
    """The mean of max(1 - y_true y_pred, 0): a margin of 1 around the border between two classes.

    Targets are -1 and 1; the label 0 counts as -1, so that 0 and 1 may be given.

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    References
    ----------
    Cortes and Vapnik 1995, "Support-vector networks", eq. 23.
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    @property
    def on_scores(self) -> bool:
        """True: predictions have any size."""
        return True

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        return ops.mean(slack(y_true, y_pred, self.name), axis=-1)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are -1 and 1, or 0 and 1."""
        super().check(y_true, output_shape)
        check_signs(y_true, self.name)


def slack(y_true: Any, y_pred: Any, name: str) -> Any:
    """max(1 - y_true y_pred, 0), how far each prediction is inside the margin."""
    y_true, y_pred = aligned(y_true, y_pred, name)
    y_true = ops.where(y_true == 0, -1.0, y_true)
    return ops.maximum(1 - y_true * y_pred, 0.0)


def check_signs(y_true: np.ndarray, name: str) -> None:
    """Raise a DataError unless the labels are -1 and 1, or 0 and 1."""
    for allowed in ((-1, 1), (0, 1)):
        bad = np.flatnonzero(~np.isin(y_true, allowed))
        if bad.size == 0:
            return
    odd = np.flatnonzero(~np.isin(y_true, (-1, 0, 1)))
    first = odd[0] if odd.size else bad[0]
    raise DataError(
        f"The loss '{name}' expects the labels -1 and 1 (or 0 and 1); received {y_true.flat[first]} at "
        f"y[{', '.join(map(str, np.unravel_index(first, y_true.shape)))}]"
        f"{'' if odd.size else ' among labels of both kinds'}. Convert the labels."
    )


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``hinge``."""
    register("hinge", Hinge)
