"""Settings as plain data for config.json: objects by class and arguments, functions by name, arrays by shape."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from nbnet.configurable import Configurable
from nbnet.errors import NbnetError

__all__ = ["described"]

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_LISTED_UP_TO = 64  # numbers of an array that are written one by one


def described(value: Any) -> Any:
    """`value` as dicts, lists, texts and numbers.

    Parameters
    ----------
    value : object

    Returns
    -------
    dict, list, str, number, bool or None
        A part of nbnet, such as a callback or a schedule, as ``{"class": …, argument: …}``; a function as its qualified
        name; a small array as a list and a large one as its shape and dtype; anything else as it prints itself, without
        its address in memory, so that equal runs have equal records.

    Examples
    --------
    >>> described({0: 1.5, "by": len, "order": (1, 2)})
    {'0': 1.5, 'by': 'len', 'order': [1, 2]}
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist() if value.size <= _LISTED_UP_TO else f"array {value.shape} {value.dtype}"
    if isinstance(value, Mapping):
        return {str(key): described(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [described(item) for item in value]
    if isinstance(value, Set):
        return sorted((described(item) for item in value), key=str)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Configurable):
        try:
            return {"class": type(value).__name__, **described(value.get_config())}
        except NbnetError:  # a class whose arguments have no names
            return _printed(value)
    if callable(value) and hasattr(value, "__qualname__"):
        return str(value.__qualname__)
    return _printed(value)


def _printed(value: Any) -> str:
    """What an object prints, without an address; a plain object as its class and public attributes."""
    if type(value).__repr__ is object.__repr__:
        simple = (
            {name: item for name, item in vars(value).items() if not name.startswith("_")}
            if hasattr(value, "__dict__")
            else {}
        )
        shown = ", ".join(f"{name}={item!r}" for name, item in simple.items() if _is_plain(item))
        return f"{type(value).__name__}({shown})"
    return _ADDRESS.sub("", repr(value))


def _is_plain(value: Any) -> bool:
    """Whether a value prints itself in full."""
    return value is None or isinstance(value, (bool, int, float, str, os.PathLike))
