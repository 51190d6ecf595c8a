"""The hinge losses as metrics."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.categorical_hinge import CategoricalHinge as CategoricalLoss
from nbnet.losses.hinge import Hinge as HingeLoss
from nbnet.losses.squared_hinge import SquaredHinge as SquaredLoss
from nbnet.metrics.metric import LossMetric

__all__ = ["CategoricalHinge", "Hinge", "SquaredHinge"]


class Hinge(LossMetric):
    """The mean of max(1 - y_true y_pred, 0); targets are -1 and 1, or 0 and 1.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(HingeLoss(), name)


class SquaredHinge(LossMetric):
    """The mean of max(1 - y_true y_pred, 0)²; targets are -1 and 1, or 0 and 1.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(SquaredLoss(), name)


class CategoricalHinge(LossMetric):
    """The mean of max(neg - pos + 1, 0), as the loss of that name; targets are one-hot rows.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(CategoricalLoss(), name)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``hinge``, ``squared_hinge`` and ``categorical_hinge``."""
    register("hinge", Hinge)
    register("squared_hinge", SquaredHinge)
    register("categorical_hinge", CategoricalHinge)
