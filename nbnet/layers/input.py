"""The input of a model: its shape, and the symbol that layers are called on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.graph.dtypes import as_dtype
from nbnet.graph.tensor import INPUT, Tensor
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import positive_sizes
from nbnet.layers.symbolic import BATCH

__all__ = ["Input", "InputLayer", "is_input"]


def Input(shape: Sequence[int], dtype: Any = None, name: str | None = None) -> Tensor:
    """The input of a model, for layers to be called on; or the first entry of a Sequential, which says its shape.

    Parameters
    ----------
    shape : tuple of int
        Of one sample, without the batch axis; () for a number each.
    dtype : dtype, optional
        When given, input is cast to it; else input is passed on as it comes, and layers cast it. Indices for an
        Embedding need an integer dtype.
    name : str, optional
        By which arrays are given to a model with several inputs, in a dict.

    Returns
    -------
    Tensor, shape (batch, ...)
        A symbol. The size that its batch axis shows stands for any.

    Examples
    --------
    >>> import nbnet
    >>> x = nbnet.Input((4,))
    >>> model = nbnet.Model(x, nbnet.layers.Dense(2)(x))
    >>> model.output_shape
    (None, 2)
    """
    sizes = () if shape == () else positive_sizes(shape, "Input")
    wanted = None if dtype is None else as_dtype(dtype)
    attrs = {"index": 0, "name": name or "input", "wanted": wanted, "named": name}
    return Tensor(INPUT, (), attrs, (BATCH, *sizes), wanted or np.dtype("float32"))


def is_input(item: Any) -> bool:
    """Whether something is what :func:`Input` gives."""
    return isinstance(item, Tensor) and item.op is INPUT and "wanted" in item.attrs


class InputLayer(Layer):
    """The first entry of a Sequential: says the shape of one sample, so that the model is built at once.

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

    @classmethod
    def of(cls, symbol: Tensor) -> InputLayer:
        """The entry that an :func:`Input` stands for."""
        return cls(symbol.shape[1:], symbol.attrs["wanted"], symbol.attrs["named"])

    def call(self, x: Any) -> Any:
        """`x`, cast if a dtype was given."""
        return x if self.wanted is None else x.astype(self.wanted)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``InputLayer``."""
    register("InputLayer", InputLayer)
