"""Random graphs for differential tests.

Operators that jump (comparisons, argmax, casts to integers) are only fed with numbers on an exact grid, where
the compiled and the reference arithmetic agree to the last bit; so a difference is a fault and not a rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph
from nbnet.graph.tensor import RuntimeScalar, Tensor, Variable
from nbnet.graph.trace import Trace, tracing, update_group
from nbnet.testing.maker import Maker, Value
from nbnet.testing.operations import Operations

__all__ = ["Sample", "random_graph"]


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


def random_graph(seed: int, length: int = 10) -> Sample:
    """A random graph; odd seeds also differentiate it, every fifth updates state behind a guard.

    Parameters
    ----------
    seed : int
    length : int
        Number of random operations.
    """
    maker = Operations(seed)
    maker.input(maker.base)
    variables: list[Variable] = []
    trace = Trace(RuntimeScalar("seed", lambda: seed, "int64"), RuntimeScalar("step", lambda: 3, "int64"))
    with tracing(trace):
        if seed % 5 == 0:
            shape = maker.values[0].tensor.shape
            variables = [Variable(maker.numbers(shape), name=f"w{index}") for index in range(3)]
            maker.values.extend(Value(trace.read(variable), 0) for variable in variables)
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


def _update(maker: Maker, variables: list[Variable], target: Tensor, slopes: list[Tensor]) -> None:
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
