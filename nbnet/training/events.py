"""The events of training, and who listens to them: progress bars, files of metrics, checkpoints, early stops."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbnet.errors import ArgumentError
from nbnet.training.keras_style import KerasStyle, check_signature, is_keras_style, keras_methods, named
from nbnet.training.unheard import is_heard, unheard

__all__ = ["Listener", "Run", "call_each", "ends_quietly", "require_listeners", "tell", "tell_all", "who_hears"]


@dataclass
class Run:
    """One call of ``fit`` in progress.

    Attributes
    ----------
    model : Model
    epochs : int
        How many are asked for.
    batches : int or None
        How many an epoch has; None while nobody knows.
    epoch, batch : int
        The ones in progress, counted from 0.
    samples : int
        How many samples of this epoch have been trained on.
    logs : dict of str to float
        Loss and metrics so far in this epoch; at its end with those of the validation data.
    stop : bool
        Set it to end training after the step, or the epoch, in progress.
    validates : bool or None
        Whether there are validation data; None where that is not said.
    verbose : int
        How much ``fit`` shows: 0, 1 or 2.
    """

    model: Any
    epochs: int
    batches: int | None
    epoch: int = 0
    batch: int = 0
    samples: int = 0
    logs: dict[str, float] = field(default_factory=dict)
    stop: bool = False
    validates: bool | None = None
    verbose: int = 0


class Listener:
    """What a listener may define; each of these does nothing here. Any object with some of them will do."""

    @unheard
    def on_train_begin(self, run: Run) -> None:
        """Before the first epoch."""

    @unheard
    def on_epoch_begin(self, run: Run, epoch: int) -> None:
        """Before the first step of an epoch, counted from 0."""

    @unheard
    def on_batch_begin(self, run: Run, batch: int) -> None:
        """Before a step."""

    @unheard
    def on_batch_end(self, run: Run, batch: int, logs: Mapping[str, float]) -> None:
        """After a step; `logs` are the means of this epoch so far."""

    @unheard
    def on_test_begin(self, run: Run) -> None:
        """Before the validation data are evaluated."""

    @unheard
    def on_test_end(self, run: Run, logs: Mapping[str, float]) -> None:
        """After the validation data were evaluated; `logs` are their loss and metrics, without ``val_``."""

    @unheard
    def on_epoch_end(self, run: Run, epoch: int, logs: Mapping[str, float]) -> None:
        """After the last step of an epoch and its validation (``val_loss``, …)."""

    @unheard
    def on_non_finite(self, run: Run, error: ArithmeticError) -> bool:
        """When loss or gradients are NaN or infinite, and nothing was written; True ends training without the error."""
        return False

    @unheard
    def on_train_end(self, run: Run) -> None:
        """After the last epoch; also when training ends by an error or Ctrl-C."""


# Event → what a listener is called with.
_EVENTS = {
    name: tuple(inspect.signature(method).parameters)[1:]
    for name, method in vars(Listener).items()
    if name.startswith("on_")
}

_OR_KERAS = ", or derive the class from nbnet.callbacks.Callback, whose methods take what Keras' do"


def require_listeners(hooks: Any) -> list[Any]:
    """`hooks` as a list of listeners to the events above.

    Parameters
    ----------
    hooks : iterable of object or str, one of them, or None
        Objects with some of the methods of :class:`Listener`; callbacks with Keras' signature, which are those with a
        method ``set_model``; registered names such as ``"early_stopping"``.

    Returns
    -------
    list

    Raises
    ------
    ArgumentError
        When one of them defines no event, and so would never be told anything, or an event with other arguments.
    UnknownNameError
        When a name is not registered.
    """
    if hooks is None:
        return []
    listed = list(hooks) if isinstance(hooks, Iterable) and not isinstance(hooks, str) else [hooks]
    return [_listener(hook) for hook in listed]


def _listener(hook: Any) -> Any:
    """One hook as a listener."""
    if isinstance(hook, str):
        hook = named(hook)
    if is_keras_style(hook):
        adapted = KerasStyle(hook)
        if adapted.hears:
            return adapted
    elif not isinstance(hook, type) and any(callable(getattr(hook, event, None)) for event in _EVENTS):
        for event, arguments in _EVENTS.items():
            check_signature(hook, event, arguments, _OR_KERAS)
        return hook
    known = keras_methods() if is_keras_style(hook) else list(_EVENTS)
    meant = f" Give an object, {hook.__name__}(...), not its class." if isinstance(hook, type) else ""
    raise ArgumentError(
        f"fit expects callbacks and hooks with at least one of the methods {', '.join(known)}; received "
        f"{hook!r}.{meant}"
    )


def who_hears(listeners: Iterable[Any], event: str) -> list[Callable[..., Any]]:
    """The methods to call at an event, without those that do nothing."""
    return [getattr(listener, event) for listener in listeners if is_heard(getattr(listener, event, None))]


def call_each(heard: Iterable[Callable[..., Any]], run: Run, *args: Any) -> None:
    """Call the methods that :func:`who_hears` found; an error carries a note of whose it is."""
    for hear in heard:
        try:
            hear(run, *args)
        except Exception as error:
            _sign(error, hear, run)
            raise


def tell(listeners: Iterable[Any], event: str, run: Any, *args: Any) -> None:
    """Tell an event to all listeners that know it; the first error ends that."""
    call_each(who_hears(listeners, event), run, *args)


def tell_all(listeners: Iterable[Any], event: str, run: Any, *args: Any) -> None:
    """Tell an event to all listeners, also after one of them has failed; then raise the first error.

    This is how ``on_train_end`` is told: files are closed and weights saved whatever else goes wrong.
    """
    first: BaseException | None = None
    for hear in who_hears(listeners, event):
        try:
            call_each([hear], run, *args)
        except BaseException as error:
            first = first or error
    if first is not None:
        raise first


def ends_quietly(listeners: Iterable[Any], run: Run, error: ArithmeticError) -> bool:
    """Whether a listener takes a step that was not finite as the end of training, in place of an error.

    All are told. If one of them answers True, ``run.stop`` is set.
    """
    answers = [hear(run, error) for hear in who_hears(listeners, "on_non_finite")]
    if any(answers):
        run.stop = True
    return any(answers)


def _sign(error: BaseException, hear: Callable[..., Any], run: Any) -> None:
    """Add to an error which callback raised it, and when."""
    owner = getattr(hear, "__self__", None)
    owner = getattr(owner, "callback", owner)
    event = getattr(hear, "__name__", "an event")
    when = f" in epoch {run.epoch + 1} of {run.epochs}" if isinstance(run, Run) else ""
    error.add_note(f"The callback {type(owner).__name__} raised this at {event}{when}.")
