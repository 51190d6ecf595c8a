"""The numbers of a sample in another shape."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["Reshape"]


class Reshape(Layer):
    """(batch, …) → (batch, a, b, …) with the sizes of a target, in the order of the rows.

    Parameters
    ----------
    target_shape : sequence of int
        Without the batch axis. One size may be -1: what is left over.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When a size is neither positive nor a single -1, or the samples have another number of elements.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        listed = tuple(target_shape) if isinstance(target_shape, (list, tuple)) else (target_shape,)
        whole = all(hasattr(size, "__index__") and not isinstance(size, bool) for size in listed)
        if not whole or any(size < 1 and size != -1 for size in listed) or listed.count(-1) > 1:
            raise ShapeError(
                f"Reshape expects target_shape to hold positive sizes and at most one -1, such as (28, 28, 1); "
                f"received {target_shape!r}. The batch axis is not part of it."
            )
        self.target_shape = tuple(operator.index(size) for size in listed)

    def build(self, input_shape: Shape) -> None:
        """Check that the shape fits."""
        self._sizes(input_shape)

    def call(self, x: Any) -> Any:
        """Reshape."""
        return ops.reshape(x, (x.shape[0], *self._sizes(x.shape)))

    def _sizes(self, shape: Shape) -> tuple[int, ...]:
        """The target with its -1 filled in, for input of `shape`."""
        count = math.prod(int(size or 0) for size in shape[1:])
        known = math.prod(size for size in self.target_shape if size != -1)
        if count % known or (count != known and -1 not in self.target_shape):
            raise ShapeError(
                f"{self.title} makes samples of shape {self.target_shape}; received input {tuple(shape)}, with samples "
                f"of {count} numbers. Give a shape of {count} numbers, or leave one size to be found with -1."
            )
        return tuple(count // known if size == -1 else size for size in self.target_shape)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Reshape``."""
    register("Reshape", Reshape)
