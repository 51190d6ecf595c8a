"""Metrics: what is reported of training, accumulated inside the step."""

from __future__ import annotations

from typing import Any

from nbnet import losses, registry
from nbnet.configurable import resolve
from nbnet.errors import UnknownNameError
from nbnet.metrics.accuracy import Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from nbnet.metrics.auc import AUC
from nbnet.metrics.confusion_matrix import ConfusionMatrix
from nbnet.metrics.counts import FalseNegatives, FalsePositives, TrueNegatives, TruePositives
from nbnet.metrics.errors import (
    CosineSimilarity,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    RootMeanSquaredError,
)
from nbnet.metrics.f_score import F1Score, FBetaScore
from nbnet.metrics.hinge import CategoricalHinge, Hinge, SquaredHinge
from nbnet.metrics.metric import FunctionMetric, LossMetric, Mean, MeanMetric, Metric
from nbnet.metrics.precision_recall import Precision, Recall
from nbnet.metrics.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
)
from nbnet.metrics.r2_score import R2Score
from nbnet.metrics.top_k import SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConfusionMatrix",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "FunctionMetric",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "LossMetric",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetric",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "Poisson",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SquaredHinge",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "get",
]


def get(identifier: Any) -> Metric:
    """The metric that `identifier` names.

    Parameters
    ----------
    identifier : str, type, Metric or callable
        A registered name, of a metric or else of a loss, a class, an object, or a function of (y_true, y_pred).

    Returns
    -------
    Metric
        One that was given by name has that name in logs.

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    TypeError
        When it is none of these.
    """
    try:
        found: Metric = resolve(registry.metrics, identifier, Metric, FunctionMetric)
    except UnknownNameError:
        if not _is_loss(identifier):
            raise
        found = FunctionMetric(losses.get(identifier))
    if isinstance(identifier, str):
        found = type(found)(**found.by_name) if found.by_name else found
        found.name = identifier
    return found


def _is_loss(name: str) -> bool:
    """Whether a loss has this name."""
    try:
        losses.get(name)
    except UnknownNameError:
        return False
    return True
