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

import math

from nbnet.compiler.fused import Body, Form, fused_node
from nbnet.compiler.grouping import PRODUCTS, Group, Grouping
from nbnet.errors import KernelError
from nbnet.graph.graph import Graph, make_input
from nbnet.graph.tensor import Tensor
from nbnet.graph.trace import Guard

__all__ = ["fuse"]

_LONG_LANE = 16384
"""Elements from which a lane's reduction is cut into pieces, which a group of several passes cannot be."""

_CHAINED = ("elementwise", "formula")
_COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


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


class _Fusion(Grouping):
    """One run of the pass."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.late = self._late_nodes()
        self.refused: set[tuple[int, int]] = set()
        self.merged = 0
        self.forms: dict[tuple[tuple[int, ...], tuple[int, ...]], Form] = {}

    def grow(self) -> None:
        """All phases."""
        reductions = [n for n, node in enumerate(self.nodes) if node.op.kind == "reduce"]
        tried: dict[int, int] = {}  # how many mergers there had been when a group last found no neighbour to take
        while any(tried.get(self.group[n].own) != self.merged for n in reductions):
            for n in reductions:
                group = self.group[n]
                if tried.get(group.own) != self.merged:
                    while self._grow_reduction(group):
                        pass
                    tried[group.own] = self.merged
        for n, node in enumerate(self.nodes):
            if node.op.name in PRODUCTS and node.ndim == 2 and node.dtype.kind == "f":
                while self._grow_product(self.group[n]):
                    pass
        for n in range(len(self.nodes)):
            self._grow_chain(n)

    def _late_nodes(self) -> set[int]:
        """Nodes that only compute what state becomes: they are kept apart from the rest of the step."""
        watched = {
            self.number[id(node)] for effect in self.graph.effects if isinstance(effect, Guard)
            for node in effect.watched
        }  # fmt: skip
        late = {self.number[id(effect.value)] for effect in self.graph.final_assignments()}
        late = {n for n in late if self.nodes[n].op.kind != "leaf"}
        late -= {self.number[id(node)] for node in self.graph.outputs} | watched
        chained = [n for n, node in enumerate(self.nodes) if node.op.kind in _CHAINED]
        for n in chained:
            if n not in watched and any(item in watched or item in late for item in self.inputs[n]):
                late.add(n)
        for n in reversed(chained):
            if n not in self.roots and self.users[n] and late.issuperset(self.users[n]):
                late.add(n)
        return late

    def _grow_reduction(self, group: Group) -> bool:
        """Take neighbours into a reduction's group: what only it needs first, then what needs it, then others alike."""
        long = math.prod(group.domain[axis] for axis in group.axes) > _LONG_LANE
        needed = [self.group[item] for item in self.internal(group)]
        if self._merge_all(group, [g for g in needed if not g.axes and (not long or g.domain == group.domain)]):
            return True
        if long:
            return False
        if self._merge_all(group, [self.group[user] for user in self.followers(group)]):
            return True
        shared = [item for item in self.external(group) if self.nodes[item].size > 1]
        users = [self.group[user] for item in shared for user in self.users[item]]
        return self._merge_all(group, [other for other in users if other.axes == group.axes])

    def _merge_all(self, group: Group, others: list[Group]) -> bool:
        """Merge what can be; whether anything was."""
        distinct = [other for other in dict.fromkeys(others) if other is not group]
        merged = [other for other in distinct if self._merge(group, other)]
        return bool(merged)

    def _grow_product(self, group: Group) -> bool:
        """Take one neighbour into a matrix product's epilogue."""
        followers = [n for n in self.followers(group) if not self._belongs_later(group, n)]
        return any(self._epilogue(group, n) for n in [*followers, *self.internal(group, skip=group.members[:1])])

    def _belongs_later(self, group: Group, n: int) -> bool:
        """Whether a node is better computed where it is used: its inputs are stored anyway, its value would be too.

        The slope of an activation, for instance, is found from the activation's result in the backward pass.
        """
        if len(self.users[n]) != 1 or n in self.roots or len(self.group[n].members) != 1:
            return False
        (user,) = self.users[n]
        if self.nodes[user].op.kind not in _CHAINED or self.nodes[user].shape != self.nodes[n].shape:
            return False
        if not self.circular(group, self.group[user]):
            return False
        inside = [item for item in self.inputs[n] if self.group.get(item) is group]
        return all(
            item in self.roots or any(self.nodes[other].op.kind not in _CHAINED for other in self.users[item])
            for item in inside
        )

    def _epilogue(self, group: Group, n: int) -> bool:
        """Try to make a node part of a product's epilogue."""
        node, other = self.nodes[n], self.group[n]
        alone = len(other.members) == 1 and other.kind == "map"
        return alone and node.op.kind in _CHAINED and node.shape == group.domain and self._merge(group, other)

    def _grow_chain(self, n: int) -> None:
        """Join an element-wise node with element-wise producers of its shape."""
        for item in self.inputs[n]:
            mine, other = self.group.get(n), self.group.get(item)
            if mine is None or other is None or mine is other:
                continue
            if mine.kind == other.kind == "map" and mine.domain == other.domain:
                self._merge(other, mine)

    def _merge(self, group: Group, other: Group) -> bool:
        """Put `other` into `group` where the kernels allow it and no circle arises."""
        pair = group.own, other.own
        if pair in self.refused:  # nothing that happens elsewhere makes a refused merger possible
            return False
        if self._may_merge(group, other) and not self.circular(group, other):
            self.merge(group, other)
            self.merged += 1
            return True
        self.refused.add(pair)
        return False

    def _may_merge(self, group: Group, other: Group) -> bool:
        """Whether one kernel could compute both."""
        view = group.axes and other.kind == "single" and self.nodes[other.members[0]].op.name == "reshape"
        if not view and other.kind not in ("map", "rows", "columns"):
            return False
        if other.axes and (other.axes != group.axes or other.domain != group.domain):
            return False
        if not group.axes and other.domain != group.domain:
            return False
        if (group.members[0] in self.late) != (other.members[0] in self.late):
            return False
        return group.kind == "matmul" or self._fits(group, other)

    def _fits(self, group: Group, other: Group) -> bool:
        """Whether the kernel of `group` can compute the nodes of `other` as well."""
        form = self.forms.get((group.domain, group.axes))
        if form is None:
            form = self.forms[group.domain, group.axes] = Form(group.domain, group.axes)
        if any(form.level(self.nodes[n]) is None for n in other.members):
            return False
        members = {*group.members, *other.members}
        return not self._compares_recomputed(members) and all(
            form.accepts(self.nodes[n], [self.nodes[item] for item in self.inputs[n] if item in members])
            for n in self.touched(group, other)
        )

    def _compares_recomputed(self, members: set[int]) -> bool:
        """Whether a value would be compared with its own extremum after it has been computed a second time.

        Rounding may then differ (one loop multiplies and adds at once, the other does not), and no element would
        equal the maximum, whose gradient looks for one.
        """
        extrema = [n for n in members if self.nodes[n].op.name in ("max", "min") and self.inputs[n][0] in members]
        compared = [n for n in members if self.nodes[n].op.name in _COMPARISONS] if extrema else []
        return any(self.above[n] >> extremum & 1 for n in compared for extremum in extrema)

    def rebuild(self) -> Graph:
        """The new graph, group after group."""
        new: dict[int, Tensor] = {n: node for n, node in enumerate(self.nodes) if node.op.kind == "leaf"}
        waiting = self.groups()
        while waiting:
            later = []
            for group in waiting:
                external = self.external(group)
                if all(item in new for item in external):
                    self._emit(group, external, new)
                else:
                    later.append(group)
            if len(later) == len(waiting):
                raise KernelError("Fused groups depend on each other in a circle; please report the model.")
            waiting = later
        return self.graph.substitute({id(self.nodes[n]): node for n, node in new.items()})

    def _emit(self, group: Group, external: list[int], new: dict[int, Tensor]) -> None:
        """Add the nodes that stand for one group."""
        if group.kind == "single" or (group.kind == "matmul" and len(group.members) == 1):
            (n,) = group.members
            new[n] = self._over(n, new)
            return
        sources = [self.nodes[item] for item in external]
        leaves = [make_input(node.shape, node.dtype, index) for index, node in enumerate(sources)]
        inner = dict(zip(external, leaves, strict=True))
        for n in group.members:
            inner[n] = self._over(n, inner)
        inside = set(group.members)
        used = [n for n in group.members if n in self.roots or not inside.issuperset(self.users[n])]
        body = Body(group.kind, Graph(tuple(leaves), tuple(inner[n] for n in used)), group.domain, group.axes)
        picks = fused_node(body, [new[item] for item in external])
        new.update(zip(used, picks, strict=True))

    def _over(self, n: int, new: dict[int, Tensor]) -> Tensor:
        """A node over other inputs."""
        node = self.nodes[n]
        inputs = [new[self.number[id(item)]] for item in node.inputs]
        return Tensor(node.op, inputs, node.attrs, node.shape, node.dtype, node.origin)
