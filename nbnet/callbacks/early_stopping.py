"""Ending training when it does not get better any more."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.callbacks.callback import Logs
from nbnet.callbacks.monitor_callback import MonitorCallback
from nbnet.hookspecs import Register, hookimpl

__all__ = ["EarlyStopping"]


class EarlyStopping(MonitorCallback):
    """End training after some epochs without improvement.

    Parameters
    ----------
    monitor : str
        The number to watch, by its name in the logs.
    min_delta : float
        A smaller change is no improvement.
    patience : int >= 0
        How many epochs may pass without improvement; with 0 or 1 the first one ends training.
    verbose : int
        Other than 0: print when training is ended, and which weights are restored.
    mode : "auto", "min" or "max"
        Whether less or more is better.
    baseline : float, optional
        What an improvement has to be better than, too, for the waiting to start anew.
    restore_best_weights : bool
        Give the model the weights of its best epoch when training ends, in whatever way; also where no epoch was better
        than `baseline`. The optimizer stays as it is.
    start_from_epoch : int >= 0
        Epochs before this one, counted from 0, are not looked at.

    Attributes
    ----------
    stopped_epoch : int
        The epoch, counted from 0, after which training was ended; 0 when it was not.
    best : float or None
    best_epoch : int
    best_weights : list of ndarray or None

    Raises
    ------
    DataError, UnknownNameError
        When there is no such number.

    References
    ----------
    L. Prechelt, "Early Stopping - But When?", in Neural Networks: Tricks of the Trade, 1998, section 2: the third class
    of stopping criteria.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        for name, value in (("patience", patience), ("start_from_epoch", start_from_epoch)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
                raise ValueError(f"EarlyStopping expects {name} to be a number of epochs >= 0; received {value!r}.")
        self.patience = int(patience)
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = int(start_from_epoch)
        self._begin()

    def _begin(self) -> None:
        """Forget an earlier training."""
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier training."""
        self.require_monitor()
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare, and end training when the patience is over."""
        current = self.monitored(epoch, logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._keep(epoch)  # of some epoch, in case none is an improvement
        self.wait += 1
        if self.is_improvement(current, self.best):
            self.best = current
            self._keep(epoch)
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Restore the best weights."""
        if self.stopped_epoch > 0 and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping", flush=True)
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                print(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.", flush=True)
            self.model.set_weights(self.best_weights)

    def _keep(self, epoch: int) -> None:
        """Remember an epoch as the best one."""
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``early_stopping``."""
    register("early_stopping", EarlyStopping)
