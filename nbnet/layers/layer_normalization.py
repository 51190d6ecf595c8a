"""Layer normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet import constraints, initializers, regularizers
from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.axes import as_axes, sample_axes
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["LayerNormalization"]


class LayerNormalization(Layer):
    """Each sample brought to mean 0 and variance 1 by itself, then scaled by γ and shifted by β.

    Parameters
    ----------
    axis : int or sequence of int
        Over which mean and variance are taken.
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
    ShapeError
        When the input has no such axis, or it is the batch axis.

    Notes
    -----
    y = γ (x - mean) / sqrt(variance + ε) + β with the biased variance; γ and β have the sizes of the axes, in rising
    order. Training and inference are the same.

    PyTorch has ε = 1e-5 and names the sizes of the last axes in place of axes. The argument ``rms_scaling``, which
    Keras 3 takes and advises against, does not exist.

    References
    ----------
    Ba, Kiros and Hinton 2016, "Layer normalization", eq. 3 and 4.
    """

    gamma: Variable | None
    beta: Variable | None

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
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
        if not epsilon >= 0:
            raise ValueError(f"LayerNormalization expects epsilon >= 0; received {epsilon}.")
        self.axis = as_axes("LayerNormalization", axis)
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
        shape = self._sizes(input_shape)
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                "gamma",
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                "beta",
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )

    def call(self, x: Any) -> Any:
        """Normalize each sample."""
        axes, sizes = sample_axes(self.title, self.axis, x.shape), self._sizes(x.shape)
        weight = self.gamma if self.gamma is not None else self.beta
        if weight is not None and weight.shape != sizes:
            raise ShapeError(
                f"{self.title} expects sizes {weight.shape} on axes {axes}; received input of shape {tuple(x.shape)}. "
                "Build a new layer for that input."
            )
        along = tuple(size if index in axes else 1 for index, size in enumerate(x.shape))

        def spread(vector: Any) -> Any:
            return vector if axes == tuple(range(x.ndim - len(axes), x.ndim)) else ops.reshape(vector, along)

        centered = x - ops.mean(x, axis=axes, keepdims=True)
        variance = ops.mean(ops.square(centered), axis=axes, keepdims=True)
        y = centered * ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            y = y * spread(self.gamma)
        return y if self.beta is None else y + spread(self.beta)

    def _sizes(self, shape: Shape) -> tuple[int, ...]:
        """Sizes of the axes."""
        return tuple(int(shape[axis] or 0) for axis in sample_axes(self.title, self.axis, shape))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``LayerNormalization``."""
    register("LayerNormalization", LayerNormalization)
