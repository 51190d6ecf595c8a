"""Callbacks: what happens beside training, at its events."""

from __future__ import annotations

from typing import Any

from nbnet.callbacks.callback import Callback
from nbnet.callbacks.csv_logger import CSVLogger
from nbnet.callbacks.early_stopping import EarlyStopping
from nbnet.callbacks.history import History
from nbnet.callbacks.lambda_callback import LambdaCallback
from nbnet.callbacks.learning_rate_scheduler import LearningRateScheduler
from nbnet.callbacks.model_checkpoint import ModelCheckpoint
from nbnet.callbacks.monitor_callback import MonitorCallback
from nbnet.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from nbnet.callbacks.swap_ema_weights import SwapEMAWeights
from nbnet.callbacks.terminate_on_nan import TerminateOnNaN
from nbnet.training.keras_style import named

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "MonitorCallback",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TerminateOnNaN",
    "get",
]


def get(identifier: Any) -> Any:
    """The callback that `identifier` names.

    Parameters
    ----------
    identifier : str, type or object
        A registered name such as ``"early_stopping"``, a class, or a callback.

    Returns
    -------
    Callback or Listener
        A new one for a name or a class, made without arguments.

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    ArgumentError
        When the callback cannot be made without arguments.
    """
    return named(identifier) if isinstance(identifier, (str, type)) else identifier
