"""Images with more rows and columns."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ArgumentError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_data_format, checked_sizes, require_rank

__all__ = ["UpSampling2D"]

_INTERPOLATIONS = ("nearest", "bilinear")


class UpSampling2D(Layer):
    """Images `size` times as large: (batch, height, width, channels) → (batch, height · size, width · size, channels).

    Parameters
    ----------
    size : int or (int, int), >= 1
        Factors of rows and columns.
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    interpolation : {"nearest", "bilinear"}
        Pixels repeated; or mixed from their neighbours by distance between centres. Keras knows "bicubic", "lanczos3"
        and "lanczos5" too.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When `size` is below 1, or the input is no (batch, height, width, channels).
    ArgumentError
        When `interpolation` or `data_format` is another.

    Notes
    -----
    See :func:`nbnet.ops.up_sample2d` for the formula. Repetition keeps the dtype of the input.
    """

    def __init__(
        self,
        size: int | tuple[int, int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = checked_sizes("UpSampling2D", "size", size, 2)
        checked_data_format("UpSampling2D", data_format)
        self.data_format = "channels_last"
        if not isinstance(interpolation, str) or interpolation.lower() not in _INTERPOLATIONS:
            raise ArgumentError(
                f"UpSampling2D expects interpolation to be 'nearest' or 'bilinear'; received {interpolation!r}. Others "
                "are not available: 'bilinear' is the nearest to them."
            )
        self.interpolation = interpolation.lower()
        self.casts_input = self.interpolation != "nearest"  # repetition computes nothing

    def build(self, input_shape: Shape) -> None:
        """Check that the input has rows, columns and channels."""
        require_rank(self.title, input_shape, 2)

    def call(self, x: Any) -> Any:
        """Up-sample."""
        require_rank(self.title, x.shape, 2)
        return ops.up_sample2d(x, self.size, self.interpolation)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``UpSampling2D``."""
    register("UpSampling2D", UpSampling2D)
