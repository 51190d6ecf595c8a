"""Group normalization."""

from __future__ import annotations

import operator
from typing import Any

from nbnet import constraints, initializers, regularizers
from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.axes import sample_axes
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["GroupNormalization"]


class GroupNormalization(Layer):
    """Runs of channels of each sample brought to mean 0 and variance 1, then scaled by γ and shifted by β.

    Parameters
    ----------
    groups : int > 0, or -1
        How many runs the channels are cut into: 1 is one for all of a sample, -1 one for each channel (instance
        normalization).
    axis : int
        The axis of channels, not the batch axis.
    epsilon : float >= 0
        Added to the variance.
    center, scale : bool
        Whether β and γ exist.
    beta_initializer, gamma_initializer : str or Initializer
    beta_regularizer, gamma_regularizer : str, Regularizer or None
        Penalties of β and γ, which training adds to the loss.
    beta_constraint, gamma_constraint : str, Constraint or None
        What β and γ become after each update.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ArgumentError
        When `groups` is neither a positive int nor -1, or `axis` is no int.
    ShapeError
        When the input has no such axis, or `groups` does not divide its size.

    Notes
    -----
    y = γ (x - mean) / sqrt(variance + ε) + β with mean and biased variance of all numbers of a sample in a run of
    channels / groups channels; γ and β have the shape (channels,). Training and inference are the same, and no sample
    depends on another. PyTorch has ε = 1e-5 and its channels on axis 1.

    References
    ----------
    Wu and He 2018, "Group normalization", eq. 1 and 7.
    """

    gamma: Variable | None
    beta: Variable | None

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        count = operator.index(groups) if hasattr(groups, "__index__") and not isinstance(groups, bool) else 0
        if count < 1 and count != -1:
            raise ArgumentError(
                f"GroupNormalization expects groups to be a positive int, or -1 for one a channel; received {groups!r}."
            )
        if not epsilon >= 0:
            raise ValueError(f"GroupNormalization expects epsilon >= 0; received {epsilon}.")
        if isinstance(axis, bool) or not hasattr(axis, "__index__"):
            raise ArgumentError(f"GroupNormalization expects an int as axis, the one of channels; received {axis!r}.")
        self.axis = operator.index(axis)
        self.groups = count
        self.epsilon = float(epsilon)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make γ and β."""
        _, channels, _ = self._cut(input_shape)
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                (channels,),
                self.gamma_initializer,
                "gamma",
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                (channels,),
                self.beta_initializer,
                "beta",
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )

    def call(self, x: Any) -> Any:
        """Normalize each run of channels of each sample."""
        axis, channels, groups = self._cut(x.shape)
        weight = self.gamma if self.gamma is not None else self.beta
        if weight is not None and weight.shape != (channels,):
            raise ShapeError(
                f"{self.title} expects {weight.shape[0]} channels on axis {self.axis}; received input of shape "
                f"{tuple(x.shape)}. Build a new layer for that input."
            )
        runs = ops.reshape(x, (*x.shape[:axis], groups, channels // groups, *x.shape[axis + 1 :]))
        others = tuple(index for index in range(1, runs.ndim) if index != axis)
        centered = runs - ops.mean(runs, axis=others, keepdims=True)
        variance = ops.mean(ops.square(centered), axis=others, keepdims=True)
        y = ops.reshape(centered * ops.rsqrt(variance + self.epsilon), x.shape)
        along = tuple(channels if index == axis else 1 for index in range(x.ndim))

        def spread(vector: Any) -> Any:
            return vector if axis == x.ndim - 1 else ops.reshape(vector, along)

        if self.gamma is not None:
            y = y * spread(self.gamma)
        return y if self.beta is None else y + spread(self.beta)

    def _cut(self, shape: Shape) -> tuple[int, int, int]:
        """The axis of channels from the front, their number, and that of groups."""
        (axis,) = sample_axes(self.title, (self.axis,), shape)
        channels = int(shape[axis] or 0)
        groups = channels if self.groups == -1 else self.groups
        if not groups or channels % groups:
            raise ShapeError(
                f"{self.title} cuts channels into {groups} groups; received input {tuple(shape)} with {channels} "
                f"channels on axis {axis}. Give groups= a divisor of {channels}, or -1 for one a channel."
            )
        return axis, channels, groups


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``GroupNormalization``."""
    register("GroupNormalization", GroupNormalization)
