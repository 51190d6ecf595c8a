"""The sum of tensors."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.merge import Merge

__all__ = ["Add"]


class Add(Merge):
    """The sum of tensors. It is called with a list: ``Add()([a, b])``.

    Shapes broadcast as :class:`Merge` says.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Notes
    -----
    a + b + …, in that order.
    """

    def merge(self, tensors: list[Any]) -> Any:
        """Add up."""
        total = tensors[0]
        for item in tensors[1:]:
            total = total + item
        return total


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Add``."""
    register("Add", Add)
