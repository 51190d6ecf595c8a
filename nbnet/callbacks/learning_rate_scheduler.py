"""A learning rate that is set at the begin of each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet.callbacks.callback import Callback, Logs
from nbnet.callbacks.learning_rate import require_settable
from nbnet.hookspecs import Register, hookimpl

__all__ = ["LearningRateScheduler"]


class LearningRateScheduler(Callback):
    """Set the learning rate at the begin of each epoch to what a function says.

    Parameters
    ----------
    schedule : callable
        ``schedule(epoch, learning_rate)`` or ``schedule(epoch)`` with the epoch, counted from 0, and the rate so far;
        returns the new rate, a number >= 0. A schedule of ``nbnet.schedules`` will do: its steps are then epochs.
    verbose : int
        Other than 0: print each rate.

    Raises
    ------
    ArgumentError
        When the optimizer's learning rate is a schedule already.
    ValueError
        When the function returns no such number.

    Notes
    -----
    The logs get ``"learning_rate"``, as in Keras. To change the rate with each step, give the optimizer a schedule.
    """

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(
                f"LearningRateScheduler expects a function of (epoch, learning_rate); received {schedule!r}."
            )
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Look whether the rate can be set."""
        require_settable(self.model, self)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Set the rate."""
        optimizer = self.model.optimizer
        rate = self.schedule(epoch, optimizer.learning_rate) if self._takes_rate else self.schedule(epoch)
        plain = isinstance(rate, (int, float, np.number)) or (isinstance(rate, np.ndarray) and rate.ndim == 0)
        if isinstance(rate, bool) or not plain or not np.isfinite(rate) or rate < 0:
            raise ValueError(
                f"LearningRateScheduler expects its function to return a learning rate >= 0; received {rate!r} for "
                f"epoch {epoch} (counted from 0)."
            )
        optimizer.learning_rate = float(rate)
        if self.verbose:
            print(f"Epoch {epoch + 1}: setting the learning rate to {float(rate):g}.", flush=True)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Report the rate."""
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


def _takes_two(function: Callable[..., Any]) -> bool:
    """Whether a function takes the rate beside the epoch."""
    try:
        inspect.signature(function).bind(0, 0.1)
    except TypeError:
        return False
    except ValueError:  # a compiled function does not say what it takes
        return True
    return True


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``learning_rate_scheduler``."""
    register("learning_rate_scheduler", LearningRateScheduler)
