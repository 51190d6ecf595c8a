"""Kullback-Leibler divergence."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import EPSILON, check_between
from nbnet.losses.loss import Loss, aligned

__all__ = ["KLDivergence"]


class KLDivergence(Loss):
    """Σ t ln(t / p): how far predicted probabilities p are from target probabilities t.

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    Both count as at least 1e-7 and at most 1, as in Keras. It is the cross-entropy less the entropy of the targets,
    so both have the same gradient; behind a softmax 'categorical_crossentropy' is computed from logits and is exact.
    PyTorch's KLDivLoss takes ln p for p and by default averages over all elements.

    References
    ----------
    Kullback and Leibler 1951, "On information and sufficiency".
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The sum over the last axis."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        t, p = (ops.minimum(ops.maximum(y, EPSILON), 1.0) for y in (y_true, y_pred))
        return ops.sum(t * (ops.log(t) - ops.log(p)), axis=-1)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are probabilities."""
        super().check(y_true, output_shape)
        check_between(y_true, 0, 1, self.name, "Give probabilities: divide each row by its sum.")


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``kl_divergence`` and ``kld``, ``kullback_leibler_divergence``."""
    register("kl_divergence", KLDivergence)
    register("kld", KLDivergence)
    register("kullback_leibler_divergence", KLDivergence)
