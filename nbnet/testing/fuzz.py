"""Differential fuzzing: small random graphs, compiled with passes on and off, against the references.

Operators that jump (comparisons, argmax, casts to integers) are only fed with numbers on an exact grid, where
the compiled and the reference arithmetic agree to the last bit; so a difference is a fault and not a rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from nbnet.compiler.compile import compile_graph
from nbnet.compiler.target import Target
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.tensor import Tensor, Variable
from nbnet.graph.trace import Trace, tracing, update_group
from nbnet.runtime.cpu import Executable
from nbnet.runtime.host import cpu_target
from nbnet.runtime.stop import GuardStop

__all__ = ["Mismatch", "Sample", "check", "random_graph"]

_SIZES = (1, 2, 3, 5, 8, 17, 33)
_GRID = 0.25


class Mismatch(AssertionError):
    """A compiled graph and its reference disagree."""


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
    """A tensor, and whether its numbers are exact small multiples of the grid."""

    tensor: Tensor
    exact: int


def _numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    """Numbers on the grid in [-2, 2]."""
    return (rng.integers(-8, 9, shape) * _GRID).astype(dtype)


class _Maker:
    """One random graph in the making."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.inputs: list[np.ndarray] = []
        self.leaves: list[Tensor] = []
        self.values: list[_Value] = []
        self.base = tuple(int(size) for size in self.rng.choice(_SIZES, int(self.rng.integers(1, 4))))

    def input(self, shape: tuple[int, ...]) -> _Value:
        """A new input leaf."""
        array = _numbers(self.rng, shape)
        leaf = make_input(shape, array.dtype, len(self.inputs))
        self.inputs.append(array)
        self.leaves.append(leaf)
        value = _Value(leaf, 1)
        self.values.append(value)
        return value

    def pick(self, accept: Callable[[_Value], bool] = lambda value: True) -> _Value:
        """An earlier value, or a new input of a shape that broadcasts with the base shape."""
        found = [value for value in self.values if accept(value) and value.tensor.dtype.kind == "f"]
        if found and self.rng.random() < 0.85:
            return found[int(self.rng.integers(len(found)))]
        keep = int(self.rng.integers(0, len(self.base) + 1))
        shape = tuple(size if self.rng.random() < 0.7 else 1 for size in self.base[keep:])
        return self.input(shape)

    def compatible(self, value: _Value) -> _Value:
        """A value that broadcasts with `value`."""

        def accept(other: _Value) -> bool:
            try:
                return int(np.prod(np.broadcast_shapes(value.tensor.shape, other.tensor.shape))) <= 20000
            except ValueError:
                return False

        found = [other for other in self.values if other.tensor.dtype.kind == "f" and accept(other)]
        if found and self.rng.random() < 0.7:
            return found[int(self.rng.integers(len(found)))]
        shape = tuple(size if self.rng.random() < 0.7 else 1 for size in value.tensor.shape)
        return self.input(shape[int(self.rng.integers(0, len(shape) + 1)) :] if self.rng.random() < 0.5 else shape)

    def add(self, tensor: Tensor, exact: int = 0) -> None:
        """Keep a result for later use."""
        self.values.append(_Value(tensor, exact if 0 < exact <= 3 else 0))

    def step(self) -> None:
        """Append one random operation."""
        actions = (self.unary, self.unary, self.binary, self.binary, self.reduction, self.reduction, self.jump, self.product, self.move, self.rows)
        actions[int(self.rng.integers(len(actions)))]()

    def unary(self) -> None:
        """A smooth function of one value, kept in a range where it is tame."""
        value = self.pick()
        x = value.tensor
        choice = int(self.rng.integers(12))
        if choice < 3:
            self.add((-x, ops.abs(x), x * 0.5)[choice], value.exact + (choice == 2))
            return
        tame = ops.tanh(x)
        functions: tuple[Callable[[], Tensor], ...] = (
            lambda: ops.exp(tame), lambda: ops.log(tame + 1.5), lambda: ops.log1p(ops.square(tame)), lambda: tame,
            lambda: ops.sigmoid(x), lambda: ops.softplus(tame), lambda: ops.sqrt(ops.square(tame) + 0.5),
            lambda: ops.rsqrt(ops.square(tame) + 0.5), lambda: ops.power(ops.abs(tame) + 0.5, 1.5),
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
        axes = [axis for axis in range(x.ndim) if self.rng.random() < 0.5]
        return tuple(axes) or (int(self.rng.integers(x.ndim)),)

    def reduction(self) -> None:
        """A sum, mean, maximum or logsumexp over axes."""
        value = self.pick(lambda value: value.tensor.ndim > 0)
        x = value.tensor
        if not x.ndim:
            return
        axes, keepdims = self._axes(x), bool(self.rng.random() < 0.6)
        choice = int(self.rng.integers(5))
        if choice == 0:
            self.add(ops.sum(ops.tanh(x), axis=axes, keepdims=keepdims) * 0.25)
        elif choice == 1:
            self.add(ops.mean(x, axis=axes, keepdims=keepdims))
        elif choice == 2:
            self.add(ops.logsumexp(x, axis=axes, keepdims=keepdims))
        elif choice == 3 and value.exact:
            self.add(ops.max(x, axis=axes, keepdims=keepdims), value.exact)
        elif value.exact:
            self.add(ops.min(x, axis=axes, keepdims=keepdims), value.exact)

    def rows(self) -> None:
        """A softmax or a normalisation."""
        x = self.pick(lambda value: value.tensor.ndim > 0).tensor
        if not x.ndim:
            return
        axis = int(self.rng.integers(x.ndim))
        if self.rng.random() < 0.6:
            self.add(ops.softmax(x, axis=axis) if self.rng.random() < 0.5 else ops.log_softmax(x, axis=axis))
            return
        centred = x - ops.mean(x, axis=axis, keepdims=True)
        self.add(centred * ops.rsqrt(ops.mean(ops.square(centred), axis=axis, keepdims=True) + 0.1))

    def jump(self) -> None:
        """An operation that jumps, on exact numbers."""
        value = self.pick(lambda value: value.exact > 0)
        if not value.exact:
            return
        x = value.tensor
        choice = int(self.rng.integers(6))
        if choice == 0:
            self.add(ops.where(x > 0.3, x, ops.tanh(x)))
        elif choice == 1:
            self.add(ops.cast(ops.cast(x, "int32"), "float32"), value.exact)
        elif choice == 2:
            self.add(ops.sign(x), 1)
        elif choice == 3 and x.ndim:
            found = ops.argmax(x, axis=int(self.rng.integers(x.ndim)))
            self.add(ops.cast(found, "float32") * _GRID, 1)
        elif choice == 4 and x.ndim and x.size <= 600:
            codes = ops.cast(ops.abs(x), "int64")
            self.add(ops.one_hot(codes, 3), 1)
        else:
            self.add(ops.cast((x >= 0.0) & (x < 1.0), "float32"), 1)

    def product(self) -> None:
        """A matrix product, with either factor transposed."""
        x = self.pick(lambda value: value.tensor.ndim >= 2).tensor
        if x.ndim < 2:
            return
        flip_a, flip_b = bool(self.rng.random() < 0.3), bool(self.rng.random() < 0.4)
        inner = x.shape[-2] if flip_a else x.shape[-1]
        width = int(self.rng.choice(_SIZES))
        shape = (width, inner) if flip_b else (inner, width)
        lead = x.shape[:-2] if self.rng.random() < 0.3 else ()
        y = self.input((*lead, *shape)).tensor
        self.add(ops.tanh(ops.matmul(x, y, transpose_a=flip_a, transpose_b=flip_b) * 0.25))

    def move(self) -> None:
        """Reshape, transpose, slice, concatenate, gather."""
        value = self.pick(lambda value: value.tensor.ndim > 0)
        x = value.tensor
        if not x.ndim:
            return
        choice = int(self.rng.integers(5))
        if choice == 0:
            self.add(ops.reshape(x, (-1,)), value.exact)
        elif choice == 1:
            self.add(ops.transpose(x, [int(axis) for axis in self.rng.permutation(x.ndim)]), value.exact)
        elif choice == 2:
            step = int(self.rng.choice([1, 2, -1]))
            self.add(x[::step] if self.rng.random() < 0.5 else x[..., : max(1, x.shape[-1] - 1)], value.exact)
        elif choice == 3 and x.size <= 4000:
            self.add(ops.concatenate([x, ops.tanh(x), x], axis=int(self.rng.integers(x.ndim))))
        else:
            axis = int(self.rng.integers(x.ndim))
            indices = self.rng.integers(0, x.shape[axis], int(self.rng.integers(1, 6)))
            self.add(ops.gather(x, indices, axis=axis), value.exact)


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
    trace = Trace()
    with tracing(trace):
        if seed % 5 == 0:
            shape = maker.values[0].tensor.shape
            variables = [Variable(_numbers(maker.rng, shape), name=f"w{index}") for index in range(2)]
            maker.values.extend(_Value(trace.read(variable), 0) for variable in variables)
        for _ in range(length):
            maker.step()
        floats = [value.tensor for value in maker.values if value.tensor.dtype.kind == "f" and value.tensor.op.kind != "leaf"]
        outputs = [floats[int(index)] for index in maker.rng.integers(0, len(floats), 2)] if floats else [maker.leaves[0]]
        if seed % 2 or variables:
            target = ops.mean(ops.tanh(outputs[0]))
            sources = [maker.leaves[0], *(trace.read(variable) for variable in variables)]
            found = gradients(target, sources)
            outputs += found
            if variables:
                with update_group("update", (target, *found)):
                    for variable, slope in zip(variables, found[1:], strict=True):
                        variable.assign(variable - 0.5 * slope)
                variables[1].assign(variables[0] * 0.5 + variables[1])
    return Sample(seed, Graph(tuple(maker.leaves), tuple(outputs), tuple(trace.effects)), maker.inputs, variables)


def settings() -> Iterator[tuple[bool, bool]]:
    """(simplified, fused): every pass on and off."""
    for simplified in (True, False):
        for fused in (True, False):
            yield simplified, fused


def check(sample: Sample, target: Target | None = None, tolerance: float = 2e-5) -> None:
    """Compile with every pass on and off and compare with the references.

    Parameters
    ----------
    sample : Sample
    target : Target, optional
        The host's by default.
    tolerance : float
        Largest error, relative to the largest magnitude of the array or 1.

    Raises
    ------
    Mismatch
        With the seed, the pass settings, the output and the graph.
    """
    expected = evaluate(sample.graph, sample.inputs)
    count = len(sample.graph.outputs)
    before = [variable.numpy() for variable in sample.variables]
    for simplified, fused in settings():
        for variable, value in zip(sample.variables, before, strict=True):
            variable.storage[...] = value
        plan = compile_graph(sample.graph, target or cpu_target(), simplified=simplified, fused=fused)
        try:
            found = Executable(plan).run([np.ascontiguousarray(array) for array in sample.inputs])
        except GuardStop:
            if all(np.isfinite(array).all() for array in expected):
                raise Mismatch(f"seed {sample.seed}: a guard fired although all numbers are finite\n{sample.graph}") from None
            continue
        found += [assign.variable.numpy() for assign in sample.graph.final_assignments()]
        for index, (got, wanted) in enumerate(zip(found, expected, strict=True)):
            if not _agree(got, wanted, tolerance):
                name = f"output {index}" if index < count else f"state {index - count}"
                raise Mismatch(
                    f"seed {sample.seed}, simplified={simplified}, fused={fused}: {name} of shape {wanted.shape} differs by "
                    f"{_difference(got, wanted)}\n{sample.graph}"
                )
    for variable, value in zip(sample.variables, before, strict=True):
        variable.storage[...] = value


def _difference(got: np.ndarray, wanted: np.ndarray) -> float:
    """Largest absolute difference."""
    return float(np.max(np.abs(got.astype("float64") - wanted.astype("float64")), initial=0.0))


def _agree(got: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    """Whether two arrays are the same up to rounding, NaN and infinities in the same places."""
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        return False
    if got.dtype.kind != "f":
        return bool(np.array_equal(got, wanted))
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted))))
    return bool(np.allclose(got, wanted, rtol=tolerance, atol=tolerance * scale, equal_nan=True))
