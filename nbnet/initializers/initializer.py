"""The base of weight initializers and the random stream of one weight."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbnet.configurable import Configurable
from nbnet.graph import philox
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import aligned_empty

__all__ = ["Draw", "Initializer", "fans"]

# Weights draw from streams above those of the steps, so dropout and the weights of a layer never share numbers.
_WEIGHTS = 1 << 31

# Numbers are drawn so many at a time: what it takes to make them, ten times their size, then stays in a core's cache
# and is given back, where the heap would keep a good part of it.
_BLOCK = 1 << 14


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
        return self._blocks(philox.uniform, count, attempt)

    def normal(self, count: int, attempt: int = 0) -> np.ndarray:
        """`count` standard normal float32 numbers."""
        return self._blocks(philox.normal, count, attempt)

    def truncated_normal(self, count: int) -> np.ndarray:
        """`count` standard normal float32 numbers; those beyond ±2 are drawn again."""
        values = self.normal(count)
        attempt = 0
        outside = np.flatnonzero((values < -2) | (values > 2))
        while outside.size:
            attempt += 1
            drawn = self.normal(outside.size, attempt)
            values[outside] = drawn
            outside = outside[np.abs(drawn) > 2]
        return values

    def _blocks(self, numbers: Callable[..., np.ndarray], count: int, attempt: int) -> np.ndarray:
        """`count` float32 numbers of a distribution, a block after the other."""
        values = np.empty(count, np.float32)
        for start in range(0, count, _BLOCK):
            block = values[start : start + _BLOCK]
            block[:] = numbers(self.seed, attempt, _WEIGHTS + self.position, self.number, start, block.size)
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
            A new one, aligned as the memory of variables is.
        """
        draw = draw or Draw(get_seed(), 0, 0)
        if self.seed is not None:
            draw = replace(draw, seed=self.seed)
        # Memory is taken before the numbers are drawn: what lies above it in the heap is free again afterwards,
        # but what lay below would leave a hole between two weights.
        array = aligned_empty(tuple(shape), np.dtype(dtype))
        array[...] = np.reshape(self.values(tuple(shape), draw), shape)
        return array

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
