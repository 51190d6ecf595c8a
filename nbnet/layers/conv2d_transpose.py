"""The convolution that makes images larger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet import constraints, initializers, regularizers
from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.convolution import Convolution
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_sizes

__all__ = ["Conv2DTranspose"]


class Conv2DTranspose(Convolution):
    """Each number of the input spreads its kernels over the output: a convolution turned back, with larger images.

    Parameters
    ----------
    filters : int > 0
        The channels of the output.
    kernel_size : int or (int, int), >= 1
        Rows and columns of a kernel.
    strides : int or (int, int), >= 1
        How far from one another the kernels of neighbours stand: the factor by which images become larger.
    padding : {"valid", "same"}
        All that is reached; or size · stride rows and columns, an odd one more cut away at the end.
    output_padding : int, (int, int) or None
        How much larger the output is than size · stride - stride + kernel - 2 ⌊kernel / 2⌋ ("same") or size · stride
        - stride + kernel ("valid"), less than the stride.
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    dilation_rate : int or (int, int), >= 1
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
    ShapeError, ArgumentError
        As :class:`Conv2D`; and when `output_padding` is not below `strides`.

    Notes
    -----
    Input (batch, height, width, channels), kernel (rows, columns, filters, channels), bias (filters,), output (batch,
    height', width', filters). See :func:`nbnet.ops.conv2d_transpose` for the sizes. PyTorch gives its padding as a
    number that is cut away on both sides.

    References
    ----------
    Zeiler, Krishnan, Taylor and Fergus 2010, "Deconvolutional networks".
    """

    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        output_padding: int | tuple[int, int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
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
        self.output_padding: tuple[int, ...] | None = None
        if output_padding is not None:
            self.output_padding = checked_sizes("Conv2DTranspose", "output_padding", output_padding, 2, 0)
            if any(more >= stride for more, stride in zip(self.output_padding, self.strides, strict=True)):
                raise ShapeError(
                    f"Conv2DTranspose expects output_padding below strides; received output_padding={output_padding!r}"
                    f" and strides={self.strides}. More rows or columns can be put there with ZeroPadding2D."
                )
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias."""
        channels = self._require(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, self.filters, channels),
            self.kernel_initializer,
            "kernel",
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias(self.filters)

    def call(self, x: Any) -> Any:
        """One gradient of a convolution."""
        self._require(x.shape, self.kernel.shape[-1])
        y = ops.conv2d_transpose(x, self.kernel, self.strides, self.padding, self.output_padding, self.dilation_rate)
        return self._finished(y)

    def _require_places(self, shape: Shape) -> None:
        """Any input has places for what it spreads."""


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Conv2DTranspose``."""
    register("Conv2DTranspose", Conv2DTranspose)
