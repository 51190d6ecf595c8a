"""The fully connected layer."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet import activations, constraints, initializers, regularizers
from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.activity_regularization import penalize
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["Dense"]


class Dense(Layer):
    """activation(x · kernel + bias).

    Parameters
    ----------
    units : int > 0
        Number of outputs.
    activation : str, callable or None
        None is linear.
    use_bias : bool
    kernel_initializer, bias_initializer : str or Initializer
    kernel_regularizer, bias_regularizer : str, Regularizer or None
        Penalties of the weights, which training adds to the loss.
    activity_regularizer : str, Regularizer or None
        Penalty of the output of a batch, divided by the number of samples.
    kernel_constraint, bias_constraint : str, Constraint or None
        What the weights become after each update.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Notes
    -----
    Input (batch, …, inputs), kernel (inputs, units), bias (units,), output (batch, …, units).

    PyTorch keeps the kernel as (units, inputs) and draws kernel and bias from ±1 / sqrt(inputs).
    """

    kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        units: int,
        activation: str | Callable[[Any], Any] | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(units, bool) or not hasattr(units, "__index__") or operator.index(units) < 1:
            raise ShapeError(f"Dense expects a positive number of units; received {units!r}.")
        if not isinstance(use_bias, (bool, np.bool_)):
            raise ArgumentError(f"Dense expects use_bias as True or False; received {use_bias!r}.")
        self.units = operator.index(units)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        self._check(input_shape)
        inputs = int(input_shape[-1] or 0)
        self.kernel = self.add_weight(
            (inputs, self.units),
            self.kernel_initializer,
            "kernel",
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                "bias",
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def call(self, x: Any) -> Any:
        """One matrix product."""
        self._check(x.shape)
        rows = x if x.ndim == 2 else ops.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))
        y = ops.matmul(rows, self.kernel)
        if self.bias is not None:
            y = y + self.bias
        y = self.activation(y if x.ndim == 2 else ops.reshape(y, (*x.shape[:-1], self.units)))
        penalize(self, self.activity_regularizer, y)
        return y

    def _check(self, shape: Shape) -> None:
        """Raise a ShapeError unless the last axis is the one the kernel was made for."""
        inputs = self.kernel.shape[0] if self.built else "inputs"
        if len(shape) < 2 or (self.built and shape[-1] != inputs):
            if len(shape) < 2:
                remedy = "Give the samples an axis of features, x.reshape(-1, 1)"
            elif len(shape) > 2:
                remedy = "Put a Flatten before it"
            else:
                remedy = "Give each sample that many numbers"
            raise ShapeError(
                f"{self.title} expects input (batch, {inputs}); received {tuple(shape)}. {remedy}, or build the "
                f"layer for that input."
            )


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Dense``."""
    register("Dense", Dense)
