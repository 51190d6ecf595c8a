"""Random values for random graphs: numbers, inputs, and choices among what a graph has already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbnet.graph.graph import make_input
from nbnet.graph.tensor import Tensor

__all__ = ["GRID", "SIZES", "Maker", "Value"]

SIZES = (1, 2, 3, 5, 8, 17, 33)
"""Extents of axes."""
GRID = 0.25
"""Numbers are multiples of this, so that small sums and products of them are exact."""
LARGEST = 6000
"""Elements that a value may have."""


@dataclass
class Value:
    """A tensor; how many operations its numbers are away from exact small multiples of the grid (0: not exact)."""

    tensor: Tensor
    exact: int


class Maker:
    """One random graph in the making."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.dtype = "float64" if seed % 7 == 3 else "float32"
        self.inputs: list[np.ndarray] = []
        self.leaves: list[Tensor] = []
        self.values: list[Value] = []
        sizes = (0, 1, 3) if seed % 23 == 5 else SIZES
        self.base = tuple(int(size) for size in self.rng.choice(sizes, int(self.rng.integers(1, 4))))

    def chance(self, probability: float) -> bool:
        """True that often."""
        return bool(self.rng.random() < probability)

    def numbers(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        """Numbers on the grid in [-2, 2]; whole ones for integers."""
        dtype = dtype or self.dtype
        if dtype == "bool":
            return self.rng.random(shape) < 0.5
        if dtype == "uint8":
            return self.rng.integers(0, 5, shape).astype(dtype)
        if dtype.startswith("int"):
            return self.rng.integers(-3, 4, shape).astype(dtype)
        return (self.rng.integers(-8, 9, shape) * GRID).astype(dtype)

    def input(self, shape: tuple[int, ...], dtype: str | None = None) -> Value:
        """A new input leaf."""
        array = self.numbers(shape, dtype)
        leaf = make_input(shape, array.dtype, len(self.inputs))
        self.inputs.append(array)
        self.leaves.append(leaf)
        value = Value(leaf, 1)
        self.values.append(value)
        return value

    def pick(self, accept: Callable[[Value], bool] = lambda value: True, kinds: str = "f") -> Value:
        """An earlier value, or a new input of a shape that broadcasts with the base shape."""
        found = [value for value in self.values if accept(value) and value.tensor.dtype.kind in kinds]
        if found and self.chance(0.85):
            return found[int(self.rng.integers(len(found)))]
        keep = int(self.rng.integers(0, len(self.base) + 1))
        shape = tuple(size if self.chance(0.7) else 1 for size in self.base[keep:])
        dtypes = [self.dtype] if "f" in kinds else ["int32", "int64", "uint8"] if "i" in kinds else ["bool"]
        return self.input(shape, str(self.rng.choice(dtypes)))

    def with_axes(self, count: int = 1, exact: bool = False, kinds: str = "f") -> Value | None:
        """A value with at least so many axes and elements, if one is found."""

        def accept(value: Value) -> bool:
            return value.tensor.ndim >= count and value.tensor.size > 0 and (value.exact > 0 or not exact)

        value = self.pick(accept, kinds)
        return value if accept(value) else None

    def compatible(self, value: Value) -> Value:
        """A float that broadcasts with `value`."""

        def accept(other: Value) -> bool:
            try:
                return int(np.prod(np.broadcast_shapes(value.tensor.shape, other.tensor.shape))) <= LARGEST
            except ValueError:
                return False

        found = [other for other in self.values if other.tensor.dtype.kind == "f" and accept(other)]
        if found and self.chance(0.7):
            return found[int(self.rng.integers(len(found)))]
        shape = tuple(size if self.chance(0.7) else 1 for size in value.tensor.shape)
        return self.input(shape[int(self.rng.integers(0, len(shape) + 1)) :] if self.chance(0.5) else shape)

    def add(self, tensor: Any, exact: int = 0) -> None:
        """Keep a result for later use."""
        if tensor.size <= LARGEST:
            self.values.append(Value(tensor, exact if 0 < exact <= 3 else 0))
