"""The largest number of each channel of images."""

from __future__ import annotations

from typing import ClassVar

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.pooling import GlobalPooling

__all__ = ["GlobalMaxPooling2D"]


class GlobalMaxPooling2D(GlobalPooling):
    """The largest number of each channel.

    Parameters
    ----------
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    keepdims : bool
        Whether the axes of rows and columns stay, with size 1.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When the input is no (batch, height, width, channels).
    ArgumentError
        When `data_format` is another.

    Notes
    -----
    Input (batch, height, width, channels), output (batch, channels), or (batch, 1, 1, channels) with `keepdims`. The
    gradient goes to the largest numbers of a channel, in equal shares, as in PyTorch's amax and TensorFlow.
    """

    rank: ClassVar[int] = 2
    reduce = staticmethod(ops.max)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``GlobalMaxPooling2D``."""
    register("GlobalMaxPooling2D", GlobalMaxPooling2D)
