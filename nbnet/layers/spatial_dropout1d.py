"""Dropout of whole channels of signals."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.randomness import checked_rate, checked_seed, seed_of_draw
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import require_rank

__all__ = ["SpatialDropout1D"]


class SpatialDropout1D(Layer):
    """Dropout of whole channels: in training each channel of a sample becomes 0 with probability `rate`.

    The others are multiplied by 1 / (1 - rate); outside training nothing changes.

    Parameters
    ----------
    rate : float in [0, 1)
    seed : int, optional
        In place of the global seed.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ValueError
        When `rate` is not in [0, 1).
    ShapeError
        When the input is no (batch, steps, channels).

    Notes
    -----
    It is :class:`Dropout` with ``noise_shape=(None, 1, None)``: steps of a channel that are near to one another
    are alike, so that dropping single ones would hide little.

    References
    ----------
    Tompson et al. 2015, "Efficient object localization using convolutional networks", section 3.2.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = checked_rate("SpatialDropout1D", rate)
        self.seed = checked_seed("SpatialDropout1D", seed)

    def build(self, input_shape: Shape) -> None:
        """Check that the input has steps and channels."""
        require_rank(self.title, input_shape, 1)

    def call(self, x: Any, training: bool = False) -> Any:
        """Drop channels in training, else pass on."""
        require_rank(self.title, x.shape, 1)
        if not training:
            return x
        shape = (x.shape[0], 1, x.shape[-1])
        return x * ops.dropout(ops.ones(shape, x.dtype), self.rate, seed=seed_of_draw(self.seed))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``SpatialDropout1D``."""
    register("SpatialDropout1D", SpatialDropout1D)
