"""The base of convolutions: the window that slides, the weights, the bias and the activation."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar

from nbnet import activations, constraints, initializers, regularizers
from nbnet.errors import ShapeError
from nbnet.graph.tensor import Variable
from nbnet.layers.activity_regularization import penalize
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_data_format, checked_padding, checked_sizes, require_places, require_rank

__all__ = ["Convolution"]


class Convolution(Layer):
    """Base of convolutions.

    Parameters
    ----------
    kernel_size, strides, dilation_rate : int or sequence of int, >= 1
        One for each axis that the window slides along.
    padding : {"valid", "same", "causal"}
    data_format : "channels_last" or None
    activation : str, callable or None
    use_bias : bool
    bias_initializer : str or Initializer
    bias_regularizer, activity_regularizer : str, Regularizer or None
    bias_constraint : str, Constraint or None
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.
    """

    rank: ClassVar[int] = 2
    bias: Variable | None

    def __init__(
        self,
        *,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        activation: str | Callable[[Any], Any] | None,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        activity_regularizer: Any,
        bias_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.kernel_size = checked_sizes(owner, "kernel_size", kernel_size, self.rank)
        self.strides = checked_sizes(owner, "strides", strides, self.rank)
        self.padding = checked_padding(owner, padding, causal=self.rank == 1)
        checked_data_format(owner, data_format)
        self.data_format = "channels_last"
        self.dilation_rate = checked_sizes(owner, "dilation_rate", dilation_rate, self.rank)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializers.get(bias_initializer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)

    def _count(self, what: str, value: Any) -> int:
        """A number of channels, groups or kernels, checked to be 1 or more."""
        return checked_sizes(type(self).__name__, what, value, 1)[0]

    def _divided(self, groups: int, channels: int, what: str) -> None:
        """Raise a ShapeError unless `groups` divides a number of channels."""
        if channels % groups:
            raise ShapeError(
                f"{self.title} expects {what} that its groups divide; received {channels} for groups={groups}. Give a "
                f"multiple of {groups}, or other groups."
            )

    def _add_bias(self, size: int) -> None:
        """Make the bias, or none."""
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (size,),
                self.bias_initializer,
                "bias",
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _finished(self, y: Any) -> Any:
        """What the window gave with bias and activation; its penalty is noted."""
        y = self.activation(y if self.bias is None else y + self.bias)
        penalize(self, self.activity_regularizer, y)
        return y

    def _require(self, shape: Shape, channels: int | None = None) -> int:
        """The channels of input of `shape`, in which the window fits.

        Raises
        ------
        ShapeError
            When the rank is another, the channels are not `channels`, or no window fits.
        """
        require_rank(self.title, shape, self.rank)
        if channels is not None and shape[-1] != channels:
            raise ShapeError(
                f"{self.title} was built for {channels} channels; received input {tuple(shape)}. Give images with that "
                "many channels, or build a new layer."
            )
        self._require_places(shape)
        return operator.index(shape[-1] or 0)

    def _require_places(self, shape: Shape) -> None:
        """Raise a ShapeError when the input is smaller than the window."""
        require_places(self.title, shape, self.kernel_size, self.strides, self.padding, self.dilation_rate)
