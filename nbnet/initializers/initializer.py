"""The base of weight initializers and the random stream of one weight."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbnet.configurable import Configurable
from nbnet.graph import philox
from nbnet.graph.seed import get_seed

__all__ = ["Draw", "Initializer", "fans"]

# Weights draw from streams above those of the steps, so dropout and the weights of a layer never share numbers.
_WEIGHTS = 1 << 31


@dataclass(frozen=True)
class Draw:
    """The random numbers that belong to one weight: a function of (seed, layer position, weight number).

    Parameters
    ----------
    seed : int
    position : int
        Place of the layer in its model.
    number : int
        Place of the weight in its layer.
    """

    seed: int
    position: int
    number: int

    def uniform(self, count: int, attempt: int = 0) -> np.ndarray:
        """`count` float32 numbers in [0, 1); each `attempt` has its own."""
        return philox.uniform(self.seed, attempt, _WEIGHTS + self.position, self.number, 0, count)

    def normal(self, count: int, attempt: int = 0) -> np.ndarray:
        """`count` standard normal float32 numbers."""
        return philox.normal(self.seed, attempt, _WEIGHTS + self.position, self.number, 0, count)

    def truncated_normal(self, count: int) -> np.ndarray:
        """`count` standard normal float32 numbers; those beyond ±2 are drawn again."""
        values = self.normal(count)
        attempt = 0
        while (outside := np.flatnonzero(np.abs(values) > 2)).size:
            attempt += 1
            values[outside] = self.normal(outside.size, attempt)
        return values


class Initializer(Configurable):
    """Base of initializers: subclasses define :meth:`values`.

    Parameters
    ----------
    seed : int, optional
        In place of the global seed (:func:`nbnet.set_seed`).
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = "float32", draw: Draw | None = None) -> np.ndarray:
        """The first values of a weight.

        Parameters
        ----------
        shape : tuple of int
        dtype : dtype
        draw : Draw, optional
            The weight's random stream; layers give it. Without it the stream of position 0 and weight 0.

        Returns
        -------
        ndarray of `shape` and `dtype`
        """
        draw = draw or Draw(get_seed(), 0, 0)
        if self.seed is not None:
            draw = replace(draw, seed=self.seed)
        return self.values(tuple(shape), draw).astype(dtype).reshape(shape)

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """The numbers for a weight of `shape`, as an array of as many elements."""
        raise NotImplementedError(f"{type(self).__name__} defines no values(shape, draw).")


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Fan-in and fan-out of a weight: (inputs, outputs) of a matrix, times the receptive field of a convolution.

    Parameters
    ----------
    shape : tuple of int
        ``(inputs, outputs)`` or ``(*receptive field, inputs, outputs)``.

    Returns
    -------
    tuple of int
        (1, 1) for a number, (n, n) for a vector of n, as Keras has it.
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field
