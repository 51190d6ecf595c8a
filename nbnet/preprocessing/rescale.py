"""Rescale: a fixed scale and offset."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.step import Step

__all__ = ["Rescale"]


class Rescale(Step):
    """Multiply by a number and add another, in float32.

    Parameters
    ----------
    scale : float
        E.g. ``1 / 255`` for bytes.
    offset : float
        Added after scaling.

    Notes
    -----
    ``y = x * scale + offset``

    Examples
    --------
    >>> Rescale(1 / 127.5, offset=-1)(np.array([[0, 255]], "uint8"))
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(self, scale: float, offset: float = 0.0) -> None:
        for name, value in (("scale", scale), ("offset", offset)):
            number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
            if not number or not abs(value) <= sys.float_info.max:
                raise DataError(f"Rescale expects a finite number as {name}; received {value!r:.60}.")
        self.scale = float(scale)
        self.offset = float(offset)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Scaled inputs, float32, of the same shape."""
        wide = x.dtype.itemsize == 8  # large integers and float64 lose digits if they become float32 first
        scaled: np.ndarray = x.astype("float64" if wide else "float32")
        np.multiply(scaled, self.scale, out=scaled)
        np.add(scaled, self.offset, out=scaled)
        return scaled.astype(np.float32, copy=False)

    def get_config(self) -> dict[str, Any]:
        """The two numbers."""
        return {"scale": self.scale, "offset": self.offset}
