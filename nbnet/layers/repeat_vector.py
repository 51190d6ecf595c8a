"""A vector several times."""

from __future__ import annotations

import operator
from typing import Any

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["RepeatVector"]


class RepeatVector(Layer):
    """(batch, features) → (batch, n, features).

    Parameters
    ----------
    n : int > 0
        How often.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When `n` is no positive int, or samples are no vectors.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(n, bool) or not hasattr(n, "__index__") or operator.index(n) < 1:
            raise ShapeError(f"RepeatVector expects a positive int as n; received {n!r}.")
        self.n = operator.index(n)

    def build(self, input_shape: Shape) -> None:
        """Check that samples are vectors."""
        self._check(input_shape)

    def call(self, x: Any) -> Any:
        """Repeat along a new axis."""
        self._check(x.shape)
        return ops.broadcast_to(ops.expand_dims(x, 1), (x.shape[0], self.n, x.shape[1]))

    def _check(self, shape: Shape) -> None:
        """Raise a ShapeError unless samples are vectors."""
        if len(shape) != 2:
            raise ShapeError(
                f"{self.title} expects input (batch, features); received {tuple(shape)}. Put a Flatten before it."
            )


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``RepeatVector``."""
    register("RepeatVector", RepeatVector)
