"""All zeros."""

from __future__ import annotations

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer

__all__ = ["Zeros"]


class Zeros(Initializer):
    """All zeros: what biases begin with."""

    def __init__(self) -> None:
        super().__init__()

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """Zeros of `shape`."""
        return np.zeros(shape, np.float32)


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``zeros``."""
    register("zeros", Zeros)
