"""Graphs for the tests of the compiler: recorded from a function, compiled, run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.compiler.compile import compile_graph
from nbnet.compiler.plan import Plan
from nbnet.graph.graph import Graph, make_input
from nbnet.graph.tensor import Tensor
from nbnet.graph.trace import Trace, tracing
from nbnet.runtime.cpu import Executable
from nbnet.runtime.host import cpu_target
from nbnet.testing.fuzz import Sample, check


def record(function: Callable[..., Any], *arrays: Any) -> Graph:
    """The graph of a function of arrays that returns one tensor or several."""
    leaves = [make_input(np.shape(array), np.asarray(array).dtype, index) for index, array in enumerate(arrays)]
    trace = Trace()
    with tracing(trace):
        found = function(*leaves)
    outputs = found if isinstance(found, (list, tuple)) else [] if found is None else [found]
    return Graph(tuple(leaves), tuple(outputs), tuple(trace.effects))


def plan_of(function: Callable[..., Any], *arrays: Any, **passes: bool) -> Plan:
    """The plan of a function of arrays."""
    return compile_graph(record(function, *arrays), cpu_target(), **passes)


def run(function: Callable[..., Any], *arrays: np.ndarray, **passes: bool) -> list[np.ndarray]:
    """What the compiled function gives."""
    return Executable(plan_of(function, *arrays, **passes)).run([np.ascontiguousarray(array) for array in arrays])


def agrees(function: Callable[..., Any], *arrays: np.ndarray, tolerance: float | None = None) -> None:
    """Fail unless the compiled function, with every pass on and off, gives what the references give."""
    graph = record(function, *arrays)
    written = [effect.variable for effect in graph.effects if hasattr(effect, "variable")]
    check(Sample(0, graph, list(arrays), list(dict.fromkeys(written))), tolerance=tolerance)


def names(graph: Graph) -> list[str]:
    """The ops of a graph in their order, without leaves."""
    return [node.op.name for node in graph.nodes() if node.op.kind != "leaf"]


def groups(graph: Graph) -> list[str]:
    """The fused nodes of a graph, printed."""
    return [str(node.attrs["group"]) for node in graph.nodes() if node.op.name == "fused"]


def families(plan: Plan) -> list[str]:
    """The kernels of a plan in their order."""
    return [entry.spec.family for entry in plan.entries]


def structure(nodes: Sequence[Tensor]) -> list[Any]:
    """All that a pass could change in nodes, by identity."""
    return [
        (id(node), node.op.name, tuple(map(id, node.inputs)), dict(node.attrs), node.shape, node.dtype, node.origin)
        for node in nodes
    ]
