"""Nests of symbols as plain data, and back: what a saved network says of who is connected to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nbnet.errors import SavedModelError
from nbnet.graph.tensor import Tensor

__all__ = ["from_plain", "to_plain"]


def to_plain(nest: Any, places: Mapping[int, tuple[int, int]]) -> list[Any]:
    """A nest as tagged lists, which differ from any argument a user gives.

    Parameters
    ----------
    nest : nest
        Symbols and other arguments in lists, tuples and dicts.
    places : mapping of int to (int, int)
        By the id of a symbol: which unit gave it, and which of its outputs it is.

    Returns
    -------
    list
        ``["symbol", unit, output]``, ``["list", ...]``, ``["tuple", ...]``, ``["dict", [key, ...], ...]`` or
        ``["value", argument]``.
    """
    if isinstance(nest, Tensor):
        return ["symbol", *places[id(nest)]]
    if isinstance(nest, dict):
        return ["dict", list(nest), *(to_plain(item, places) for item in nest.values())]
    if isinstance(nest, (list, tuple)):
        return ["tuple" if isinstance(nest, tuple) else "list", *(to_plain(item, places) for item in nest)]
    return ["value", nest]


def from_plain(data: Any, symbol: Callable[[int, int], Tensor]) -> Any:
    """The nest that :func:`to_plain` wrote.

    Parameters
    ----------
    data : list
    symbol : callable
        Of (unit, output).

    Raises
    ------
    SavedModelError
        When the data are not what `to_plain` writes.
    """
    tag, *items = data if isinstance(data, list) and data else [None]
    if tag == "symbol" and len(items) == 2 and all(type(item) is int for item in items):
        return symbol(*items)
    if tag == "value" and len(items) == 1:
        return items[0]
    if tag == "dict" and items and isinstance(items[0], list) and len(items[0]) == len(items) - 1:
        return {str(key): from_plain(item, symbol) for key, item in zip(items[0], items[1:], strict=True)}
    if tag in ("list", "tuple"):
        found = [from_plain(item, symbol) for item in items]
        return tuple(found) if tag == "tuple" else found
    raise SavedModelError(f"The network of the saved model is malformed: {str(data)[:60]}.")
