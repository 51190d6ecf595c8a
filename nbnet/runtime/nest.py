"""Nested tuples, lists and dicts of arrays, as arguments and results of compiled functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nbnet.graph.dtypes import LADDER, as_array
from nbnet.graph.tensor import Tensor, Variable

__all__ = ["flatten", "flatten_call", "rebuild"]


_NATIVE = {id(dtype): dtype.str for dtype in LADDER}
"""By identity: NumPy has one object for each of its types, and asking it for a name takes longer than a lookup."""


def is_static(item: Any) -> bool:
    """Whether an argument is part of the signature by its value: None, bools, strings."""
    return item is None or isinstance(item, (bool, str))


def flatten(item: Any, leaves: list[np.ndarray]) -> Any:
    """Append the arrays of a nest to `leaves`; the nest's hashable skeleton, which names shapes and dtypes.

    Parameters
    ----------
    item : nest
        Tuples, lists and dicts of arrays, numbers and static values.
    leaves : list of ndarray
        Filled in order, C-contiguous.
    """
    if type(item) is np.ndarray and id(item.dtype) in _NATIVE and item.ndim and item.flags.c_contiguous:
        leaves.append(item)
        return ("array", item.shape, _NATIVE[id(item.dtype)])
    if is_static(item) or isinstance(item, (Tensor, Variable)):
        return ("static", item if is_static(item) else id(item))
    if isinstance(item, dict):
        return ("dict", tuple((key, flatten(value, leaves)) for key, value in item.items()))
    if isinstance(item, (list, tuple)) and not _numeric(item):
        return (type(item).__name__, tuple(flatten(value, leaves) for value in item))
    array = np.ascontiguousarray(as_array(item)) if np.ndim(item) else np.asarray(as_array(item))
    leaves.append(array)
    return ("array", array.shape, array.dtype.str)


def flatten_call(args: Sequence[Any], kwargs: Mapping[str, Any], leaves: list[np.ndarray]) -> Any:
    """`flatten` of a call's arguments, quicker where they are plain arrays and static values."""
    if kwargs:
        return flatten((tuple(args), dict(kwargs)), leaves)
    key: list[Any] = []
    for item in args:
        native = _NATIVE.get(id(item.dtype)) if type(item) is np.ndarray else None
        if native is not None and item.flags.c_contiguous and item.ndim:
            leaves.append(item)
            key += (item.shape, native)
        elif item is None or type(item) is bool or type(item) is str:
            key.append(item)
        else:
            leaves.clear()
            return flatten((tuple(args), dict(kwargs)), leaves)
    return tuple(key)


def _numeric(item: Any) -> bool:
    """Whether a list is meant as one array: a non-empty list of plain numbers."""
    return isinstance(item, list) and bool(item) and all(isinstance(value, (int, float)) for value in item)


def rebuild(item: Any, leaf: Callable[[Any], Any]) -> Any:
    """The nest with ``leaf(x)`` in place of everything that is neither a container nor static."""
    if is_static(item):
        return item
    if isinstance(item, dict):
        return {key: rebuild(value, leaf) for key, value in item.items()}
    if isinstance(item, (list, tuple)) and not _numeric(item):
        parts = [rebuild(value, leaf) for value in item]
        return type(item)(*parts) if hasattr(item, "_fields") else type(item)(parts)
    return leaf(item)
