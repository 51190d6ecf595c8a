"""Several arrays in place of one: the inputs or targets of a model that has more than one, by name or in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["is_nest", "of", "parts", "with_parts"]


def is_nest(nest: Any) -> bool:
    """Whether it is a dict or tuple of arrays, and not one array or table."""
    return isinstance(nest, (dict, tuple))


def parts(nest: Any) -> dict[str, Any]:
    """The arrays by name: those of a tuple are input_1, input_2, …, and one alone has the name ``""``."""
    if isinstance(nest, dict):
        return dict(nest)
    if isinstance(nest, tuple):
        return {f"input_{number}": item for number, item in enumerate(nest, 1)}
    return {"": nest}


def with_parts(nest: Any, found: Mapping[str, Any]) -> Any:
    """`found`, as :func:`parts` names them, in the structure of `nest`."""
    if isinstance(nest, dict):
        return {name: found[name] for name in nest}
    return tuple(found.values()) if isinstance(nest, tuple) else found[""]


def of(name: str) -> str:
    """The tail of what a message calls an array: ``" of 'user'"``; empty for one alone."""
    return f" of '{name}'" if name else ""
