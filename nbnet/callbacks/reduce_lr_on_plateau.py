"""A smaller learning rate when training does not get better any more."""

from __future__ import annotations

import numpy as np

from nbnet.callbacks.callback import Logs
from nbnet.callbacks.learning_rate import require_settable
from nbnet.callbacks.monitor_callback import MonitorCallback
from nbnet.hookspecs import Register, hookimpl

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by a factor after some epochs without improvement.

    Parameters
    ----------
    monitor : str
        The number to watch, by its name in the logs.
    factor : float in (0, 1)
    patience : int >= 0
        How many epochs without improvement lead to a smaller rate.
    verbose : int
        Other than 0: print each new rate.
    mode : "auto", "min" or "max"
        Whether less or more is better.
    min_delta : float
        A smaller change is no improvement.
    cooldown : int >= 0
        Epochs after a reduction in which none is counted as one without improvement.
    min_lr : float >= 0
        The rate never gets smaller.

    Raises
    ------
    DataError, UnknownNameError
        When there is no such number.
    ArgumentError
        When the learning rate is a schedule.

    Notes
    -----
    The logs get ``"learning_rate"``, the rate of the epoch that has ended, as in Keras. PyTorch's scheduler of this
    name reduces one epoch later (after more than `patience` bad epochs), and its threshold is relative by default.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if not 0 < factor < 1:
            raise ValueError(f"ReduceLROnPlateau expects factor in (0, 1); received {factor!r}.")
        if not min_lr >= 0:
            raise ValueError(f"ReduceLROnPlateau expects min_lr >= 0; received {min_lr!r}.")
        for name, value in (("patience", patience), ("cooldown", cooldown)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
                raise ValueError(f"ReduceLROnPlateau expects {name} to be a number of epochs >= 0; received {value!r}.")
        self.factor = float(factor)
        self.patience = int(patience)
        self.verbose = verbose
        self.cooldown = int(cooldown)
        self.min_lr = float(min_lr)
        self.wait = 0
        self.cooldown_counter = 0

    def in_cooldown(self) -> bool:
        """Whether a reduction was so recent that nothing is counted."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier training."""
        self.require_monitor()
        require_settable(self.model, self)
        self.best = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare, and reduce the rate when the patience is over."""
        logs = {} if logs is None else logs
        rate = self.model.optimizer.learning_rate
        logs["learning_rate"] = rate
        current = self.monitored(epoch, logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                self._reduce(epoch, rate)

    def _reduce(self, epoch: int, rate: float) -> None:
        """Set the smaller rate."""
        self.model.optimizer.learning_rate = smaller = max(rate * self.factor, self.min_lr)
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose:
            print(f"Epoch {epoch + 1}: reducing the learning rate to {smaller:g}.", flush=True)


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``reduce_lr_on_plateau``."""
    register("reduce_lr_on_plateau", ReduceLROnPlateau)
