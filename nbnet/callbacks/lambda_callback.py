"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet.callbacks.callback import Callback
from nbnet.errors import ArgumentError, suggest
from nbnet.hookspecs import Register, hookimpl

__all__ = ["LambdaCallback"]


class LambdaCallback(Callback):
    """A callback made of functions.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : callable, optional
        Called with (epoch, logs).
    on_train_begin, on_train_end : callable, optional
        Called with (logs).
    on_train_batch_begin, on_train_batch_end : callable, optional
        Called with (batch, logs).
    **kwargs
        Functions for other methods of :class:`Callback`, e.g. ``on_test_end``.

    Raises
    ------
    ArgumentError
        When there is no such method, or something is no function.

    Examples
    --------
    >>> show = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
    >>> show.on_epoch_end(0, {"loss": 0.5})
    0 0.5
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Callable[..., Any] | None,
    ) -> None:
        functions = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        methods = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in functions.items():
            if name not in methods:
                raise ArgumentError(f"LambdaCallback has no method '{name}'. {suggest(name, methods, noun='method')}")
            if function is not None and not callable(function):
                raise ArgumentError(f"LambdaCallback expects a function as {name}; received {function!r}.")
            if function is not None:
                self.__dict__[name] = function


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``lambda_callback``."""
    register("lambda_callback", LambdaCallback)
