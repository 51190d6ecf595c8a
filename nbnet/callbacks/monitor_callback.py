"""The base of callbacks that watch whether a number improves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbnet import registry
from nbnet.callbacks.callback import Callback, Logs
from nbnet.errors import DataError, UnknownNameError, suggest

__all__ = ["MonitorCallback"]

# Metrics of which more is better, by their usual names in logs.
_UPWARDS = (
    "accuracy", "acc", "auc", "precision", "recall", "f1", "f1_score", "fbeta_score", "r2", "r2_score",
    "cosine_similarity", "top_k", "true_positives", "true_negatives", "specificity", "sensitivity", "iou", "mean_iou",
)  # fmt: skip


class MonitorCallback(Callback):
    """Base of callbacks that watch a number in the logs.

    Parameters
    ----------
    monitor : str
        Its name in the logs: ``"loss"``, a metric's, or either with ``"val_"`` before it.
    mode : "auto", "min" or "max"
        Whether less or more is better; "auto" takes it from the metric.
    baseline : float, optional
        What the first value has to improve on.
    min_delta : float
        A smaller change is no improvement; the sign does not matter.

    Attributes
    ----------
    best : float or None
        The best value so far.

    Notes
    -----
    A value improves on a reference when value < reference - min_delta, with mode "max" when value > reference +
    min_delta. NaN improves on nothing, and everything else on NaN; in Keras nothing improves on a NaN that comes first.

    Where the number is missing Keras warns and goes on without effect. Here it is an error, unless the validation data
    are evaluated in other epochs only (``validation_freq``).
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0.0
    ) -> None:
        name = type(self).__name__
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"{name} expects mode 'auto', 'min' or 'max'; received {mode!r}.")
        if not isinstance(monitor, str) or not monitor:
            raise ValueError(f"{name} expects monitor= to be a name such as 'val_loss'; received {monitor!r}.")
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self._upwards = {"min": False, "max": True}.get(mode)

    def require_monitor(self) -> None:
        """Look, before training begins, at what is known by then.

        Raises
        ------
        DataError
            When a number of the validation data is monitored and there are none.
        ValueError
            When nothing says whether less or more of a compiled metric is better.
        """
        if self.monitor.startswith("val_") and self.params.get("do_validation") is False:
            raise DataError(
                f"{type(self).__name__} monitors '{self.monitor}', but fit has no validation data. Give "
                f"validation_data=(x, y) or validation_split=0.2, or monitor='{self.monitor.removeprefix('val_')}'."
            )
        if any(metric.name == self.monitor.removeprefix("val_") for metric in getattr(self.model, "metrics", ())):
            self._more_is_better()

    def monitored(self, epoch: int, logs: Logs) -> float | None:
        """The number in the logs of an epoch.

        Parameters
        ----------
        epoch : int
        logs : mapping of str to float, or None

        Returns
        -------
        float or None
            None for an epoch in which the validation data were not evaluated.

        Raises
        ------
        UnknownNameError
            When there is no such number; the message lists those that there are.
        ValueError
            When it is a matrix.
        """
        logs = logs or {}
        if self.monitor in logs:
            value = logs[self.monitor]
            if np.ndim(value):
                raise ValueError(
                    f"{type(self).__name__} monitors a number; '{self.monitor}' has shape {np.shape(value)}."
                )
            return float(value)
        not_now = self.monitor.startswith("val_") and not any(name.startswith("val_") for name in logs)
        if not_now and self.params.get("do_validation"):
            return None
        raise UnknownNameError(
            f"{type(self).__name__} monitors '{self.monitor}', which epoch {epoch + 1} did not report. "
            + suggest(self.monitor, logs, noun="number")
            + (" Give fit validation_data=(x, y) or validation_split=0.2." if not_now else "")
        )

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether a value is better than a reference by more than `min_delta`; None is the worst of all."""
        if math.isnan(value):
            return False
        if reference is None or math.isnan(reference):
            return True
        if self._more_is_better():
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def _more_is_better(self) -> bool:
        """Which way the number shall go, looked up once."""
        if self._upwards is None:
            self._upwards = self._direction()
        return self._upwards

    def _direction(self) -> bool:
        """Whether more is better, by the metric or by its name."""
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return False
        for metric in getattr(self.model, "metrics", ()):
            direction = getattr(metric, "direction", None) if metric.name == name else None
            if direction in ("up", "down"):
                return bool(direction == "up")
        for known, upwards in _known_directions().items():
            if name == known or name.endswith(f"_{known}"):  # a metric of one of several outputs
                return upwards
        raise ValueError(
            f"{type(self).__name__} cannot tell whether less or more of '{self.monitor}' is better. Give mode='min' "
            "or mode='max'."
        )


def _known_directions() -> dict[str, bool]:
    """Name → whether more is better, of the usual metrics, and of losses used as metrics; long names first."""
    known: dict[str, Any] = dict.fromkeys(registry.losses.names(), False)
    known |= dict.fromkeys(("rmse", "root_mean_squared_error", "false_positives", "false_negatives"), False)
    known |= dict.fromkeys(_UPWARDS, True)
    return dict(sorted(known.items(), key=lambda item: -len(item[0])))
