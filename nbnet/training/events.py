"""The events of training, and who listens to them: progress bars, files of metrics, checkpoints, early stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbnet.errors import ArgumentError

__all__ = ["Listener", "Run", "require_listeners", "tell", "who_hears"]


@dataclass
class Run:
    """One call of ``fit`` in progress.

    Attributes
    ----------
    model : Model
    epochs : int
        How many are asked for.
    batches : int
        How many an epoch has.
    epoch, batch : int
        The ones in progress, counted from 0.
    samples : int
        How many samples of this epoch have been trained on.
    logs : dict of str to float
        Loss and metrics so far in this epoch; at its end with those of the validation data.
    stop : bool
        Set it to end training after the step, or the epoch, in progress.
    """

    model: Any
    epochs: int
    batches: int
    epoch: int = 0
    batch: int = 0
    samples: int = 0
    logs: dict[str, float] = field(default_factory=dict)
    stop: bool = False


class Listener:
    """What a listener may define; each of these does nothing here. Any object with some of them will do."""

    def on_train_begin(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, run: Run, epoch: int) -> None:
        """Before the first step of an epoch, counted from 0."""

    def on_batch_end(self, run: Run, batch: int, logs: Mapping[str, float]) -> None:
        """After a step; `logs` are the means of this epoch so far."""

    def on_epoch_end(self, run: Run, epoch: int, logs: Mapping[str, float]) -> None:
        """After the last step of an epoch and its validation (``val_loss``, …)."""

    def on_train_end(self, run: Run) -> None:
        """After the last epoch; also when training ends by an error or Ctrl-C."""


_EVENTS = tuple(name for name in vars(Listener) if name.startswith("on_"))


def require_listeners(hooks: Iterable[Any]) -> list[Any]:
    """`hooks` as a list.

    Raises
    ------
    ArgumentError
        When one of them defines no event, and so would never be told anything.
    """
    listed = list(hooks) if isinstance(hooks, Iterable) else [hooks]
    for hook in listed:
        if isinstance(hook, type) or not any(callable(getattr(hook, event, None)) for event in _EVENTS):
            raise ArgumentError(
                f"hooks= expects objects with at least one of the methods {', '.join(_EVENTS)}; received {hook!r}."
            )
    return listed


def who_hears(listeners: Iterable[Any], event: str) -> list[Callable[..., None]]:
    """The methods to call at an event, without those that Listener defines and that do nothing."""
    found = [getattr(listener, event, None) for listener in listeners]
    silent = getattr(Listener, event)
    return [method for method in found if method is not None and getattr(method, "__func__", None) is not silent]


def tell(listeners: Iterable[Any], event: str, *args: Any) -> None:
    """Tell an event to all listeners that know it."""
    for hear in who_hears(listeners, event):
        hear(*args)
