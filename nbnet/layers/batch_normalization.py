"""Batch normalization."""

from __future__ import annotations

import operator
from typing import Any

from nbnet import constraints, initializers, regularizers
from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["BatchNormalization"]


class BatchNormalization(Layer):
    """Each channel brought to mean 0 and variance 1 over the batch, then scaled by γ and shifted by β.

    Parameters
    ----------
    axis : int
        The axis of channels, not the batch axis.
    momentum : float in [0, 1]
        How much of the moving averages is kept at each training step.
    epsilon : float
        Added to the variance.
    center, scale : bool
        Whether β and γ exist.
    beta_initializer, gamma_initializer : str or Initializer
    moving_mean_initializer, moving_variance_initializer : str or Initializer
    beta_regularizer, gamma_regularizer : str, Regularizer or None
        Penalties of β and γ, which training adds to the loss.
    beta_constraint, gamma_constraint : str, Constraint or None
        What β and γ become after each update.
    synchronized : bool
        Reserved: means over the batches of several devices are not available.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ArgumentError
        When `synchronized` is True.

    Notes
    -----
    All weights have the shape (channels,). In training y = γ (x - mean) / sqrt(variance + ε) + β with the mean and the
    biased variance of the batch, and moving ← momentum · moving + (1 - momentum) · batch. Otherwise, and where
    ``trainable`` is False, the moving averages stand for those of the batch.

    PyTorch names the other share, momentum 0.1 for 0.9 here, puts n / (n - 1) times the batch's variance into the
    moving variance, and has ε = 1e-5.

    References
    ----------
    Ioffe and Szegedy 2015, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", algorithm 1.
    """

    gamma: Variable | None
    beta: Variable | None
    moving_mean: Variable
    moving_variance: Variable

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        *,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(f"BatchNormalization expects momentum in [0, 1]; received {momentum}.")
        if epsilon < 0:
            raise ValueError(f"BatchNormalization expects epsilon >= 0; received {epsilon}.")
        if isinstance(axis, bool) or not hasattr(axis, "__index__"):
            raise ArgumentError(f"BatchNormalization expects an int as axis, the one of channels; received {axis!r}.")
        if synchronized:
            raise ArgumentError(
                "BatchNormalization(synchronized=True) is not available: there is one device, whose batch is the whole "
                "batch. Leave synchronized=False."
            )
        self.axis = operator.index(axis)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.synchronized = False

    def build(self, input_shape: Shape) -> None:
        """Make γ, β and the moving averages."""
        channels = (self._channels(input_shape),)
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                channels,
                self.gamma_initializer,
                "gamma",
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                channels,
                self.beta_initializer,
                "beta",
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        self.moving_mean = self.add_weight(channels, self.moving_mean_initializer, "moving_mean", trainable=False)
        self.moving_variance = self.add_weight(
            channels, self.moving_variance_initializer, "moving_variance", trainable=False
        )

    def call(self, x: Any, training: bool = False) -> Any:
        """Normalize by the batch in training, else by the moving averages."""
        channels = self._channels(x.shape)
        if channels != self.moving_mean.shape[0]:
            raise ShapeError(
                f"{self.title} expects {self.moving_mean.shape[0]} channels on axis {self.axis}; received input of "
                f"shape {tuple(x.shape)}. Build a new layer for that input."
            )
        axis = self.axis % x.ndim
        others = tuple(index for index in range(x.ndim) if index != axis)
        along = tuple(channels if index == axis else 1 for index in range(x.ndim))

        def spread(vector: Any) -> Any:
            return vector if axis == x.ndim - 1 else ops.reshape(vector, along)

        if training and self.trainable:
            mean = ops.mean(x, axis=others)
            centered = x - spread(mean)
            variance = ops.mean(ops.square(centered), axis=others)
            self.moving_mean.assign(self.moving_mean * self.momentum + mean * (1 - self.momentum))
            self.moving_variance.assign(self.moving_variance * self.momentum + variance * (1 - self.momentum))
        else:
            variance = self.moving_variance
            centered = x - spread(self.moving_mean)
        factor = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * self.gamma
        y = centered * spread(factor)
        return y if self.beta is None else y + spread(self.beta)

    def _channels(self, shape: Shape) -> int:
        """Size of the axis of channels."""
        if len(shape) < 2 or not -len(shape) <= self.axis < len(shape) or self.axis % len(shape) == 0:
            raise ShapeError(
                f"{self.title} expects input (batch, …, channels) with its channels on axis {self.axis}; received "
                f"shape {tuple(shape)}."
            )
        return int(shape[self.axis] or 0)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``BatchNormalization``."""
    register("BatchNormalization", BatchNormalization)
