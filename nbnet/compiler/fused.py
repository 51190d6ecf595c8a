"""What fusion makes: one node that stands for several, with the part of the graph that it replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbnet.graph.graph import Graph, evaluate
from nbnet.graph.tensor import INPUT, Op, Tensor
from nbnet.graph.trace import Origin

__all__ = ["FUSED", "PICK", "Body", "classify", "fused_node", "lane_axes"]


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
        found: dict[str, Origin] = {}
        for node in self.graph.nodes():
            if node.origin is not None and str(node.origin):
                found.setdefault(str(node.origin), node.origin)
        return list(found.values())

    def __str__(self) -> str:
        steps = " ".join(node.op.name for node in self.graph.nodes() if node.op is not INPUT)
        over = f" over {self.axes}" if self.axes else ""
        return f"{self.kind}{over}[{steps}]"


def _reference(*arrays: np.ndarray, group: Body) -> tuple[np.ndarray, ...]:
    """All outputs of the group, by the references of its nodes."""
    return tuple(evaluate(group.graph, arrays))


FUSED = Op("fused", lambda *inputs, group: ((), np.dtype("int64")), _reference, kind="fused")
PICK = Op("pick", lambda group, index: ((), np.dtype("int64")), lambda values, index: values[index], kind="pick")


def fused_node(body: Body, inputs: Sequence[Tensor]) -> list[Tensor]:
    """The node of `body` over `inputs`, as one tensor for each output."""
    origins = body.origins()
    node = Tensor(FUSED, inputs, {"group": body}, (), np.dtype("int64"), origins[0] if origins else None)
    return [
        Tensor(PICK, (node,), {"index": index}, output.shape, output.dtype, output.origin)
        for index, output in enumerate(body.graph.outputs)
    ]


def lane_axes(shape: tuple[int, ...], domain: tuple[int, ...], axes: tuple[int, ...]) -> str | None:
    """How a shape stands for one number a lane: "kept" (axes of size 1), "removed", or None if it does not."""
    if shape == tuple(1 if axis in axes else size for axis, size in enumerate(domain)):
        return "kept"
    if shape == tuple(size for axis, size in enumerate(domain) if axis not in axes):
        return "removed"
    return None


_ELEMENTWISE = ("elementwise", "formula", "one_hot")


def classify(members: Sequence[Tensor], domain: tuple[int, ...], axes: tuple[int, ...]) -> dict[int, str] | None:
    """The level of each node of a would-be group: "element", "kept" or "removed" (lane values); None if it cannot be.

    Parameters
    ----------
    members : sequence of Tensor
        In topological order.
    domain, axes
        As in :class:`Body`.
    """
    inside = {id(node) for node in members}
    levels: dict[int, str] = {}
    for node in members:
        sources = [levels[id(item)] for item in node.inputs if id(item) in inside]
        kind, name = node.op.kind, node.op.name
        if kind == "reduce":
            if node.attrs["axes"] != axes or node.inputs[0].shape != domain or sources not in ([], ["element"]):
                return None
            level = lane_axes(node.shape, domain, axes)
        elif name == "reshape":
            level = lane_axes(node.shape, domain, axes) if axes and sources and sources[0] != "element" else None
        elif kind in _ELEMENTWISE or name == "broadcast":
            level = _element_level(node, sources, domain, axes)
        else:
            return None
        if level is None:
            return None
        levels[id(node)] = level
    return levels


def _element_level(node: Tensor, sources: list[str], domain: tuple[int, ...], axes: tuple[int, ...]) -> str | None:
    """The level of an element-wise node whose inputs inside the group have the levels `sources`."""
    if node.shape == domain:
        leading = axes == tuple(range(len(axes)))  # a removed leading axis is where broadcasting puts it
        rows = bool(axes) and axes[-1] == len(domain) - 1
        hot = node.op.name == "one_hot" and rows and len(axes) == 1
        if node.op.name == "one_hot" and "element" in sources:
            return None
        return "element" if all(source != "removed" or leading or hot for source in sources) else None
    level = lane_axes(node.shape, domain, axes) if axes else None
    if level is None or node.op.name == "one_hot":
        return None
    return level if all(source == level for source in sources) else None
