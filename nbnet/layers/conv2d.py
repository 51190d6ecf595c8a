"""The convolution of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet import constraints, initializers, regularizers
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.convolution import Convolution
from nbnet.layers.shapes import Shape

__all__ = ["Conv2D"]


class Conv2D(Convolution):
    """Kernels that slide over images: activation(x ∗ kernel + bias).

    Parameters
    ----------
    filters : int > 0
        Number of kernels, the channels of the output.
    kernel_size : int or (int, int), >= 1
        Rows and columns of a kernel.
    strides : int or (int, int), >= 1
        From one place of a kernel to the next.
    padding : {"valid", "same"}
        Nothing; or zeros around the images with which the output has ceil(size / stride) rows and columns, an odd one
        at the end.
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    dilation_rate : int or (int, int), >= 1
        From one number that a kernel sees to the next.
    groups : int > 0
        Channels are cut into that many runs; each run of filters sees one run of channels.
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

    Raises
    ------
    ShapeError
        When a size, stride or number is below 1, the input is no batch of images, smaller than the kernel, or `groups`
        divides not both channels and `filters`.
    ArgumentError
        When `padding` or `data_format` is another.

    Notes
    -----
    Input (batch, height, width, channels), kernel (rows, columns, channels / groups, filters), bias (filters,), output
    (batch, height', width', filters) with height' = ⌊(height + padding - (rows - 1) dilation - 1) / stride⌋ + 1. See
    :func:`nbnet.ops.conv2d`.

    Keras refuses strides together with a dilation; here they may both be above 1. PyTorch keeps images as (batch,
    channels, height, width), kernels as (filters, channels / groups, rows, columns), and draws kernel and bias from
    ±1 / sqrt(fan-in).

    References
    ----------
    LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition", section II.
    """

    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        groups: int = 1,
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
        self.groups = self._count("groups", groups)
        self._divided(self.groups, self.filters, "filters")
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        channels = self._require(input_shape)
        self._divided(self.groups, channels, "channels")
        self.kernel = self.add_weight(
            (*self.kernel_size, channels // self.groups, self.filters),
            self.kernel_initializer,
            "kernel",
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias(self.filters)

    def call(self, x: Any) -> Any:
        """One convolution."""
        self._require(x.shape, self.kernel.shape[-2] * self.groups)
        y = ops.conv2d(x, self.kernel, self.strides, self.padding, self.dilation_rate, self.groups)
        return self._finished(y)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Conv2D``."""
    register("Conv2D", Conv2D)
