"""The product of tensors, element by element."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.merge import Merge

__all__ = ["Multiply"]


class Multiply(Merge):
    """The product of tensors, element by element. It is called with a list: ``Multiply()([a, b])``.

    Shapes broadcast as :class:`Merge` says.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Notes
    -----
    a · b · …, in that order.
    """

    def merge(self, tensors: list[Any]) -> Any:
        """Multiply."""
        product = tensors[0]
        for item in tensors[1:]:
            product = product * item
        return product


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Multiply``."""
    register("Multiply", Multiply)
