"""Callbacks by name, and callbacks with Keras' signature as listeners to the events of training."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbnet import registry
from nbnet.errors import ArgumentError
from nbnet.training.unheard import is_heard

if TYPE_CHECKING:
    from nbnet.training.events import Run

__all__ = ["KerasStyle", "check_signature", "is_keras_style", "keras_methods", "named"]

# Event → the methods that stand for it, the first that does something; and what they are called with.
_METHODS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "on_train_begin": (("on_train_begin",), ("logs",)),
    "on_epoch_begin": (("on_epoch_begin",), ("epoch", "logs")),
    "on_batch_begin": (("on_train_batch_begin", "on_batch_begin"), ("batch", "logs")),
    "on_batch_end": (("on_train_batch_end", "on_batch_end"), ("batch", "logs")),
    "on_test_begin": (("on_test_begin",), ("logs",)),
    "on_test_end": (("on_test_end",), ("logs",)),
    "on_epoch_end": (("on_epoch_end",), ("epoch", "logs")),
    "on_non_finite": (("on_non_finite",), ("error",)),
    "on_train_end": (("on_train_end",), ("logs",)),
}
_NEVER_TOLD = ("on_test_batch_begin", "on_test_batch_end")


def is_keras_style(hook: Any) -> bool:
    """Whether an object is a callback as Keras has them: a model is set, and methods take ``logs``."""
    return not isinstance(hook, type) and callable(getattr(hook, "set_model", None))


def keras_methods() -> list[str]:
    """The methods of a callback with Keras' signature that are called."""
    return [name for names, _ in _METHODS.values() for name in names]


def named(identifier: Any) -> Any:
    """The callback that a registered name stands for, made without arguments.

    Parameters
    ----------
    identifier : str or type
        ``"early_stopping"`` and ``"EarlyStopping"`` are the same.

    Returns
    -------
    Callback or Listener

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    ArgumentError
        When the callback cannot be made without arguments.
    """
    made_of = identifier
    if isinstance(identifier, str):
        flat = {name.replace("_", ""): name for name in registry.callbacks.names()}
        made_of = registry.callbacks.get(
            identifier if identifier in registry.callbacks else flat.get(_flat(identifier), identifier)
        )
    try:
        needed = [
            item.name
            for item in inspect.signature(made_of).parameters.values()
            if item.default is item.empty and item.kind in (item.POSITIONAL_OR_KEYWORD, item.KEYWORD_ONLY)
        ]
    except ValueError:  # a class that does not say what it takes
        needed = []
    if needed:
        name = made_of.__name__
        raise ArgumentError(
            f"The callback {identifier!r} needs {' and '.join(needed)}; give an object: {name}({needed[0]}=...)."
        )
    return made_of()


def _flat(name: str) -> str:
    """A class's name as its registered one without underscores: ``ReduceLROnPlateau`` has no other plain rule."""
    return name.replace("_", "").lower()


def check_signature(owner: Any, name: str, arguments: tuple[str, ...], advice: str = "") -> None:
    """Raise an ArgumentError when the method `name` cannot be called with `arguments`."""
    method = getattr(owner, name, None)
    if not callable(method):
        return
    try:
        signature = inspect.signature(method)
    except ValueError:  # a compiled function does not say what it takes
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        raise ArgumentError(
            f"{type(owner).__name__} defines {name}{signature}, but is called with ({', '.join(arguments)}). Let it "
            f"take these{advice}."
        ) from None


class KerasStyle:
    """A listener that passes the events on to a callback with Keras' signature.

    Parameters
    ----------
    callback : object
        With ``set_model`` and some of Keras' methods, usually a :class:`nbnet.callbacks.Callback`.

    Raises
    ------
    ArgumentError
        When the callback waits for batches of the validation data, which are not told.

    Notes
    -----
    An event that the callback does not listen to is None here, so nobody calls it. After each event
    ``model.stop_training`` is looked at; True ends training as ``run.stop`` does.
    """

    def __init__(self, callback: Any) -> None:
        for method in _NEVER_TOLD:
            if is_heard(getattr(callback, method, None)):
                raise ArgumentError(
                    f"{type(callback).__name__} defines {method}, which is never told: the validation data are "
                    "evaluated at once. Use on_test_begin and on_test_end."
                )
        self.callback = callback
        self._heard: dict[str, Any] = {}
        for event, (names, arguments) in _METHODS.items():
            name = next((name for name in names if is_heard(getattr(callback, name, None))), None)
            self._heard[event] = None if name is None else getattr(callback, name)
            if name is not None:
                check_signature(callback, name, arguments)
            elif event != "on_train_begin":  # where the model is set in any case
                setattr(self, event, None)

    @property
    def hears(self) -> bool:
        """Whether there is an event that the callback listens to."""
        return any(self._heard.values())

    def on_train_begin(self, run: Run) -> None:
        """Give the callback the model and the settings of the fit."""
        set_params = getattr(self.callback, "set_params", None)
        if callable(set_params):
            set_params(
                {"verbose": run.verbose, "epochs": run.epochs, "steps": run.batches, "do_validation": run.validates}
            )
        self.callback.set_model(run.model)
        if self._heard["on_train_begin"] is not None:
            self._tell(run, "on_train_begin", {})

    def on_epoch_begin(self, run: Run, epoch: int) -> None:
        """Pass it on."""
        self._tell(run, "on_epoch_begin", epoch, {})

    def on_batch_begin(self, run: Run, batch: int) -> None:
        """Pass it on."""
        self._tell(run, "on_batch_begin", batch, {})

    def on_batch_end(self, run: Run, batch: int, logs: Mapping[str, float]) -> None:
        """Pass it on."""
        self._tell(run, "on_batch_end", batch, logs)

    def on_test_begin(self, run: Run) -> None:
        """Pass it on."""
        self._tell(run, "on_test_begin", {})

    def on_test_end(self, run: Run, logs: Mapping[str, float]) -> None:
        """Pass it on."""
        self._tell(run, "on_test_end", logs)

    def on_epoch_end(self, run: Run, epoch: int, logs: Mapping[str, float]) -> None:
        """Pass it on, with the logs themselves: a callback may add to them."""
        self._tell(run, "on_epoch_end", epoch, logs)

    def on_non_finite(self, run: Run, error: ArithmeticError) -> bool:
        """Pass it on."""
        return bool(self._tell(run, "on_non_finite", error))

    def on_train_end(self, run: Run) -> None:
        """Pass it on, with the logs of the last epoch."""
        self._tell(run, "on_train_end", dict(run.logs))

    def _tell(self, run: Run, event: str, *args: Any) -> Any:
        """Call the callback, and see whether it ended training."""
        answer = self._heard[event](*args)
        if getattr(run.model, "stop_training", False):
            run.stop = True
        return answer

    def __repr__(self) -> str:
        return repr(self.callback)
