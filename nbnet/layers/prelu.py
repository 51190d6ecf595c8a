"""The rectified linear unit that learns its negative slope."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from nbnet import constraints, initializers, regularizers
from nbnet.errors import ShapeError
from nbnet.graph.ops.formula import elementwise
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape, known_sizes

__all__ = ["PReLU"]


def _prelu(x: float, alpha: float) -> float:
    return alpha * x if x < 0.0 else x


def _grad_x(x: float, alpha: float, y: float) -> float:
    return 1.0 if x > 0.0 else alpha


def _grad_alpha(x: float, alpha: float, y: float) -> float:
    return x if x < 0.0 else 0.0


_formula = elementwise(_prelu, _grad_x, _grad_alpha)


class PReLU(Layer):
    """x where x >= 0, else alpha x, with an alpha that is learned for each unit.

    Parameters
    ----------
    alpha_initializer : str or Initializer
        PyTorch begins with 0.25, and has one alpha for all units unless told otherwise.
    alpha_regularizer : str or Regularizer, optional
    alpha_constraint : str or Constraint, optional
    shared_axes : int or sequence of int, optional
        Axes of the input, 0 being that of the batch, along which one alpha is shared: (1, 2) for images
        (batch, height, width, channels) gives each channel one.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When built for input that has no such axis.

    Notes
    -----
    The gradient is 1 where x > 0 and alpha elsewhere; that of alpha is the sum of x over the samples where x < 0.

    References
    ----------
    He, Zhang, Ren and Sun 2015, "Delving deep into rectifiers", eq. 1.
    """

    alpha: Variable

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        listed = shared_axes if isinstance(shared_axes, Sequence) else [] if shared_axes is None else [shared_axes]
        self.shared_axes = tuple(operator.index(axis) for axis in listed)

    def build(self, input_shape: Shape) -> None:
        """Make the slopes."""
        ndim = len(input_shape)
        if not all(-ndim < axis < ndim and axis != 0 for axis in self.shared_axes):
            raise ShapeError(
                f"{self.title} expects shared_axes among 1 to {ndim - 1}, the batch being axis 0; received "
                f"{list(self.shared_axes)} for input {tuple(input_shape)}."
            )
        shared = {axis % ndim for axis in self.shared_axes}
        sizes = [1 if axis in shared else size for axis, size in enumerate(input_shape)]
        self.alpha = self.add_weight(
            known_sizes(sizes[1:], self.name),
            self.alpha_initializer,
            "alpha",
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )

    def call(self, x: Any) -> Any:
        """`x` with its negative part scaled."""
        sizes = (*x.shape[1:],)
        if len(sizes) != len(self.alpha.shape) or any(
            mine not in (1, its) for mine, its in zip(self.alpha.shape, sizes, strict=False)
        ):
            raise ShapeError(
                f"{self.title} was built for samples like {self.alpha.shape}; received {sizes}. Give it such samples, "
                "or build another layer for these."
            )
        return _formula(x, self.alpha)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``PReLU``."""
    register("PReLU", PReLU)
