"""The difference of two tensors."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.merge import Merge

__all__ = ["Subtract"]


class Subtract(Merge):
    """The difference of two tensors. It is called with a list of two: ``Subtract()([a, b])``.

    Shapes broadcast as :class:`Merge` says.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Notes
    -----
    a - b.
    """

    takes = 2

    def merge(self, tensors: list[Any]) -> Any:
        """Subtract."""
        first, second = tensors
        return first - second


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Subtract``."""
    register("Subtract", Subtract)
