"""Images with more rows and columns: up-sampling by repetition or by linear interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph.dtypes import floating
from nbnet.graph.ops.cast import cast
from nbnet.graph.ops.matmul import matmul
from nbnet.graph.ops.shape import broadcast_to, reshape
from nbnet.graph.ops.windows import pair
from nbnet.graph.tensor import as_operand

__all__ = ["up_sample2d"]

_INTERPOLATIONS = ("nearest", "bilinear")


def up_sample2d(x: Any, size: Any, interpolation: str = "nearest") -> Any:
    """`x` with each row and column `size` times.

    Parameters
    ----------
    x : Tensor or array_like, shape (N, H, W, C)
    size : int or (int, int), >= 1
        Factors of rows and columns.
    interpolation : {"nearest", "bilinear"}
        Numbers repeated; or mixed from the two nearest along each axis, integers in float32.

    Returns
    -------
    Tensor or array, shape (N, H size, W size, C)

    Raises
    ------
    ShapeError
        When the rank is wrong or a factor is below 1.
    ArgumentError
        When `interpolation` is none of these.

    Notes
    -----
    Linear: output i stands at p = (i + 1/2) / size - 1/2 of the input (pixels have their numbers at their centres), and
    is (1 - t) x[⌊p⌋] + t x[⌊p⌋ + 1] with t = p - ⌊p⌋; beyond the border the outermost number counts. As Keras, and as
    PyTorch with ``align_corners=False``. It is one small matrix product along each axis.
    """
    x = as_operand(x)
    if x.ndim != 4:
        raise ShapeError(f"up_sample2d expects images (batch, height, width, channels); received {x.shape}.")
    rows, columns = pair("up_sample2d", "size", size)
    if interpolation not in _INTERPOLATIONS:
        raise ArgumentError(
            f"up_sample2d expects interpolation to be 'nearest' or 'bilinear'; received {interpolation!r}."
        )
    images, height, width, channels = x.shape
    if interpolation == "nearest":
        repeated = (images, height, rows, width, columns, channels)
        y = broadcast_to(reshape(x, (images, height, 1, width, 1, channels)), repeated)
        return reshape(y, (images, height * rows, width * columns, channels))
    y = cast(x, floating(x.dtype))
    if rows > 1:
        y = matmul(_mixing(height, rows, y.dtype), reshape(y, (images, height, width * channels)))
    if columns > 1:
        y = matmul(_mixing(width, columns, y.dtype), reshape(y, (images * height * rows, width, channels)))
    return reshape(y, (images, height * rows, width * columns, channels))


def _mixing(size: int, factor: int, dtype: np.dtype) -> np.ndarray:
    """The matrix (size factor, size) of linear interpolation along an axis."""
    places = (np.arange(size * factor) + 0.5) / factor - 0.5
    low = np.floor(places).astype(np.int64)
    share = places - low
    matrix = np.zeros((size * factor, size))
    at = np.arange(size * factor)
    np.add.at(matrix, (at, np.clip(low, 0, size - 1)), 1 - share)
    np.add.at(matrix, (at, np.clip(low + 1, 0, size - 1)), share)
    return matrix.astype(dtype)
