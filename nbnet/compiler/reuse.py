"""Plans used again: graphs of one outline are compiled once in a process.

Many small networks of one architecture, trained one after another, differ in their variables only. What is kept is
the plan of the outline, made of a copy of the graph over stand-ins, so that it holds no model's weights.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nbnet.compiler.compile import compile_graph
from nbnet.compiler.outline import Outline, outline_of, target_key
from nbnet.compiler.plan import Plan
from nbnet.compiler.target import Target
from nbnet.graph.graph import Graph
from nbnet.graph.tensor import READ, SCALAR, RuntimeScalar, Tensor, Variable
from nbnet.graph.trace import Assign, Guard

__all__ = ["PlanCache", "plan_of"]

_KEPT = 64
"""Plans that are kept; the least recently used goes first."""

_LARGEST = 1 << 20
"""Bytes of constants up to which a plan is kept."""

_MARK = "\x1f"
"""Stands around the number of a variable where its name belongs: no name has it."""


class PlanCache:
    """Plans by the outline of their graph and their target.

    Parameters
    ----------
    kept : int
    compile : callable
        ``compile(graph, target) -> Plan``.
    """

    def __init__(self, kept: int = _KEPT, compile: Callable[[Graph, Target], Plan] = compile_graph) -> None:
        self.kept = kept
        self._compile = compile
        self._plans: OrderedDict[Any, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def plan(self, graph: Graph, target: Target) -> Plan:
        """The plan of a graph, equal to what ``compile_graph(graph, target)`` gives.

        Parameters
        ----------
        graph : Graph
        target : Target
        """
        outline = outline_of(graph)
        if outline is None:
            return self._compile(graph, target)
        key = outline.key, target_key(target)
        with self._lock:
            kept = self._plans.get(key)
            if kept is not None:
                self._plans.move_to_end(key)
        if kept is None:
            kept = _Kept(outline, self._compile(_over_stand_ins(graph, outline), target))
            if len(kept.plan.constants) <= _LARGEST:
                with self._lock:
                    self._plans[key] = kept
                    while len(self._plans) > self.kept:
                        self._plans.popitem(last=False)
        return kept.bound(outline)

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._plans.clear()

    def __len__(self) -> int:
        return len(self._plans)


_cache = PlanCache()


def plan_of(graph: Graph, target: Target) -> Plan:
    """The plan of a graph, compiled unless one of its outline is among those that this process keeps."""
    return _cache.plan(graph, target)


class _Kept:
    """The plan of an outline, and where in it stands what the outline leaves open."""

    def __init__(self, outline: Outline, plan: Plan) -> None:
        self.plan = plan
        number = {origin: index for index, origin in enumerate(outline.origins)}
        self.origins = [tuple(number[origin] for origin in entry.origins) for entry in plan.entries]
        self.variables = [_number_of(variable) for variable in plan.variables]
        self.scalars = [_number_of(scalar) for scalar in plan.scalars]
        # The source lines of the first graph are of no further use.
        self.plan = replace(plan, entries=tuple(replace(entry, origins=()) for entry in plan.entries))

    def bound(self, outline: Outline) -> Plan:
        """The plan for a graph of this outline."""
        entries = tuple(
            replace(
                entry, origins=tuple([outline.origins[index] for index in origins]), label=_named(entry.label, outline)
            )
            for entry, origins in zip(self.plan.entries, self.origins, strict=True)
        )
        return replace(
            self.plan,
            entries=entries,
            variables=tuple(outline.variables[index] for index in self.variables),
            scalars=tuple(outline.scalars[index] for index in self.scalars),
        )


def _over_stand_ins(graph: Graph, outline: Outline) -> Graph:
    """The graph about nobody's variables and scalars."""
    variables = {id(item): _stand_in(item, index) for index, item in enumerate(outline.variables)}
    scalars = {id(item): _unread(item, index) for index, item in enumerate(outline.scalars)}

    def rule(node: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        attrs: Any = node.attrs
        if node.op is READ:
            attrs = {"variable": variables[id(node.attrs["variable"])]}
        elif node.op is SCALAR:
            attrs = {"scalar": scalars[id(node.attrs["scalar"])]}
        return Tensor(node.op, inputs, attrs, node.shape, node.dtype, node.origin)

    def effect(item: Assign | Guard) -> Assign | Guard:
        return Assign(variables[id(item.variable)], item.value, item.group) if isinstance(item, Assign) else item

    new = graph.rewrite(rule)
    return Graph(new.inputs, new.outputs, tuple(effect(item) for item in new.effects))


def _stand_in(variable: Variable, number: int) -> Variable:
    """A variable without memory."""
    made = Variable.__new__(Variable)
    made.name, made.trainable = f"{_MARK}{number}{_MARK}", variable.trainable
    made.shape, made.dtype = variable.shape, variable.dtype
    return made


def _unread(scalar: RuntimeScalar, number: int) -> RuntimeScalar:
    """A scalar that nobody reads."""
    return RuntimeScalar(str(number), int, scalar.dtype)


def _number_of(item: Variable | RuntimeScalar) -> int:
    """Which variable or scalar of the outline it stands for."""
    return int(item.name.strip(_MARK))


def _named(label: str, outline: Outline) -> str:
    """A label with the names of the variables that it tells of."""
    if _MARK not in label:
        return label
    return re.sub(f"{_MARK}(\\d+){_MARK}", lambda found: outline.variables[int(found[1])].name, label)
