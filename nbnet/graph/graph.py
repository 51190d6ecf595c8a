"""A finished recording: inputs, outputs and ordered effects over a pure graph of nodes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbnet.graph.tensor import CONSTANT, INPUT, READ, SCALAR, RuntimeScalar, Tensor, Variable
from nbnet.graph.trace import Assign, Guard

__all__ = ["Graph", "evaluate", "make_input", "topological"]


def make_input(shape: Sequence[int], dtype: np.dtype, index: int = 0, name: str = "input") -> Tensor:
    """A leaf whose array is given at each call."""
    return Tensor(INPUT, (), {"index": index, "name": name}, tuple(shape), dtype)


def topological(roots: Iterable[Tensor]) -> list[Tensor]:
    """All nodes that `roots` need, each after its inputs; the order is a function of the graph alone."""
    order: list[Tensor] = []
    seen: set[int] = set()
    for root in roots:
        stack: list[tuple[Tensor, int]] = [(root, 0)] if id(root) not in seen else []
        while stack:
            node, child = stack.pop()
            if child == 0 and id(node) in seen:
                continue
            if child < len(node.inputs):
                stack.append((node, child + 1))
                if id(node.inputs[child]) not in seen:
                    stack.append((node.inputs[child], 0))
            elif id(node) not in seen:
                seen.add(id(node))
                order.append(node)
    return order


@dataclass(frozen=True)
class Graph:
    """What a step computes.

    Attributes
    ----------
    inputs : tuple of Tensor
        Input leaves by position.
    outputs : tuple of Tensor
    effects : tuple of Assign and Guard
        In the order in which they were recorded.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    effects: tuple[Assign | Guard, ...] = ()

    def roots(self) -> list[Tensor]:
        """Everything that must be computed: outputs, assigned values, guarded values."""
        found = list(self.outputs)
        for effect in self.effects:
            found.extend([effect.value] if isinstance(effect, Assign) else effect.watched)
        return found

    def nodes(self) -> list[Tensor]:
        """All live nodes, inputs first."""
        return list(self._nodes)

    @functools.cached_property
    def _nodes(self) -> list[Tensor]:
        return topological([*self.inputs, *self.roots()])

    def variables(self) -> list[Variable]:
        """State that is read or written, in order of first use."""
        found: dict[int, Variable] = {}
        for node in self.nodes():
            if node.op is READ:
                found.setdefault(id(node.attrs["variable"]), node.attrs["variable"])
        for effect in self.effects:
            if isinstance(effect, Assign):
                found.setdefault(id(effect.variable), effect.variable)
        return list(found.values())

    def scalars(self) -> list[RuntimeScalar]:
        """Run-time scalars that are read, in order of first use."""
        return [node.attrs["scalar"] for node in self.nodes() if node.op is SCALAR]

    def final_assignments(self) -> list[Assign]:
        """The last assignment to each variable: what is written; earlier ones were seen by later reads only."""
        last = {id(effect.variable): effect for effect in self.effects if isinstance(effect, Assign)}
        return [effect for effect in self.effects if isinstance(effect, Assign) and last[id(effect.variable)] is effect]

    def write_groups(self) -> dict[int, int]:
        """The update group that each assignment, by its id, is written with; 0 where there is none.

        Outside a group it joins the next one, or the last: nothing of a step is written before its first guard.
        """
        guards = [effect.group for effect in self.effects if isinstance(effect, Guard)]
        found, following = {}, guards[-1] if guards else 0
        for effect in reversed(self.effects):
            if isinstance(effect, Guard):
                following = effect.group
            else:
                found[id(effect)] = effect.group or following
        return found

    def rewrite(self, rule: Callable[[Tensor, tuple[Tensor, ...]], Tensor]) -> Graph:
        """A new graph with every node replaced by ``rule(node, new_inputs)``, inputs before users."""
        new: dict[int, Tensor] = {}
        for node in self.nodes():
            new[id(node)] = rule(node, tuple(new[id(item)] for item in node.inputs))
        return self.substitute(new)

    def substitute(self, new: Mapping[int, Tensor]) -> Graph:
        """The same graph with its roots looked up in `new` (keyed by the id of the old node)."""

        def effect(item: Assign | Guard) -> Assign | Guard:
            if isinstance(item, Assign):
                return Assign(item.variable, new[id(item.value)], item.group)
            return Guard(item.group, item.name, tuple(new[id(node)] for node in item.watched))

        return Graph(
            tuple(new[id(node)] for node in self.inputs),
            tuple(new[id(node)] for node in self.outputs),
            tuple(effect(item) for item in self.effects),
        )

    def __str__(self) -> str:
        nodes = self.nodes()
        number = {id(node): index for index, node in enumerate(nodes)}
        lines = [_line(node, number) for node in nodes]
        lines += [f"output %{number[id(node)]}" for node in self.outputs]
        for item in self.effects:
            if isinstance(item, Assign):
                lines.append(f"assign '{item.variable.name}' = %{number[id(item.value)]} (group {item.group})")
            else:
                watched = ", ".join(f"%{number[id(node)]}" for node in item.watched)
                lines.append(f"guard '{item.name}' group {item.group}: {watched}")
        return "\n".join(lines)


def _line(node: Tensor, number: Mapping[int, int]) -> str:
    """One line of a printed graph."""
    arguments = [f"%{number[id(item)]}" for item in node.inputs]
    arguments += [f"{name}={_short(value)}" for name, value in node.attrs.items()]
    shape = ",".join(map(str, node.shape))
    origin = f"   # {node.origin}" if node.origin and str(node.origin) else ""
    return f"%{number[id(node)]} = {node.op.name}({', '.join(arguments)}) : {node.dtype}[{shape}]{origin}"


def _short(value: Any) -> str:
    """An attribute as text; arrays are cut."""
    if isinstance(value, np.ndarray):
        return np.array2string(value, threshold=4, edgeitems=1, precision=4).replace("\n", "")
    return str(value)


def evaluate(
    graph: Graph, inputs: Sequence[np.ndarray], visit: Callable[[Tensor, np.ndarray], None] | None = None
) -> list[np.ndarray]:
    """Compute every node through its reference; state is read but not written.

    Parameters
    ----------
    graph : Graph
    inputs : sequence of ndarray
        One array for each input leaf.
    visit : callable, optional
        ``visit(node, value)`` after each node, in topological order; how the first bad op is found.

    Returns
    -------
    list of ndarray
        The outputs, then the final value of each assigned variable (`Graph.final_assignments` order).
    """
    values: dict[int, np.ndarray] = {}
    for node in graph.nodes():
        if node.op is INPUT:
            value = np.asarray(inputs[node.attrs["index"]], node.dtype)
        elif node.op is CONSTANT:
            value = node.attrs["value"]
        elif node.op is SCALAR:
            value = np.asarray(node.attrs["scalar"].provider(), node.dtype)
        elif node.op is READ:
            value = node.attrs["variable"].numpy()
        else:
            arguments = [values[id(item)] for item in node.inputs]
            value = np.asarray(node.op.reference(*arguments, **node.attrs)).astype(node.dtype, copy=False)
        values[id(node)] = value
        if visit is not None:
            visit(node, value)
    results = [values[id(node)] for node in graph.outputs]
    return results + [values[id(item.value)] for item in graph.final_assignments()]
