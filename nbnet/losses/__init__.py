"""Losses: what training makes small, each a function of (y_true, y_pred) over ops."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.losses.binary_crossentropy import BinaryCrossentropy
from nbnet.losses.binary_focal_crossentropy import BinaryFocalCrossentropy
from nbnet.losses.categorical_crossentropy import CategoricalCrossentropy
from nbnet.losses.categorical_focal_crossentropy import CategoricalFocalCrossentropy
from nbnet.losses.categorical_hinge import CategoricalHinge
from nbnet.losses.cosine_similarity import CosineSimilarity
from nbnet.losses.hinge import Hinge
from nbnet.losses.huber import Huber
from nbnet.losses.kl_divergence import KLDivergence
from nbnet.losses.log_cosh import LogCosh
from nbnet.losses.loss import FunctionLoss, Loss, WeightedSum
from nbnet.losses.mae import MeanAbsoluteError
from nbnet.losses.mape import MeanAbsolutePercentageError
from nbnet.losses.mse import MeanSquaredError
from nbnet.losses.msle import MeanSquaredLogarithmicError
from nbnet.losses.poisson import Poisson
from nbnet.losses.reduction import require_number
from nbnet.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy
from nbnet.losses.squared_hinge import SquaredHinge

MSE = MeanSquaredError
MAE = MeanAbsoluteError
MAPE = MeanAbsolutePercentageError
MSLE = MeanSquaredLogarithmicError

__all__ = [
    "MAE",
    "MAPE",
    "MSE",
    "MSLE",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "FunctionLoss",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "WeightedSum",
    "get",
    "require_number",
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
