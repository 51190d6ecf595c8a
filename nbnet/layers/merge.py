"""The base of layers that make one tensor of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["Merge"]


class Merge(Layer):
    """Base of layers that are called with a list: ``Add()([a, b])``.

    Subclasses define :meth:`merge` for tensors of the same number of axes, whose sizes are equal or 1.

    Parameters
    ----------
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Raises
    ------
    ArgumentError
        When the layer is not called with a list, or with another number of tensors than it takes.
    ShapeError
        When shapes do not broadcast, or batch sizes differ.

    Notes
    -----
    Where numbers of axes differ, axes of size 1 come in behind the batch axis, as in Keras 3: (batch, 3) meets
    (batch, 4, 3) as (batch, 1, 3).
    """

    takes: int | None = None  # how many tensors; None: one or more

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def merge(self, tensors: list[Any]) -> Any:
        """One tensor of several, written with ops.

        Parameters
        ----------
        tensors : list of Tensor

        Returns
        -------
        Tensor
        """
        raise NotImplementedError(f"{type(self).__name__} defines no merge(tensors).")

    def build(self, input_shape: Sequence[Shape]) -> None:  # type: ignore[override]
        """Check that the shapes fit each other."""
        self._check_count(input_shape)
        self.check([tuple(shape) for shape in input_shape])

    def call(self, tensors: list[Any]) -> Any:
        """Check the shapes, then merge."""
        self._check_count(tensors)
        self.check([tuple(item.shape) for item in tensors])
        return self.merge(self.aligned(tensors))

    def aligned(self, tensors: list[Any]) -> list[Any]:
        """The tensors with the same number of axes."""
        most = max(item.ndim for item in tensors)
        return [
            ops.reshape(item, (item.shape[0], *(1,) * (most - item.ndim), *item.shape[1:]))
            if item.ndim < most
            else item
            for item in tensors
        ]

    def check(self, shapes: list[Shape]) -> None:
        """Raise a ShapeError unless the samples broadcast and batch sizes are equal."""
        if len({shape[0] for shape in shapes}) > 1:
            raise self._misfit(shapes, "tensors with one batch size", "Give each the same number of samples")
        try:
            np.broadcast_shapes(*(tuple(int(size or 0) for size in shape[1:]) for shape in shapes))
        except ValueError:
            raise self._misfit(
                shapes,
                "shapes that broadcast (sizes equal or 1, counted from the last axis)",
                "Bring them to one shape, for instance with Dense or Reshape",
            ) from None

    def _misfit(self, shapes: list[Shape], expected: str, remedy: str) -> ShapeError:
        """The error for shapes that do not fit each other."""
        listed = ", ".join(str(shape) for shape in shapes)
        return ShapeError(f"{self.title} expects {expected}; received {listed}. {remedy}.")

    def _check_count(self, given: Any) -> None:
        """Raise an ArgumentError unless `given` is a list of as many entries as the layer takes."""
        wanted = "one or more tensors" if self.takes is None else f"{self.takes} tensors"
        if not isinstance(given, (list, tuple)):
            raise ArgumentError(
                f"{self.title} is called with a list of {wanted}, such as layer([a, b]); received one "
                f"{type(given).__name__}."
            )
        if not given or (self.takes is not None and len(given) != self.takes):
            raise ArgumentError(f"{self.title} takes {wanted}; received {len(given)}.")

    def _received(self, x: Any) -> Any:
        """Each input by itself, also where all of them are plain arrays."""
        self._check_count(x)
        return [Layer._received(self, item) for item in x]
