"""The mean of tensors, element by element."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.merge import Merge

__all__ = ["Average"]


class Average(Merge):
    """The mean of tensors, element by element. It is called with a list: ``Average()([a, b])``.

    Shapes broadcast as :class:`Merge` says.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Notes
    -----
    (a + b + …) / n.
    """

    def merge(self, tensors: list[Any]) -> Any:
        """Add up and divide."""
        total = tensors[0]
        for item in tensors[1:]:
            total = total + item
        return total / len(tensors)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Average``."""
    register("Average", Average)
