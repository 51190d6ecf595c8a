"""What is said of a keyword argument that a class or function does not take."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from nbnet.errors import ArgumentError, suggest

__all__ = ["named_arguments", "refuse_unknown"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Arguments of Keras that do not exist here → what to do instead.
_ABSENT: dict[str, str] = {
    "auto_scale_loss": "numbers are float32, which needs no scaling of the loss",
    "loss_scale_factor": "numbers are float32, which needs no scaling of the loss",
    "jit_compile": "every step is compiled",
    "steps_per_execution": "a step is one call into compiled code",
}

# Old or short names → the argument that is meant.
_ALIASES = {"init": "kernel_initializer", "lr": "learning_rate", "nb_epoch": "epochs", "output_dim": "units"}


def refuse_unknown(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise an ArgumentError for the first of the given arguments that is not known.

    Parameters
    ----------
    owner : str
        The class or function as the user calls it.
    given, known : iterable of str
        Names of arguments.
    """
    names = set(known)
    for argument in given:
        if argument in names:
            continue
        meant = _ALIASES.get(argument)
        if meant in names:
            raise ArgumentError(f"{owner} takes no argument '{argument}'. Did you mean '{meant}'?")
        if argument in _ABSENT:
            raise ArgumentError(
                f"{owner} takes no argument '{argument}': it is not available in this version; {_ABSENT[argument]}."
            )
        raise ArgumentError(f"{owner} takes no argument '{argument}'. {suggest(argument, names, noun='argument')}")


def named_arguments(function: _Function) -> _Function:
    """Let a function answer an unknown keyword argument with what was probably meant."""
    parameters = frozenset([item.name for item in inspect.signature(function).parameters.values()][1:])

    @functools.wraps(function)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs and not parameters.issuperset(kwargs):
            refuse_unknown(f"{function.__name__}()", kwargs, parameters)
        return function(self, *args, **kwargs)

    return checked  # type: ignore[return-value]
