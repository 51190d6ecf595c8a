"""The mean of each window of images."""

from __future__ import annotations

from typing import Any, ClassVar

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.pooling import Pooling

__all__ = ["AveragePooling2D"]


class AveragePooling2D(Pooling):
    """The mean of each window, channel by channel.

    Parameters
    ----------
    pool_size : int or (int, int), >= 1
        Rows and columns of a window.
    strides : int or (int, int), >= 1, or None
        From one window to the next; None: the window's size.
    padding : {"valid", "same"}
        Windows inside the input alone; or as many as give ceil(size / stride) rows and columns. Padding is not counted
        in the mean.
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When a size or stride is below 1, the input is no (batch, height, width, channels), or it is smaller than the
        window.
    ArgumentError
        When `padding` or `data_format` is another.

    Notes
    -----
    Input (batch, height, width, channels), output (batch, height', width', channels) with height' = ⌊(height + padding
    - rows) / stride⌋ + 1. PyTorch counts the padding too unless count_include_pad=False.
    """

    rank: ClassVar[int] = 2
    pool = staticmethod(ops.avg_pool2d)

    def __init__(
        self,
        pool_size: int | tuple[int, int],
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, **kwargs)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``AveragePooling2D``."""
    register("AveragePooling2D", AveragePooling2D)
