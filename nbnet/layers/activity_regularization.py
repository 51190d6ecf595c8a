"""Penalties of what layers give, as a layer and as an argument of other layers."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.regularizers import L1L2, Regularizer
from nbnet.regularizers.regularizer import checked_factor

__all__ = ["ActivityRegularization", "penalize"]


def penalize(layer: Layer, regularizer: Regularizer | None, y: Any) -> None:
    """Add the penalty of a layer's output to the loss of the step, divided by the number of samples.

    Parameters
    ----------
    layer : Layer
        Whose :meth:`Layer.add_loss` is called.
    regularizer : Regularizer or None
        None adds nothing.
    y : Tensor, shape (batch, ...)
    """
    if regularizer is not None:
        layer.add_loss(regularizer(y) / y.shape[0])


class ActivityRegularization(Layer):
    """Passes its input on and adds a penalty of it to the loss.

    Parameters
    ----------
    l1, l2 : float >= 0
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ValueError
        When `l1` or `l2` is negative or not finite.

    Notes
    -----
    The loss grows by (l1 Σ |x| + l2 Σ x²) / batch: divided by the number of samples, as in Keras 3, so that the
    penalty does not depend on the batch size.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.l1 = checked_factor("ActivityRegularization", "l1", l1)
        self.l2 = checked_factor("ActivityRegularization", "l2", l2)

    def call(self, x: Any) -> Any:
        """Add the penalty, pass on."""
        penalize(self, L1L2(self.l1, self.l2) if self.l1 or self.l2 else None, x)
        return x


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``ActivityRegularization``."""
    register("ActivityRegularization", ActivityRegularization)
