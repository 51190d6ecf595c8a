"""What fusion makes: one node that stands for several, with the part of the graph that it replaces."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nbnet.graph.graph import Graph, evaluate
from nbnet.graph.tensor import INPUT, Op, Tensor
from nbnet.graph.trace import Origin

__all__ = ["FUSED", "PICK", "Body", "Form", "classify", "fused_node"]


@dataclass(frozen=True, eq=False)
class Body:
    """A group of nodes that one kernel computes.

    Attributes
    ----------
    kind : str
        "map" (element-wise), "rows" (lanes along the last axes), "columns" (lanes along earlier axes),
        "matmul" (a product and its epilogue).
    graph : Graph
        The nodes over input leaves; its outputs are what others use.
    domain : tuple of int
        Shape of the element values.
    axes : tuple of int
        Axes of `domain` that reductions sum over; empty without reductions.
    """

    kind: str
    graph: Graph
    domain: tuple[int, ...]
    axes: tuple[int, ...] = ()

    def origins(self) -> list[Origin]:
        """Where the nodes came from, each place once."""
        origins = dict.fromkeys(node.origin for node in self.graph.nodes())
        return [origin for origin in origins if origin is not None and (origin.layer or origin.file)]

    def __str__(self) -> str:
        steps = " ".join(node.op.name for node in self.graph.nodes() if node.op is not INPUT)
        over = f" over {self.axes}" if self.axes else ""
        return f"{self.kind}{over}[{steps}]"


_ARRAYS = np.dtype(object)
"""What a fused node gives: an array of arrays, for the picks to pick from."""


def _reference(*arrays: np.ndarray, group: Body) -> np.ndarray:
    """All outputs of the group, by the references of its nodes."""
    found = np.empty(len(group.graph.outputs), _ARRAYS)
    for index, array in enumerate(evaluate(group.graph, arrays)):
        found[index] = array
    return found


FUSED = Op("fused", lambda *inputs, group: ((len(group.graph.outputs),), _ARRAYS), _reference, kind="fused")
PICK = Op("pick", lambda group, index: ((), _ARRAYS), lambda values, index: values[index], kind="pick")


def fused_node(body: Body, inputs: Sequence[Tensor]) -> list[Tensor]:
    """The node of `body` over `inputs`, as one tensor for each output."""
    origins = body.origins()
    shape, dtype = FUSED.infer(*inputs, group=body)
    node = Tensor(FUSED, inputs, {"group": body}, shape, dtype, origins[0] if origins else None)
    return [
        Tensor(PICK, (node,), {"index": index}, output.shape, output.dtype, output.origin)
        for index, output in enumerate(body.graph.outputs)
    ]


class Form:
    """Which nodes may belong to a group with this domain and these reduced axes, and as what.

    A node's *level* is "element" (it has the domain's shape) or one number a lane: "kept" (the reduced axes have
    size 1) or "removed" (they are missing).

    Parameters
    ----------
    domain, axes
        As in :class:`Body`.
    """

    def __init__(self, domain: tuple[int, ...], axes: tuple[int, ...]) -> None:
        self.domain, self.axes = domain, axes
        self._levels: dict[int, tuple[Tensor, str | None]] = {}
        self.kept = tuple(1 if axis in axes else size for axis, size in enumerate(domain))
        self.removed = tuple(size for axis, size in enumerate(domain) if axis not in axes)
        rank = len(domain)
        self.leading = axes == tuple(range(len(axes)))
        self.last = bool(axes) and axes[-1] == rank - 1
        # The position along the last axis is only known where that axis is walked by itself.
        begin = 0 if not axes else axes[0] if self.last else axes[-1] + 1
        self.numbers_last = not axes or math.prod(domain[begin : rank - 1]) == 1

    def level(self, node: Tensor) -> str | None:
        """What `node` would be, by its shape and op; None if it cannot belong to the group."""
        if id(node) not in self._levels:
            self._levels[id(node)] = node, self._level(node)
        return self._levels[id(node)][1]

    def _level(self, node: Tensor) -> str | None:
        kind, name = node.op.kind, node.op.name
        if kind == "reduce":
            fits = node.attrs["axes"] == self.axes and node.inputs[0].shape == self.domain
            return self._lane(node.shape) if fits else None
        if name == "reshape":
            return self._lane(node.shape) if self.axes else None
        if kind not in _ELEMENTWISE and name != "broadcast":
            return None
        if node.shape == self.domain:
            return "element" if kind != "one_hot" or self.numbers_last else None
        return self._lane(node.shape) if self.axes and kind != "one_hot" else None

    def accepts(self, node: Tensor, inside: Iterable[Tensor]) -> bool:
        """Whether a node of the group may have the inputs `inside` in the group as well."""
        level, sources = self.level(node), [self.level(item) for item in inside]
        if node.op.kind == "reduce":
            return sources in ([], ["element"])
        if node.op.name == "reshape":
            return sources not in ([], ["element"])
        if level != "element":
            return all(source == level for source in sources)
        if node.op.kind == "one_hot":
            return not sources or (self.last and len(self.axes) == 1 and "element" not in sources)
        return self.leading or "removed" not in sources  # a removed leading axis is where broadcasting puts it

    def _lane(self, shape: tuple[int, ...]) -> str | None:
        """How a shape stands for one number a lane."""
        return "kept" if shape == self.kept else "removed" if shape == self.removed else None


_ELEMENTWISE = ("elementwise", "formula", "one_hot")


def classify(members: Sequence[Tensor], domain: tuple[int, ...], axes: tuple[int, ...]) -> dict[int, str] | None:
    """The level of each node of a would-be group, by its id; None if it cannot be one.

    Parameters
    ----------
    members : sequence of Tensor
        In topological order.
    domain, axes
        As in :class:`Body`.
    """
    form, levels = Form(domain, axes), dict[int, str]()
    for node in members:
        level = form.level(node)
        if level is None or not form.accepts(node, [item for item in node.inputs if id(item) in levels]):
            return None
        levels[id(node)] = level
    return levels
