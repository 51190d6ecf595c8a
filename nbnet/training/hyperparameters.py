"""Hyperparameters: the keyword arguments of a model file's functions, set by texts such as ``hidden=128``."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from nbnet.errors import HyperparameterError, ModelFileError, suggest

__all__ = ["bind", "check_known", "parse"]

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


def parse(name: str, text: str, default: Any) -> Any:
    """Turn a text into a value of the type of a default.

    Parameters
    ----------
    name : str
        The hyperparameter, for messages.
    text : str
        What the user wrote.
    default : object
        The value in the function's signature: bool, int, float, str, tuple, list, dict, or None and
        ``inspect.Parameter.empty``, for which the text is read as a Python literal, else as a string.

    Returns
    -------
    object

    Raises
    ------
    HyperparameterError
        When the text is no value of that type.
    """
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise _wrong(name, text, "true or false", default)
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise _wrong(name, text, "an integer", default) from None
    if isinstance(default, float):
        try:
            return float(text)
        except ValueError:
            raise _wrong(name, text, "a number", default) from None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        if default is None or default is inspect.Parameter.empty:
            return text
        raise _wrong(name, text, f"a {type(default).__name__} as Python writes it", default) from None
    if isinstance(default, (tuple, list)) and isinstance(value, (tuple, list)):
        return type(default)(value)
    if default is None or default is inspect.Parameter.empty or isinstance(value, type(default)):
        return value
    raise _wrong(name, text, f"a {type(default).__name__} as Python writes it", default)


def bind(
    function: Callable[..., Any], texts: Mapping[str, str], where: str, recorded: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Choose and type those of `texts` that are keyword arguments of `function`, and fill in its defaults.

    Parameters
    ----------
    function : callable
        ``model`` or ``data`` of a model file.
    texts : mapping of str to str
        Name → text, e.g. from ``--set``.
    where : str
        What it is, for messages, e.g. ``"model.py: model()"``.
    recorded : mapping of str to object, optional
        Values of an earlier run, as JSON gives them back, in place of the defaults of their type.

    Returns
    -------
    dict
        A value for each of its hyperparameters.

    Raises
    ------
    HyperparameterError
        When a text is no value of the default's type.
    ModelFileError
        When an argument has neither a default nor a text.
    """
    values: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise ModelFileError(f"{where} has the positional-only argument '{name}'. Make it a keyword argument.")
        if name in texts:
            values[name] = parse(name, texts[name], parameter.default)
        elif recorded is not None and _fits(recorded.get(name), parameter.default):
            values[name] = _as_default(recorded[name], parameter.default)
        elif parameter.default is parameter.empty:
            raise ModelFileError(
                f"{where} needs a value for '{name}'. Give it a default, as in '{name}=128', or use --set {name}=128."
            )
        else:
            values[name] = parameter.default
    return values


def check_known(texts: Mapping[str, str], functions: Mapping[str, Any], where: str) -> None:
    """Refuse texts that no function of a model file takes.

    Raises
    ------
    HyperparameterError
        With close names, or how to make a hyperparameter where there is none.
    """
    known = {
        name
        for function in functions.values()
        if inspect.isroutine(function)
        for name in inspect.signature(function).parameters
    }
    for name in texts:
        if name in known:
            continue
        if not known:
            raise HyperparameterError(
                f"{where} has no hyperparameter '{name}': its model and data are objects. Make one a function with "
                f"keyword arguments, e.g. def model({name}=...): ...; return model"
            )
        raise HyperparameterError(
            f"{where} has no hyperparameter '{name}'. {suggest(name, known, noun='hyperparameter')}"
        )


def _fits(value: Any, default: Any) -> bool:
    """Whether a value from JSON can stand for a default; what JSON cannot hold has become text or null."""
    if value is None:
        return False
    if default is None or default is inspect.Parameter.empty:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, (int, float))
    return isinstance(value, list if isinstance(default, tuple) else type(default))


def _as_default(value: Any, default: Any) -> Any:
    """JSON's lists as the tuples, and its numbers as the floats, that they were."""
    return type(default)(value) if isinstance(default, (float, tuple)) else value


def _wrong(name: str, text: str, expected: str, default: Any) -> HyperparameterError:
    """The error for a text of the wrong type."""
    return HyperparameterError(
        f"The hyperparameter '{name}' expects {expected}, as its default {default!r} is; received '{text}'."
    )
