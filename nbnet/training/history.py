"""What ``fit`` returns: loss and metrics of each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbnet.training.events import Listener, Run

__all__ = ["History"]


class History(Listener):
    """Loss and metrics of each epoch.

    Parameters
    ----------
    model : Model, optional
        The model that is trained; the one of the fit that it listens to when None.

    Attributes
    ----------
    history : dict of str to list of float
        ``"loss"``, the metrics, and ``"val_loss"`` and so on: one number, or matrix, an epoch.
    epoch : list of int
        The epochs, counted from 0.
    places : dict of str to list of int
        Where in `epoch` the numbers of each list of `history` belong: those of the validation data may come in some
        epochs only.
    params : dict
        ``"verbose"``, ``"epochs"`` and ``"steps"``, the batches of an epoch.
    model : Model

    Notes
    -----
    One that listens to a second fit begins anew. Numbers of the validation data are there for the epochs that evaluated
    them, so their lists may be shorter.
    """

    def __init__(self, model: Any = None) -> None:
        self.model = model
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.places: dict[str, list[int]] = {}
        self.params: dict[str, Any] = {}

    def on_train_begin(self, run: Run) -> None:
        """Begin anew."""
        self.model = run.model
        self.history, self.epoch, self.places = {}, [], {}
        self.params = {"verbose": run.verbose, "epochs": run.epochs, "steps": run.batches}

    def on_epoch_end(self, run: Run, epoch: int, logs: Mapping[str, float]) -> None:
        """Keep the numbers."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
            self.places.setdefault(name, []).append(len(self.epoch) - 1)

    def __repr__(self) -> str:
        numbers = {name: values[-1] for name, values in self.history.items() if not np.ndim(values[-1])}
        last = ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
        return f"<History of {len(self.epoch)} epoch{'s' * (len(self.epoch) != 1)}{': ' + last if last else ''}>"
