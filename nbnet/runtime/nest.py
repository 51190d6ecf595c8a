"""Nested tuples, lists and dicts of arrays, as arguments and results of compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet.graph.dtypes import as_array
from nbnet.graph.tensor import Tensor, Variable

__all__ = ["flatten", "rebuild"]


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
    if is_static(item) or isinstance(item, (Tensor, Variable)):
        return ("static", item if is_static(item) else id(item))
    if isinstance(item, dict):
        return ("dict", tuple((key, flatten(value, leaves)) for key, value in item.items()))
    if isinstance(item, (list, tuple)) and not _numeric(item):
        return (type(item).__name__, tuple(flatten(value, leaves) for value in item))
    array = np.ascontiguousarray(as_array(item)) if np.ndim(item) else np.asarray(as_array(item))
    leaves.append(array)
    return ("array", array.shape, array.dtype.str)


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
