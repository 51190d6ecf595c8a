"""Run-time scalars: the numbers that a plan reads anew at each run."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from nbnet.graph.tensor import RuntimeScalar, aligned_empty

__all__ = ["Scalars"]

_FORMATS = {"float32": "f4x", "float64": "d", "int64": "q"}


class Scalars:
    """The scalar region of a plan: a cell of 8 bytes each.

    Parameters
    ----------
    scalars : sequence of RuntimeScalar

    Attributes
    ----------
    cells : ndarray of uint8
    """

    def __init__(self, scalars: Sequence[RuntimeScalar]) -> None:
        self.cells = aligned_empty((8 * max(len(scalars), 1),), np.dtype("uint8"))
        self._providers = [scalar.provider for scalar in scalars]
        self._types = [scalar.dtype for scalar in scalars]
        self._pack = struct.Struct("=" + "".join(_FORMATS[str(dtype)] for dtype in self._types)).pack_into
        self._buffer = self.cells.data

    def read(self) -> None:
        """Ask every provider and write what it gives."""
        if not self._providers:
            return
        values = [provider() for provider in self._providers]
        try:
            self._pack(self._buffer, 0, *values)
        except (struct.error, OverflowError, TypeError):  # other than plain numbers that fit: NumPy knows what to do
            for index, (value, dtype) in enumerate(zip(values, self._types, strict=True)):
                self.cells[8 * index : 8 * index + dtype.itemsize].view(dtype)[0] = value
