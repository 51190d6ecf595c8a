"""The convolution of signals."""

from __future__ import annotations

from typing import Any, ClassVar

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.filter_convolution import FilterConvolution

__all__ = ["Conv1D"]


class Conv1D(FilterConvolution):
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

    def call(self, x: Any) -> Any:
        """One convolution."""
        self._require(x.shape, self.kernel.shape[-2] * self.groups)
        y = ops.conv1d(x, self.kernel, self.strides[0], self.padding, self.dilation_rate[0], self.groups)
        return self._finished(y)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Conv1D``."""
    register("Conv1D", Conv1D)
