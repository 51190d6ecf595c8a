"""All axes of a sample as one."""

from __future__ import annotations

import math
from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["Flatten"]


class Flatten(Layer):
    """(batch, a, b, …) → (batch, a · b · …), in the order of the rows.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, x: Any) -> Any:
        """Reshape."""
        return ops.reshape(x, (x.shape[0], math.prod(x.shape[1:])))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Flatten``."""
    register("Flatten", Flatten)
