"""All ones."""

from __future__ import annotations

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer

__all__ = ["Ones"]


class Ones(Initializer):
    """All ones: what the scale of a normalization begins with."""

    def __init__(self) -> None:
        super().__init__()

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """Ones of `shape`."""
        return np.ones(shape, np.float32)


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``ones``."""
    register("ones", Ones)
