"""Fuse: nodes that one kernel can compute become one node.

1. Every reduction starts a group; it takes in the element-wise nodes that only it uses, the element-wise nodes
   that use it, and other reductions over the same elements (a softmax, a cross-entropy with its gradient, a
   batch normalization are then one kernel each).
2. Every matrix product takes in the element-wise nodes that follow it: its epilogue.
3. What is left is grouped into chains of equal shape.

A group must not depend on itself through a third: each merger is checked for that. Nodes that compute what
state becomes after a guard stay apart from the rest, so that updates are written in place, after the guard.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbnet.compiler.fused import Body, classify, fused_node
from nbnet.graph.graph import Graph, make_input
from nbnet.graph.tensor import Tensor
from nbnet.graph.trace import Guard

__all__ = ["fuse"]

_LONG_LANE = 16384
"""Elements from which a lane's reduction is cut into pieces, which a group of several passes cannot be."""


class _Group:
    """Members in the making."""

    def __init__(self, kind: str, members: list[Tensor], domain: tuple[int, ...], axes: tuple[int, ...] = ()) -> None:
        self.kind, self.members, self.domain, self.axes = kind, members, domain, axes

    @property
    def long(self) -> bool:
        """Whether its lanes are so long that they are cut into pieces."""
        size = 1
        for axis in self.axes:
            size *= self.domain[axis]
        return size > _LONG_LANE


def fuse(graph: Graph, *, grow: bool = True) -> Graph:
    """The graph with fused nodes in place of element-wise nodes and reductions.

    Parameters
    ----------
    graph : Graph
        After expand.
    grow : bool
        False leaves every group at its one node: nothing is fused, as tests compare.
    """
    fusion = _Fusion(graph)
    if grow:
        fusion.grow()
    return fusion.rebuild()


class _Fusion:
    """The state of one run of the pass: which group each node is in."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = graph.nodes()
        self.place = {id(node): index for index, node in enumerate(self.nodes)}
        self.users: dict[int, list[Tensor]] = {id(node): [] for node in self.nodes}
        for node in self.nodes:
            for item in dict.fromkeys(node.inputs):
                self.users[id(item)].append(node)
        self.roots = {id(node) for node in graph.roots()}
        self.group: dict[int, _Group] = {}
        for node in self.nodes:
            if node.op.kind != "leaf":
                self.group[id(node)] = _seed(node)
        self.late = self._late_nodes()

    def grow(self) -> None:
        """All phases."""
        reductions = [node for node in self.nodes if node.op.kind == "reduce"]
        changed = True
        while changed:
            changed = False
            for node in reductions:
                while self._grow_reduction(self.group[id(node)]):
                    changed = True
        for node in self.nodes:
            if node.op.name == "matmul" and node.ndim == 2 and node.dtype.kind == "f":
                while self._grow_product(self.group[id(node)]):
                    pass
        for node in self.nodes:
            self._grow_chain(node)

    def _late_nodes(self) -> set[int]:
        """Nodes that only compute what state becomes: they are kept apart from the rest of the step."""
        watched = {id(node) for effect in self.graph.effects if isinstance(effect, Guard) for node in effect.watched}
        late = {id(effect.value) for effect in self.graph.final_assignments() if effect.value.op.kind != "leaf"}
        late -= {id(node) for node in self.graph.outputs} | watched
        for node in self.nodes:
            if id(node) not in watched and any(id(item) in watched or id(item) in late for item in node.inputs):
                if node.op.kind in ("elementwise", "formula"):
                    late.add(id(node))
        for node in reversed(self.nodes):
            if id(node) in self.roots or node.op.kind not in ("elementwise", "formula") or not self.users[id(node)]:
                continue
            if all(id(user) in late for user in self.users[id(node)]):
                late.add(id(node))
        return late

    def _grow_reduction(self, group: _Group) -> bool:
        """Take one neighbour into a reduction's group."""
        for node in list(group.members):
            for item in node.inputs:
                other = self.group.get(id(item))
                if other is None or other is group or id(item) in self.roots or other.axes:
                    continue
                if all(self.group[id(user)] is group for user in self.users[id(item)]) and self._merge(group, other):
                    return True
        if group.long:
            return False
        for node in list(group.members):
            for user in self.users[id(node)]:
                other = self.group[id(user)]
                if other is not group and not other.long and self._merge(group, other):
                    return True
        for item in self._external(group):
            for user in self.users[id(item)] if item.size > 1 else ():
                other = self.group[id(user)]
                if other is not group and other.axes == group.axes and not other.long and self._merge(group, other):
                    return True
        return False

    def _grow_product(self, group: _Group) -> bool:
        """Take one neighbour into a matrix product's epilogue."""
        for node in list(group.members):
            for user in self.users[id(node)]:
                if self._epilogue(group, user):
                    return True
        for node in group.members[1:]:
            for item in node.inputs:
                known = self.group.get(id(item))
                if known is None or known is group or id(item) in self.roots:
                    continue
                if all(self.group[id(user)] is group for user in self.users[id(item)]) and self._epilogue(group, item):
                    return True
        return False

    def _epilogue(self, group: _Group, node: Tensor) -> bool:
        """Try to make `node` part of a product's epilogue."""
        other = self.group[id(node)]
        single = other is not group and len(other.members) == 1 and other.kind == "map"
        return single and node.op.kind in ("elementwise", "formula") and node.shape == group.domain and self._merge(group, other)

    def _grow_chain(self, node: Tensor) -> None:
        """Join an element-wise node with element-wise producers of its shape."""
        for item in node.inputs:
            mine, other = self.group.get(id(node)), self.group.get(id(item))
            if mine is None or other is None or mine is other:
                continue
            if mine.kind == other.kind == "map" and mine.domain == other.domain:
                self._merge(other, mine)

    def _external(self, group: _Group) -> Iterable[Tensor]:
        """What the group reads from outside."""
        inside = {id(node) for node in group.members}
        return list({id(item): item for node in group.members for item in node.inputs if id(item) not in inside}.values())

    def _merge(self, group: _Group, other: _Group) -> bool:
        """Put `other` into `group` where the kernels allow it and no circle arises."""
        view = group.axes and other.kind == "single" and other.members[0].op.name == "reshape"
        if not view and other.kind not in ("map", "rows", "columns"):
            return False
        if other.axes and group.axes and other.axes != group.axes:
            return False
        if (id(group.members[0]) in self.late) != (id(other.members[0]) in self.late):
            return False
        axes = group.axes or other.axes
        domain = group.domain if group.axes or group.kind == "matmul" else other.domain if other.axes else group.domain
        if (other.axes or not axes) and other.domain != domain:
            return False
        members = sorted([*group.members, *other.members], key=lambda node: self.place[id(node)])
        if group.kind == "matmul":
            if not all(node.shape == domain for node in other.members):
                return False
        elif classify(members, domain, axes) is None:
            return False
        if self._circle(group, other) or self._circle(other, group):
            return False
        group.members, group.domain, group.axes = members, domain, axes
        if group.kind == "map":
            group.kind = other.kind
        for node in other.members:
            self.group[id(node)] = group
        return True

    def _circle(self, first: _Group, last: _Group) -> bool:
        """Whether `last` depends on `first` through a third group."""
        seen = {id(first), id(last)}
        stack = [first]
        while stack:
            current = stack.pop()
            for node in current.members:
                for user in self.users[id(node)]:
                    found = self.group[id(user)]
                    if found is last and current is not first:
                        return True
                    if id(found) not in seen:
                        seen.add(id(found))
                        stack.append(found)
        return False

    def rebuild(self) -> Graph:
        """The new graph, group after group."""
        new: dict[int, Tensor] = {id(node): node for node in self.nodes if node.op.kind == "leaf"}
        waiting = list(dict.fromkeys(self.group[id(node)] for node in self.nodes if id(node) in self.group))
        while waiting:
            later = []
            for group in waiting:
                external = self._external(group)
                if all(id(item) in new for item in external):
                    self._emit(group, list(external), new)
                else:
                    later.append(group)
            waiting = later
        return self.graph.substitute(new)

    def _emit(self, group: _Group, external: list[Tensor], new: dict[int, Tensor]) -> None:
        """Add the nodes that stand for one group."""
        if group.kind == "single" or (group.kind == "matmul" and len(group.members) == 1):
            node = group.members[0]
            inputs = [new[id(item)] for item in node.inputs]
            new[id(node)] = Tensor(node.op, inputs, node.attrs, node.shape, node.dtype, node.origin)
            return
        leaves = [make_input(item.shape, item.dtype, index) for index, item in enumerate(external)]
        inner = {id(item): leaf for item, leaf in zip(external, leaves, strict=True)}
        for node in group.members:
            inputs = [inner[id(item)] for item in node.inputs]
            inner[id(node)] = Tensor(node.op, inputs, node.attrs, node.shape, node.dtype, node.origin)
        inside = {id(node) for node in group.members}
        used = [
            node
            for node in group.members
            if id(node) in self.roots or any(id(user) not in inside for user in self.users[id(node)])
        ]
        body = Body(group.kind, Graph(tuple(leaves), tuple(inner[id(node)] for node in used)), group.domain, group.axes)
        picks = fused_node(body, [new[id(item)] for item in external])
        new.update({id(node): pick for node, pick in zip(used, picks, strict=True)})


def _seed(node: Tensor) -> _Group:
    """The group that a node starts as."""
    if node.op.kind in ("elementwise", "formula", "one_hot") or node.op.name == "broadcast":
        return _Group("map", [node], node.shape)
    if node.op.kind == "reduce":
        domain, axes = node.inputs[0].shape, node.attrs["axes"]
        rows = not axes or axes[-1] == len(domain) - 1
        return _Group("rows" if rows else "columns", [node], domain, axes)
    if node.op.name == "matmul":
        return _Group("matmul", [node], node.shape)
    return _Group("single", [node], node.shape)
