"""The convolution in two steps: over places, then over channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet import constraints, initializers, regularizers
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.convolution import Convolution
from nbnet.layers.shapes import Shape

__all__ = ["SeparableConv2D"]


class SeparableConv2D(Convolution):
    """Kernels over one channel each, then of one place over all: activation((x ∗ depthwise) ∗ pointwise + bias).

    Parameters
    ----------
    filters : int > 0
        Number of pointwise kernels, the channels of the output.
    kernel_size : int or (int, int), >= 1
        Rows and columns of a depthwise kernel.
    strides : int or (int, int), >= 1
        Of the depthwise kernels.
    padding : {"valid", "same"}
        As in :class:`Conv2D`.
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    dilation_rate : int or (int, int), >= 1
        Of the depthwise kernels.
    depth_multiplier : int > 0
        Depthwise kernels of each channel.
    activation : str, callable or None
        None is linear.
    use_bias : bool
    depthwise_initializer, pointwise_initializer, bias_initializer : str or Initializer
    depthwise_regularizer, pointwise_regularizer, bias_regularizer : str, Regularizer or None
        Penalties of the weights, which training adds to the loss.
    activity_regularizer : str, Regularizer or None
        Penalty of the output of a batch, divided by the number of samples.
    depthwise_constraint, pointwise_constraint, bias_constraint : str, Constraint or None
        What the weights become after each update.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError, ArgumentError
        As :class:`Conv2D`.

    Notes
    -----
    Input (batch, height, width, channels), depthwise kernel (rows, columns, channels, multiplier), pointwise kernel
    (1, 1, channels · multiplier, filters), output (batch, height', width', filters). Nothing stands between the two.

    References
    ----------
    Chollet 2017, "Xception: deep learning with depthwise separable convolutions", section 1.
    """

    depthwise_kernel: Variable
    pointwise_kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        depth_multiplier: int = 1,
        activation: str | Callable[[Any], Any] | None = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.filters = self._count("filters", filters)
        self.depth_multiplier = self._count("depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make both kernels and the bias."""
        channels = self._require(input_shape)
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            "depthwise_kernel",
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            (1, 1, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            "pointwise_kernel",
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self._add_bias(self.filters)

    def call(self, x: Any) -> Any:
        """Two convolutions."""
        self._require(x.shape, self.depthwise_kernel.shape[-2])
        y = ops.depthwise_conv2d(x, self.depthwise_kernel, self.strides, self.padding, self.dilation_rate)
        return self._finished(ops.conv2d(y, self.pointwise_kernel))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``SeparableConv2D``."""
    register("SeparableConv2D", SeparableConv2D)
