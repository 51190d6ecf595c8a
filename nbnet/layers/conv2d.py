"""The convolution of images."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.filter_convolution import FilterConvolution

__all__ = ["Conv2D"]


class Conv2D(FilterConvolution):
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

    def call(self, x: Any) -> Any:
        """One convolution."""
        self._require(x.shape, self.kernel.shape[-2] * self.groups)
        y = ops.conv2d(x, self.kernel, self.strides, self.padding, self.dilation_rate, self.groups)
        return self._finished(y)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Conv2D``."""
    register("Conv2D", Conv2D)
