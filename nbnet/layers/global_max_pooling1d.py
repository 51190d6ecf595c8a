"""The largest number of each channel of signals."""

from __future__ import annotations

from typing import ClassVar

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.pooling import GlobalPooling

__all__ = ["GlobalMaxPooling1D"]


class GlobalMaxPooling1D(GlobalPooling):
    """The largest number of each channel.

    Parameters
    ----------
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    keepdims : bool
        Whether the axis of steps stays, with size 1.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When the input is no (batch, steps, channels).
    ArgumentError
        When `data_format` is another.

    Notes
    -----
    Input (batch, steps, channels), output (batch, channels), or (batch, 1, channels) with `keepdims`. The gradient goes
    to the largest numbers of a channel, in equal shares, as in PyTorch's amax and TensorFlow.
    """

    rank: ClassVar[int] = 1
    reduce = staticmethod(ops.max)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``GlobalMaxPooling1D``."""
    register("GlobalMaxPooling1D", GlobalMaxPooling1D)
