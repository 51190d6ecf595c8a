"""The bases of pooling layers: over windows that slide, and over all places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from nbnet.errors import ArgumentError
from nbnet.graph import ops
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_data_format, checked_padding, checked_sizes, require_places, require_rank

__all__ = ["GlobalPooling", "Pooling"]


class Pooling(Layer):
    """Base of layers that make one number of each window, channel by channel.

    Parameters
    ----------
    pool_size : int or sequence of int, >= 1
    strides : int or sequence of int, >= 1, or None
        None: the window's size.
    padding : {"valid", "same"}
    data_format : "channels_last" or None
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.
    """

    rank: ClassVar[int] = 2
    pool: ClassVar[Callable[..., Any]]
    """The op, of (x, window, strides, padding)."""

    def __init__(self, pool_size: Any, strides: Any, padding: str, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.pool_size = checked_sizes(owner, "pool_size", pool_size, self.rank)
        self.strides = self.pool_size if strides is None else checked_sizes(owner, "strides", strides, self.rank)
        self.padding = checked_padding(owner, padding)
        checked_data_format(owner, data_format)
        self.data_format = "channels_last"

    def build(self, input_shape: Shape) -> None:
        """Check that the input has places for the window."""
        require_rank(self.title, input_shape, self.rank)
        require_places(self.title, input_shape, self.pool_size, self.strides, self.padding)

    def call(self, x: Any) -> Any:
        """One pooling; a signal is an image of one row."""
        require_rank(self.title, x.shape, self.rank)
        if self.rank == 2:
            return type(self).pool(x, self.pool_size, self.strides, self.padding)
        y = type(self).pool(ops.expand_dims(x, 1), (1, *self.pool_size), (1, *self.strides), self.padding)
        return ops.squeeze(y, 1)


class GlobalPooling(Layer):
    """Base of layers that make one number of each channel.

    Parameters
    ----------
    data_format : "channels_last" or None
    keepdims : bool
        Whether the axes of places stay, with size 1.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.
    """

    rank: ClassVar[int] = 2
    reduce: ClassVar[Callable[..., Any]]
    """The op, of (x, axis, keepdims)."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        checked_data_format(type(self).__name__, data_format)
        if not isinstance(keepdims, bool):
            raise ArgumentError(f"{type(self).__name__} expects keepdims to be True or False; received {keepdims!r}.")
        self.data_format = "channels_last"
        self.keepdims = keepdims

    def build(self, input_shape: Shape) -> None:
        """Check that the input has axes of places and of channels."""
        require_rank(self.title, input_shape, self.rank)

    def call(self, x: Any) -> Any:
        """One reduction."""
        require_rank(self.title, x.shape, self.rank)
        return type(self).reduce(x, tuple(range(1, self.rank + 1)), self.keepdims)
