"""The same number everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer

__all__ = ["Constant"]


class Constant(Initializer):
    """The same number everywhere.

    Parameters
    ----------
    value : float or array_like
        A number, or an array that broadcasts to the weight's shape: Keras 3 takes numbers only.
    """

    def __init__(self, value: Any = 0.0) -> None:
        super().__init__()
        self.value = value

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """The value, broadcast to `shape`; a ValueError where it does not fit."""
        return np.broadcast_to(np.asarray(self.value), shape)


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``constant``."""
    register("constant", Constant)
