"""The convolution of signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from nbnet import constraints, initializers, regularizers
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.convolution import Convolution
from nbnet.layers.shapes import Shape

__all__ = ["Conv1D"]


class Conv1D(Convolution):
    """Kernels that slide along signals: activation(x ∗ kernel + bias).

    Parameters
    ----------
    filters : int > 0
        Number of kernels, the channels of the output.
    kernel_size, strides, dilation_rate : int >= 1
    padding : {"valid", "same", "causal"}
        Nothing; zeros on both sides with which the output has ceil(steps / stride) steps; or as many zeros before the
        signal as a kernel looks back, so that no output sees what comes later.
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
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
    ShapeError, ArgumentError
        As :class:`Conv2D`.

    Notes
    -----
    Input (batch, steps, channels), kernel (size, channels / groups, filters), bias (filters,), output (batch, steps',
    filters). It is a convolution of images of one row, see :func:`nbnet.ops.conv1d`.

    References
    ----------
    van den Oord et al. 2016, "WaveNet: a generative model for raw audio", section 2.1, of causal padding.
    """

    rank: ClassVar[int] = 1
    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int = 1,
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
        y = ops.conv1d(x, self.kernel, self.strides[0], self.padding, self.dilation_rate[0], self.groups)
        return self._finished(y)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Conv1D``."""
    register("Conv1D", Conv1D)
