"""The largest of tensors, element by element."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.merge import Merge

__all__ = ["Maximum"]


class Maximum(Merge):
    """The largest of tensors, element by element. It is called with a list: ``Maximum()([a, b])``.

    Shapes broadcast as :class:`Merge` says.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Notes
    -----
    max(a, b, …); where two are equal the gradient goes half to each.
    """

    def merge(self, tensors: list[Any]) -> Any:
        """Take the largest."""
        largest = tensors[0]
        for item in tensors[1:]:
            largest = ops.maximum(largest, item)
        return largest


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Maximum``."""
    register("Maximum", Maximum)
