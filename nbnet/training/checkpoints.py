"""best.nbnet and last.nbnet: the weights that were best so far, and the newest ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.training.events import Listener

__all__ = ["Checkpoints"]


class Checkpoints(Listener):
    """Save the model at the end of each epoch, and keep the best one beside.

    Parameters
    ----------
    best, last : Path
        The files.

    Attributes
    ----------
    epochs : int
        How many epochs have ended.
    best_epoch : int or None
        The epoch of the best weights, counted from 1; the newest where nothing is validated.
    validation : dict of str to float or None
        Loss and metrics of that epoch on the validation samples.

    Notes
    -----
    Best is the lowest ``val_loss``; of equals, the first. Where nothing is validated, the newest weights are taken, as
    a training loss is measured on weights that moved meanwhile: the two files are then the same.
    """

    def __init__(self, best: Path, last: Path) -> None:
        self._best_path = best
        self._last_path = last
        self._lowest = math.inf
        self._weights: list[np.ndarray] | None = None
        self.epochs = 0
        self.best_epoch: int | None = None
        self.validation: dict[str, float] | None = None

    def on_epoch_end(self, run: Any, epoch: int, logs: Mapping[str, float]) -> None:
        """Save what the epoch ended with."""
        self.epochs = epoch + 1
        run.model.save(self._last_path)
        loss = logs.get("val_loss")
        if loss is None:
            if self._weights is None:  # else the validated ones stay, where not every epoch is validated
                self.best_epoch = epoch + 1
            return
        if self._weights is None or loss < self._lowest:
            self._lowest, self.best_epoch = math.inf if math.isnan(loss) else loss, epoch + 1
            self._weights = run.model.get_weights()
            found = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
            self.validation = found or None
            run.model.save(self._best_path)

    def on_train_end(self, run: Any) -> None:
        """Save also what an epoch that was cut short ended with."""
        run.model.save(self._last_path)
        if self._weights is None:
            run.model.save(self._best_path)

    def restore_best(self, model: Any) -> None:
        """Give `model` the best weights."""
        if self._weights is not None:
            model.set_weights(self._weights)
