"""Several arrays in place of one: inputs and targets of models that have more than one of them.

A nest is an array, a tuple of arrays, or a dict of arrays by name; in a dict of targets None stands for an output
without a loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["concatenated", "each", "leaves", "named", "row_count", "rows"]


def leaves(nest: Any) -> list[Any]:
    """The arrays, or tensors, of a nest in order."""
    if nest is None:
        return []
    if isinstance(nest, dict):
        return [item for value in nest.values() for item in leaves(value)]
    if isinstance(nest, (list, tuple)):
        return [item for value in nest for item in leaves(value)]
    return [nest]


def each(nest: Any, change: Callable[[Any], Any]) -> Any:
    """The nest with ``change(array)`` in place of each array."""
    if nest is None:
        return None
    if isinstance(nest, dict):
        return {name: each(item, change) for name, item in nest.items()}
    if isinstance(nest, (list, tuple)):
        return _like(nest, [each(item, change) for item in nest])
    return change(nest)


def row_count(nest: Any) -> int:
    """How many samples a nest holds."""
    return int(leaves(nest)[0].shape[0])


def rows(nest: Any, which: slice | np.ndarray) -> Any:
    """The samples `which` of each array."""
    return nest[which] if isinstance(nest, np.ndarray) else each(nest, lambda array: array[which])


def concatenated(nests: list[Any]) -> Any:
    """Nests of one structure put together sample after sample."""
    first = nests[0]
    if isinstance(first, dict):
        return {name: concatenated([nest[name] for nest in nests]) for name in first}
    if isinstance(first, (list, tuple)):
        return _like(first, [concatenated([nest[place] for nest in nests]) for place in range(len(first))])
    return np.concatenate(nests)


def _like(nest: Any, items: list[Any]) -> Any:
    """A list, a tuple or a named tuple of the kind of `nest`."""
    return type(nest)(*items) if hasattr(nest, "_fields") else type(nest)(items)


def named(nest: Any, names: list[str] | None = None) -> dict[str, Any] | None:
    """The items of a nest of several by name; None for a single array or tensor.

    Parameters
    ----------
    nest : nest
    names : list of str, optional
        For a list or tuple; output_1, output_2, … by default.
    """
    if isinstance(nest, dict):
        return dict(nest)
    if isinstance(nest, (list, tuple)):
        found = (
            names if names is not None and len(names) == len(nest) else [f"output_{n + 1}" for n in range(len(nest))]
        )
        return dict(zip(found, nest, strict=True))
    return None
