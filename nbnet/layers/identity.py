"""A layer that changes nothing."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["Identity"]


class Identity(Layer):
    """Passes its input on: a place to give a tensor a name, or in which another layer may stand.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.
    """

    casts_input = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, x: Any) -> Any:
        """`x`."""
        return x


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Identity``."""
    register("Identity", Identity)
