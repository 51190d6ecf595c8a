"""Poisson loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import EPSILON, check_between
from nbnet.losses.loss import Loss, aligned

__all__ = ["Poisson"]


class Poisson(Loss):
    """The mean of p - t ln p: minus the log-likelihood of counts t for predicted rates p, less what p is not in.

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    The logarithm is that of p + 1e-7, as in Keras; predictions are to be positive, as behind softplus or exponential.
    PyTorch's PoissonNLLLoss takes ln p for p unless log_input=False. scikit-learn's deviance is twice this, plus
    what does not depend on p.
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        return ops.mean(y_pred - y_true * ops.log(y_pred + EPSILON), axis=-1)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are counts."""
        super().check(y_true, output_shape)
        check_between(y_true, 0, np.inf, self.name, "Targets are counts or rates; for others take 'mse'.")


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``poisson``."""
    register("poisson", Poisson)
