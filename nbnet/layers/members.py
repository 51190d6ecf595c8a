"""What belongs to a layer: the variables and layers that are set as its attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet.graph.tensor import Variable

__all__ = ["members", "unique"]

_DEPTH = 3  # how deep lists and dicts are searched
_NOT_MEMBERS = ("_arguments", "_added")  # the recorded arguments, and weights that are counted by themselves


def unique(items: Sequence[Variable]) -> list[Variable]:
    """`items` without repetitions, in order."""
    return list({id(item): item for item in items}.values())


def members(attributes: dict[str, Any], kind: Any) -> list[tuple[str, Any]]:
    """Objects of `kind` among attributes and the lists, tuples and dicts in them.

    Parameters
    ----------
    attributes : dict
        ``vars`` of an object.
    kind : type

    Returns
    -------
    list of (str, object)
        In the order in which the attributes were set, without repetitions; the names are the attributes' with the
        index or key in a container, e.g. ``"blocks_0"``.
    """
    found: dict[int, tuple[str, Any]] = {}

    def look(name: str, value: Any, depth: int) -> None:
        if isinstance(value, kind):
            found.setdefault(id(value), (name, value))
        elif isinstance(value, (list, tuple)) and depth < _DEPTH:
            for index, item in enumerate(value):
                look(f"{name}_{index}", item, depth + 1)
        elif isinstance(value, dict) and depth < _DEPTH:
            for key, item in value.items():
                look(f"{name}_{key}", item, depth + 1)

    for attribute, value in attributes.items():
        if attribute not in _NOT_MEMBERS:
            look(attribute, value, 0)
    return list(found.values())
