"""The convolution of each channel by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet import constraints, initializers, regularizers
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.convolution import Convolution
from nbnet.layers.shapes import Shape

__all__ = ["DepthwiseConv2D"]


class DepthwiseConv2D(Convolution):
    """Kernels that slide over one channel each: activation(x ∗ kernel + bias).

    Parameters
    ----------
    kernel_size : int or (int, int), >= 1
        Rows and columns of a kernel.
    strides : int or (int, int), >= 1
        From one place of a kernel to the next.
    padding : {"valid", "same"}
        As in :class:`Conv2D`.
    depth_multiplier : int > 0
        Kernels of each channel.
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    dilation_rate : int or (int, int), >= 1
    activation : str, callable or None
        None is linear.
    use_bias : bool
    depthwise_initializer, bias_initializer : str or Initializer
    depthwise_regularizer, bias_regularizer : str, Regularizer or None
        Penalties of the weights, which training adds to the loss.
    activity_regularizer : str, Regularizer or None
        Penalty of the output of a batch, divided by the number of samples.
    depthwise_constraint, bias_constraint : str, Constraint or None
        What the weights become after each update.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError, ArgumentError
        As :class:`Conv2D`.

    Notes
    -----
    Input (batch, height, width, channels), kernel (rows, columns, channels, multiplier), output (batch, height',
    width', channels · multiplier): the outputs of a channel stand side by side. PyTorch has it as a convolution with as
    many groups as channels.

    Initializers count the fan-in of a kernel as rows · columns · channels, as Keras does, though a number of the output
    sees one channel alone.

    References
    ----------
    Sifre 2014, "Rigid-motion scattering for image classification", section 6.2.
    """

    kernel: Variable

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        activation: str | Callable[[Any], Any] | None = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
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
        self.depth_multiplier = self._count("depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        channels = self._require(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            "kernel",
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self._add_bias(channels * self.depth_multiplier)

    def call(self, x: Any) -> Any:
        """One convolution with as many groups as channels."""
        self._require(x.shape, self.kernel.shape[-2])
        return self._finished(ops.depthwise_conv2d(x, self.kernel, self.strides, self.padding, self.dilation_rate))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``DepthwiseConv2D``."""
    register("DepthwiseConv2D", DepthwiseConv2D)
