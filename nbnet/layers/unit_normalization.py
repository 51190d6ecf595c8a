"""Vectors brought to length 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.axes import as_axes, sample_axes
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["UnitNormalization", "unit_vectors"]


def unit_vectors(x: Any, axis: int | tuple[int, ...], epsilon: float) -> Any:
    """x / max(|x|, ε), |x| being the Euclidean length along axes; the gradient at 0 is that of x / ε.

    Parameters
    ----------
    x : Tensor or array_like
    axis : int or tuple of int
    epsilon : float > 0

    Returns
    -------
    Tensor or ndarray, of the shape of `x`
    """
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, epsilon**2))


class UnitNormalization(Layer):
    """Each sample divided by its Euclidean length, x / max(|x|, 1e-12).

    Parameters
    ----------
    axis : int or sequence of int
        Along which the length is taken.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When the input has no such axis, or it is the batch axis.
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = as_axes("UnitNormalization", axis)

    def build(self, input_shape: Shape) -> None:
        """Check that the axes exist."""
        sample_axes(self.title, self.axis, input_shape)

    def call(self, x: Any) -> Any:
        """Divide by the length."""
        return unit_vectors(x, sample_axes(self.title, self.axis, x.shape), 1e-12)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``UnitNormalization``."""
    register("UnitNormalization", UnitNormalization)
