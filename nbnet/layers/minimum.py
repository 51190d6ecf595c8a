"""The smallest of tensors, element by element."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.merge import Merge

__all__ = ["Minimum"]


class Minimum(Merge):
    """The smallest of tensors, element by element. It is called with a list: ``Minimum()([a, b])``.

    Shapes broadcast as :class:`Merge` says.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Notes
    -----
    min(a, b, …); where two are equal the gradient goes half to each.
    """

    def merge(self, tensors: list[Any]) -> Any:
        """Take the smallest."""
        smallest = tensors[0]
        for item in tensors[1:]:
            smallest = ops.minimum(smallest, item)
        return smallest


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Minimum``."""
    register("Minimum", Minimum)
