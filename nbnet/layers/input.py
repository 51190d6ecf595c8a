"""The shape of a model's input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.graph.dtypes import as_dtype
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["Input"]


class Input(Layer):
    """The first entry of a model: says the shape of one sample, so that the model is built at once.

    Parameters
    ----------
    shape : tuple of int
        Without the batch axis.
    dtype : dtype, optional
        When given, input is cast to it; else input is passed on as it comes.
    name : str, optional
    """

    casts_input = False

    def __init__(self, shape: Sequence[int], dtype: Any = None, name: str | None = None) -> None:
        super().__init__(input_shape=shape, name=name)
        self.wanted: np.dtype | None = None if dtype is None else as_dtype(dtype)

    def call(self, x: Any) -> Any:
        """`x`, cast if a dtype was given."""
        return x if self.wanted is None else x.astype(self.wanted)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Input``."""
    register("Input", Input)
