"""What ``fit`` returns: loss and metrics of each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbnet.training.events import Listener, Run

__all__ = ["History"]


class History(Listener):
    """Loss and metrics of each epoch.

    Attributes
    ----------
    history : dict of str to list of float
        ``"loss"``, the metrics, and ``"val_loss"`` and so on: one number an epoch.
    epoch : list of int
        The epochs, counted from 0.
    model : Model
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, run: Run, epoch: int, logs: Mapping[str, float]) -> None:
        """Keep the numbers."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.history.items())
        return f"<History of {len(self.epoch)} epoch{'s' * (len(self.epoch) != 1)}{': ' + last if last else ''}>"
