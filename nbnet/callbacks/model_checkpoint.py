"""Saving the model while it is trained."""

from __future__ import annotations

import os
import string
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.callbacks.callback import Logs
from nbnet.callbacks.monitor_callback import MonitorCallback
from nbnet.errors import ArgumentError, DataError, UnknownNameError, suggest
from nbnet.hookspecs import Register, hookimpl

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(MonitorCallback):
    """Save the model after each epoch, after some number of batches, or whenever it got better.

    Parameters
    ----------
    filepath : path-like
        Ends in ``.nbnet``, as all saved models do. May hold names in braces, filled with the epoch and the batch,
        counted from 1, and with the logs: ``"{epoch:02d}-{val_loss:.2f}.nbnet"``. Folders are made.
    monitor : str
        The number to watch where only the best is saved.
    verbose : int
        Other than 0: print what is saved.
    save_best_only : bool
        Save only when `monitor` is better than ever before.
    save_weights_only : bool
        Must be False: a ``.nbnet`` file holds weights, layers and the optimizer, so training can go on from it.
    mode : "auto", "min" or "max"
        Whether less or more is better.
    save_freq : "epoch" or int > 0
        Save at the end of each epoch, or each time that so many batches have been trained on, in whichever epochs.
    initial_value_threshold : float, optional
        What the first value has to be better than.

    Attributes
    ----------
    best : float or None
        The best value so far; it is kept from one fit to the next.

    Raises
    ------
    DataError, UnknownNameError
        When there is no such number, or a name in `filepath` stands for none.
    SavedModelError
        When the file cannot be written; an old file is then left as it was.

    Notes
    -----
    Within an epoch the logs have no numbers of the validation data, so with a number as `save_freq` neither `monitor`
    nor `filepath` may name one. Keras warns there and saves each time.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_freq = save_freq
        self._epoch = 0
        self._batches = 0
        self._fields = _fields(self.filepath)
        if not self.filepath.endswith(".nbnet"):
            raise ValueError(f"ModelCheckpoint writes .nbnet files; received filepath={self.filepath!r}.")
        if save_weights_only:
            raise ArgumentError(
                "ModelCheckpoint takes no save_weights_only=True: a .nbnet file holds the whole model. Its weights are "
                "nbnet.load(path).get_weights()."
            )
        whole = isinstance(save_freq, (int, np.integer)) and not isinstance(save_freq, bool) and save_freq > 0
        if save_freq != "epoch" and not whole:
            raise ValueError(
                f"ModelCheckpoint expects save_freq='epoch' or a number of batches > 0; received {save_freq!r}."
            )
        if save_freq == "epoch" and type(self).on_train_batch_end is ModelCheckpoint.on_train_batch_end:
            self.__dict__["on_train_batch_end"] = super().on_train_batch_end  # unheard: reading the logs takes time

    def on_train_begin(self, logs: Logs = None) -> None:
        """Look at the names that are known not to come."""
        if self.save_best_only:
            self.require_monitor()
        wanted = [*self._fields, *([self.monitor] if self.save_best_only else [])]
        of_validation = next((name for name in wanted if name.startswith("val_")), None)
        if of_validation and self.save_freq != "epoch":
            raise DataError(
                f"ModelCheckpoint with save_freq={self.save_freq} saves within epochs, where '{of_validation}' does "
                "not exist. Use save_freq='epoch', or a number of the training data."
            )
        if of_validation and self.params.get("do_validation") is False:
            raise DataError(
                f"ModelCheckpoint needs '{of_validation}' for its filepath '{self.filepath}', but fit has no "
                "validation data. Give validation_data=(x, y) or validation_split=0.2."
            )
        if "batch" in self._fields and self.save_freq == "epoch":
            raise UnknownNameError(
                f"ModelCheckpoint saves '{self.filepath}' at the end of epochs, which have no {{batch}}. Use {{epoch}} "
                "or give save_freq= a number of batches."
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Remember which epoch it is."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save, if it is time."""
        if self.save_freq == "epoch":
            self._save(epoch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save, if it is time."""
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= int(self.save_freq):
            self._batches = 0
            self._save(self._epoch, {"batch": batch + 1, **(logs or {})})

    def _save(self, epoch: int, logs: Logs) -> None:
        """Save where that is wanted."""
        if self.save_best_only and not self._got_better(epoch, logs):
            return
        path = self._path(epoch, logs or {})
        if self.verbose:
            print(f"Epoch {epoch + 1}: saving the model to {path}", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.model.save(path)

    def _got_better(self, epoch: int, logs: Logs) -> bool:
        """Compare with the best so far."""
        current = self.monitored(epoch, logs)
        if current is None:
            return False
        before = "" if self.best is None else f" from {self.best:.5f}"
        better = self.is_improvement(current, self.best)
        if better:
            self.best = current
        if self.verbose:
            change = f"improved{before} to {current:.5f}" if better else f"did not improve{before}"
            print(f"Epoch {epoch + 1}: {self.monitor} {change}", flush=True)
        return better

    def _path(self, epoch: int, logs: Any) -> Path:
        """The file's name with what its names in braces stand for."""
        known = {"epoch": epoch + 1, **logs}
        for name in self._fields:
            if name not in known:
                raise UnknownNameError(
                    f"ModelCheckpoint's filepath '{self.filepath}' names '{name}', which epoch {epoch + 1} did not "
                    f"report. {suggest(name, known, noun='number')}"
                )
        return Path(self.filepath.format(**known))


def _fields(filepath: str) -> list[str]:
    """The names in braces in a file's name."""
    try:
        found = [field for _, field, _, _ in string.Formatter().parse(filepath) if field is not None]
    except ValueError as error:
        raise ValueError(f"ModelCheckpoint cannot read filepath={filepath!r}: {error}.") from None
    for field in found:
        if not field.isidentifier():
            raise ValueError(
                f"ModelCheckpoint expects names in braces, such as {{epoch:02d}}; received {{{field}}} in {filepath!r}."
            )
    return found


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``model_checkpoint``."""
    register("model_checkpoint", ModelCheckpoint)
