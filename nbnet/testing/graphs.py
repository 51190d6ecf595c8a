"""Random graphs for differential tests.

Operators that jump (comparisons, argmax, casts to integers) are only fed with numbers on an exact grid, where
the compiled and the reference arithmetic agree to the last bit; so a difference is a fault and not a rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, make_input
from nbnet.graph.tensor import RuntimeScalar, Tensor, Variable
from nbnet.graph.trace import Trace, tracing, update_group

__all__ = ["Sample", "random_graph"]

_SIZES = (1, 2, 3, 5, 8, 17, 33)
_GRID = 0.25
_LARGEST = 6000
"""Elements that a value may have."""


@dataclass
class Sample:
    """A random graph with numbers for its inputs.

    Attributes
    ----------
    seed : int
        What it was made from.
    graph : Graph
    inputs : list of ndarray
    variables : list of Variable
        State that the graph reads and assigns.
    """

    seed: int
    graph: Graph
    inputs: list[np.ndarray]
    variables: list[Variable] = field(default_factory=list)


@dataclass
class _Value:
    """A tensor; how many operations its numbers are away from exact small multiples of the grid (0: not exact)."""

    tensor: Tensor
    exact: int


class _Maker:
    """One random graph in the making."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.dtype = "float64" if seed % 7 == 3 else "float32"
        self.inputs: list[np.ndarray] = []
        self.leaves: list[Tensor] = []
        self.values: list[_Value] = []
        sizes = (0, 1, 3) if seed % 23 == 5 else _SIZES
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
        return (self.rng.integers(-8, 9, shape) * _GRID).astype(dtype)

    def input(self, shape: tuple[int, ...], dtype: str | None = None) -> _Value:
        """A new input leaf."""
        array = self.numbers(shape, dtype)
        leaf = make_input(shape, array.dtype, len(self.inputs))
        self.inputs.append(array)
        self.leaves.append(leaf)
        value = _Value(leaf, 1)
        self.values.append(value)
        return value

    def pick(self, accept: Callable[[_Value], bool] = lambda value: True, kinds: str = "f") -> _Value:
        """An earlier value, or a new input of a shape that broadcasts with the base shape."""
        found = [value for value in self.values if accept(value) and value.tensor.dtype.kind in kinds]
        if found and self.chance(0.85):
            return found[int(self.rng.integers(len(found)))]
        keep = int(self.rng.integers(0, len(self.base) + 1))
        shape = tuple(size if self.chance(0.7) else 1 for size in self.base[keep:])
        dtypes = [self.dtype] if "f" in kinds else ["int32", "int64", "uint8"] if "i" in kinds else ["bool"]
        return self.input(shape, str(self.rng.choice(dtypes)))

    def with_axes(self, count: int = 1, exact: bool = False, kinds: str = "f") -> _Value | None:
        """A value with at least so many axes and elements, if one is found."""

        def accept(value: _Value) -> bool:
            return value.tensor.ndim >= count and value.tensor.size > 0 and (value.exact > 0 or not exact)

        value = self.pick(accept, kinds)
        return value if accept(value) else None

    def compatible(self, value: _Value) -> _Value:
        """A float that broadcasts with `value`."""

        def accept(other: _Value) -> bool:
            try:
                return int(np.prod(np.broadcast_shapes(value.tensor.shape, other.tensor.shape))) <= _LARGEST
            except ValueError:
                return False

        found = [other for other in self.values if other.tensor.dtype.kind == "f" and accept(other)]
        if found and self.chance(0.7):
            return found[int(self.rng.integers(len(found)))]
        shape = tuple(size if self.chance(0.7) else 1 for size in value.tensor.shape)
        return self.input(shape[int(self.rng.integers(0, len(shape) + 1)) :] if self.chance(0.5) else shape)

    def add(self, tensor: Any, exact: int = 0) -> None:
        """Keep a result for later use."""
        if tensor.size <= _LARGEST:
            self.values.append(_Value(tensor, exact if 0 < exact <= 3 else 0))

    def step(self) -> None:
        """Append one random operation."""
        actions = (
            self.unary, self.unary, self.binary, self.binary, self.reduction, self.reduction, self.jump, self.product,
            self.move, self.rows, self.whole, self.logic, self.spread, self.scatter, self.chance_numbers,
        )  # fmt: skip
        actions[int(self.rng.integers(len(actions)))]()

    def unary(self) -> None:
        """A smooth function of one value, kept in a range where it is tame."""
        value = self.pick()
        x = value.tensor
        choice = int(self.rng.integers(14))
        if choice < 3:
            self.add((-x, ops.abs(x), x * 0.5)[choice], value.exact + (choice == 2) if value.exact else 0)
            return
        tame = ops.tanh(x)
        functions: tuple[Callable[[], Tensor], ...] = (
            lambda: ops.exp(tame), lambda: ops.log(tame + 1.5), lambda: ops.log1p(ops.square(tame)), lambda: tame,
            lambda: ops.sigmoid(x), lambda: ops.softplus(tame), lambda: ops.sqrt(ops.square(tame) + 0.5),
            lambda: ops.rsqrt(ops.square(tame) + 0.5), lambda: ops.power(ops.abs(tame) + 0.5, 1.5),
            lambda: ops.power(tame, 2.0), lambda: ops.stop_gradient(tame) * tame,
        )  # fmt: skip
        self.add(functions[choice - 3]())

    def binary(self) -> None:
        """Arithmetic of two values."""
        a = self.pick()
        b = self.compatible(a)
        exact = max(a.exact, b.exact) + 1 if a.exact and b.exact else 0
        choice = int(self.rng.integers(6))
        x, y = a.tensor, b.tensor
        if choice == 0:
            self.add(x + y, exact)
        elif choice == 1:
            self.add(x - y, exact)
        elif choice == 2:
            self.add(x * ops.tanh(y))
        elif choice == 3:
            self.add(x / (ops.square(y) + 0.5))
        elif a.exact and b.exact:
            self.add(ops.minimum(x, y) if choice == 4 else ops.maximum(x, y), exact)
        else:
            self.add(x + ops.sigmoid(y))

    def _axes(self, x: Tensor) -> tuple[int, ...]:
        """A random non-empty set of axes."""
        axes = [axis for axis in range(x.ndim) if self.chance(0.5)]
        return tuple(axes) or (int(self.rng.integers(x.ndim)),)

    def reduction(self) -> None:
        """A sum, mean, maximum or logsumexp over axes."""
        value = self.with_axes()
        if value is None:
            return
        x = value.tensor
        axes, keepdims = self._axes(x), self.chance(0.6)
        choice = int(self.rng.integers(5))
        if choice == 0:
            self.add(ops.sum(ops.tanh(x), axis=axes, keepdims=keepdims) * 0.25)
        elif choice == 1:
            self.add(ops.mean(x, axis=axes, keepdims=keepdims))
        elif choice == 2:
            self.add(ops.logsumexp(x, axis=axes, keepdims=keepdims))
        elif value.exact:
            extremum = ops.max if choice == 3 else ops.min
            self.add(extremum(x, axis=axes, keepdims=keepdims), value.exact)

    def rows(self) -> None:
        """A softmax or a normalisation."""
        value = self.with_axes()
        if value is None:
            return
        x = value.tensor
        axis = int(self.rng.integers(x.ndim))
        if self.chance(0.6):
            self.add(ops.softmax(x, axis=axis) if self.chance(0.5) else ops.log_softmax(x, axis=axis))
            return
        centred = x - ops.mean(x, axis=axis, keepdims=True)
        self.add(centred * ops.rsqrt(ops.mean(ops.square(centred), axis=axis, keepdims=True) + 0.1))

    def jump(self) -> None:
        """An operation that jumps, on exact numbers."""
        value = self.with_axes(0, exact=True)
        if value is None:
            return
        x = value.tensor
        choice = int(self.rng.integers(7))
        if choice == 0:
            self.add(ops.where(x > 0.3, x, ops.tanh(x)))
        elif choice == 1:
            self.add(ops.cast(x, str(self.rng.choice(["int32", "int64"]))), value.exact)
        elif choice == 2:
            self.add(ops.sign(x), 1)
        elif choice == 3 and x.ndim:
            self.add(ops.argmax(x, axis=int(self.rng.integers(x.ndim)), keepdims=self.chance(0.3)), 1)
        elif choice == 4:
            self.add(ops.cast(ops.abs(x), "uint8"), 1)
        elif choice == 5:
            self.add(ops.cast(x, "float64" if x.dtype == np.float32 else "float32"), value.exact)
        else:
            self.add((x >= 0.0) & (x < 1.0), 1)

    def whole(self) -> None:
        """Arithmetic of integers, and their way to floats."""
        value = self.with_axes(0, exact=True, kinds="iu")
        if value is None:
            return
        x = value.tensor
        choice = int(self.rng.integers(8))
        if choice == 0:
            self.add(ops.cast(x, self.dtype) * _GRID, 1)
        elif choice == 1:
            self.add(ops.one_hot(x, 3, self.dtype if self.chance(0.7) else "int32"), 1)
        elif choice == 2 and x.ndim:
            self.add(ops.sum(x, axis=self._axes(x), keepdims=self.chance(0.5)), value.exact + 1)
        elif choice == 3 and x.ndim:
            extremum = ops.max if self.chance(0.5) else ops.min
            self.add(extremum(x, axis=self._axes(x), keepdims=self.chance(0.5)), value.exact)
        elif choice == 4:
            self.add(x + x * 3, value.exact + 1)
        elif choice == 5:
            self.add(x == 1, 1)
        elif choice == 6:
            self.add(ops.abs(x) if self.chance(0.5) else ops.maximum(x, 1), value.exact)
        else:
            self.add(ops.cast(x, str(self.rng.choice(["int32", "int64", "bool"]))), value.exact)

    def logic(self) -> None:
        """Conditions: combined, counted, used to choose."""
        value = self.with_axes(0, exact=True, kinds="b")
        if value is None:
            return
        x = value.tensor
        choice = int(self.rng.integers(6))
        if choice == 0:
            self.add(~x, 1)
        elif choice == 1:
            self.add(x | (ops.cast(x, "int32") > 0), 1)
        elif choice == 2 and x.ndim:
            self.add(ops.sum(x, axis=self._axes(x)), 1)
        elif choice == 3 and x.ndim:
            self.add(ops.max(x, axis=self._axes(x), keepdims=self.chance(0.5)), 1)
        elif choice == 4:
            self.add(ops.cast(x, self.dtype), 1)
        else:
            other = self.compatible(value)
            self.add(ops.where(x, other.tensor, 0.5), other.exact)

    def product(self) -> None:
        """A matrix product, with either factor transposed and leading axes that broadcast."""
        value = self.with_axes(2)
        if value is None or self.chance(0.1):
            value = self.input((2, 3, int(self.rng.choice(_SIZES)), 5))
        x = value.tensor
        flip_a, flip_b = self.chance(0.3), self.chance(0.4)
        inner = x.shape[-2] if flip_a else x.shape[-1]
        width = int(self.rng.choice(_SIZES))
        shape = (width, inner) if flip_b else (inner, width)
        lead = tuple(size if self.chance(0.6) else 1 for size in x.shape[:-2])
        lead = lead[int(self.rng.integers(0, len(lead) + 1)) :]
        y = self.input((*lead, *shape), str(x.dtype)).tensor
        result = ops.matmul(x, y, transpose_a=flip_a, transpose_b=flip_b)
        self.add(ops.tanh(result * 0.25) if self.chance(0.8) else ops.matmul(x, x, transpose_b=True) * 0.1)

    def move(self) -> None:
        """Reshape, transpose, slice, concatenate, gather, of any dtype."""
        value = self.with_axes(1, kinds="fiub" if self.chance(0.3) else "f")
        if value is None:
            return
        x = value.tensor
        choice = int(self.rng.integers(6))
        if choice == 0:
            self.add(ops.reshape(x, (-1,)), value.exact)
        elif choice == 1:
            self.add(ops.transpose(x, [int(axis) for axis in self.rng.permutation(x.ndim)]), value.exact)
        elif choice == 2:
            step = int(self.rng.choice([1, 2, -1]))
            self.add(x[::step] if self.chance(0.5) else x[..., : max(1, x.shape[-1] - 1)], value.exact)
        elif choice == 3:
            self.add(ops.concatenate([x, x[:1], x], axis=0), value.exact)
        elif choice == 4:
            self.add(ops.pad(x, [(int(self.rng.integers(0, 3)), 1)] * x.ndim), value.exact)
        else:
            axis = int(self.rng.integers(x.ndim))
            indices = self.rng.integers(-x.shape[axis], x.shape[axis], int(self.rng.integers(1, 6)))
            self.add(ops.gather(x, indices.astype(self.rng.choice(["int32", "int64"])), axis=axis), value.exact)

    def spread(self) -> None:
        """A value repeated to a larger shape."""
        value = self.pick(kinds="fiub" if self.chance(0.3) else "f")
        shape = tuple(3 if size == 1 and self.chance(0.7) else size for size in value.tensor.shape)
        self.add(ops.broadcast_to(value.tensor, (2, *shape) if self.chance(0.5) else shape), value.exact)

    def scatter(self) -> None:
        """Rows added by number."""
        value = self.with_axes()
        if value is None:
            return
        x = value.tensor
        axis, size = int(self.rng.integers(x.ndim)), int(self.rng.integers(1, 5))
        indices = self.rng.integers(-size, size, x.shape[axis])
        shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
        self.add(ops.scatter_add(shape, indices, ops.tanh(x) * 0.5, axis=axis))

    def chance_numbers(self) -> None:
        """Random numbers, which compiled and reference draw alike."""
        if self.chance(0.5):
            self.add(ops.cast(ops.bernoulli(self.base, 0.5), self.dtype), 1)
        else:
            self.add(ops.uniform(self.base, dtype=self.dtype))


def random_graph(seed: int, length: int = 10) -> Sample:
    """A random graph; odd seeds also differentiate it, every fifth updates state behind a guard.

    Parameters
    ----------
    seed : int
    length : int
        Number of random operations.
    """
    maker = _Maker(seed)
    maker.input(maker.base)
    variables: list[Variable] = []
    trace = Trace(RuntimeScalar("seed", lambda: seed, "int64"), RuntimeScalar("step", lambda: 3, "int64"))
    with tracing(trace):
        if seed % 5 == 0:
            shape = maker.values[0].tensor.shape
            variables = [Variable(maker.numbers(shape), name=f"w{index}") for index in range(3)]
            maker.values.extend(_Value(trace.read(variable), 0) for variable in variables)
        for _ in range(length):
            maker.step()
        results = [value.tensor for value in maker.values if value.tensor.op.kind != "leaf"] or maker.leaves
        floats = [tensor for tensor in results if tensor.dtype.kind == "f" and tensor.size] or maker.leaves[:1]
        outputs = [results[int(maker.rng.integers(len(results)))], floats[int(maker.rng.integers(len(floats)))]]
        if seed % 2 or variables:
            target = ops.sum(ops.tanh(outputs[1])) * (1 / max(outputs[1].size, 1))
            found = gradients(target, [maker.leaves[0], *(trace.read(variable) for variable in variables)])
            outputs += found
            if variables:
                _update(maker, variables, target, found[1:])
    return Sample(seed, Graph(tuple(maker.leaves), tuple(outputs), tuple(trace.effects)), maker.inputs, variables)


def _update(maker: _Maker, variables: list[Variable], target: Tensor, slopes: list[Tensor]) -> None:
    """Write state: by a rule, from one another, and outside of the group."""
    first, second, third = variables
    if maker.chance(0.3):
        third.assign(ops.tanh(third) * 0.5)
    with update_group("update", (target, *slopes)):
        if maker.chance(0.4):
            kept = first + 0.0
            first.assign(second * 0.5)
            second.assign(kept)
        else:
            for variable, slope in zip(variables, slopes, strict=True):
                variable.assign(variable - 0.5 * slope)
            second.assign(first * 0.5 + second)
    if maker.chance(0.4):
        with update_group("later", (ops.sum(first),)):
            third.assign(third * 0.5 + ops.mean(first))
