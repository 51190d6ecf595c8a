"""Losses: what training makes small, each a function of (y_true, y_pred) over ops."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.losses.binary_crossentropy import BinaryCrossentropy
from nbnet.losses.categorical_crossentropy import CategoricalCrossentropy
from nbnet.losses.hinge import Hinge
from nbnet.losses.loss import FunctionLoss, Loss, WeightedSum
from nbnet.losses.mae import MeanAbsoluteError
from nbnet.losses.mse import MeanSquaredError
from nbnet.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy

MSE = MeanSquaredError
MAE = MeanAbsoluteError

__all__ = [
    "MAE",
    "MSE",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "FunctionLoss",
    "Hinge",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "WeightedSum",
    "get",
]


def get(identifier: Any) -> Loss:
    """The loss that `identifier` names.

    Parameters
    ----------
    identifier : str, type, Loss or callable
        A registered name, a class, an object, or a function of (y_true, y_pred).

    Returns
    -------
    Loss

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    TypeError
        When it is none of these.
    """
    found: Loss = resolve(registry.losses, identifier, Loss, FunctionLoss)
    return found
