"""Metrics: what is reported of training, accumulated inside the step."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.metrics.accuracy import Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from nbnet.metrics.errors import MeanAbsoluteError, MeanSquaredError
from nbnet.metrics.metric import FunctionMetric, Mean, MeanMetric, Metric

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "FunctionMetric",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetric",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "get",
]


def get(identifier: Any) -> Metric:
    """The metric that `identifier` names.

    Parameters
    ----------
    identifier : str, type, Metric or callable
        A registered name, a class, an object, or a function of (y_true, y_pred).

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
    found: Metric = resolve(registry.metrics, identifier, Metric, FunctionMetric)
    if isinstance(identifier, str):
        found.name = identifier
    return found
