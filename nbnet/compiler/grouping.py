"""A graph's nodes in groups that grow by mergers, and who depends on whom among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbnet.graph.graph import Graph
from nbnet.graph.tensor import Tensor

__all__ = ["PRODUCTS", "Group", "Grouping"]

PRODUCTS = ("matmul", "conv_rows")
"""Ops whose kernel takes an epilogue."""


@dataclass(eq=False)
class Group:
    """Nodes, by number, that one kernel is to compute.

    Attributes
    ----------
    kind : str
        "map", "rows", "columns" or "matmul" as :class:`~nbnet.compiler.fused.Body` has it; "single": a node with
        a kernel of its own.
    members : list of int
        In topological order.
    domain, axes : tuple of int
    own, below, above : int
        Bit sets of node numbers: the members; all that depends on them; all that they depend on.
    """

    kind: str
    members: list[int]
    domain: tuple[int, ...]
    axes: tuple[int, ...] = ()
    own: int = 0
    below: int = 0
    above: int = 0


def seed(n: int, node: Tensor) -> Group:
    """The group that a node starts as."""
    if node.op.kind in ("elementwise", "formula", "one_hot") or node.op.name == "broadcast":
        return Group("map", [n], node.shape)
    if node.op.kind == "reduce":
        domain, axes = node.inputs[0].shape, node.attrs["axes"]
        return Group("rows" if axes[-1] == len(domain) - 1 else "columns", [n], domain, axes)
    return Group("matmul" if node.op.name in PRODUCTS else "single", [n], node.shape)


class Grouping:
    """Every node that is not a leaf in a group of its own, to begin with.

    Attributes
    ----------
    nodes : list of Tensor
        In topological order; all else names them by their number here.
    number : dict of int to int
        Number of a node by its id.
    inputs, users : list of list of int
        Each neighbour once.
    roots : set of int
        What must be computed whether or not it is used.
    above : list of int
        Bit set of what each node depends on.
    group : dict of int to Group
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = graph.nodes()
        self.number = {id(node): n for n, node in enumerate(self.nodes)}
        self.inputs = [list(dict.fromkeys(self.number[id(item)] for item in node.inputs)) for node in self.nodes]
        self.users: list[list[int]] = [[] for _ in self.nodes]
        for n, items in enumerate(self.inputs):
            for item in items:
                self.users[item].append(n)
        self.roots = {self.number[id(node)] for node in graph.roots()}
        self.group = {n: seed(n, node) for n, node in enumerate(self.nodes) if node.op.kind != "leaf"}
        self.above = [0] * len(self.nodes)
        for n, group in self.group.items():
            for item in self.inputs[n]:
                if item in self.group:
                    self.above[n] |= self.above[item] | 1 << item
            group.own, group.above = 1 << n, self.above[n]
        for n in reversed(self.group):
            for user in self.users[n]:
                self.group[n].below |= self.group[user].below | 1 << user

    def groups(self) -> list[Group]:
        """All groups, by their first node."""
        return list(dict.fromkeys(self.group.values()))

    def external(self, group: Group) -> list[int]:
        """What a group reads from outside."""
        found = dict.fromkeys(item for n in group.members for item in self.inputs[n])
        return [item for item in found if self.group.get(item) is not group]

    def internal(self, group: Group, skip: Sequence[int] = ()) -> list[int]:
        """Nodes outside that nothing but the group uses; members in `skip` are not asked for their inputs."""
        found = dict.fromkeys(item for n in group.members if n not in skip for item in self.inputs[n])
        return [
            item
            for item in found
            if self.group.get(item, group) is not group
            and item not in self.roots
            and all(self.group[user] is group for user in self.users[item])
        ]

    def followers(self, group: Group) -> list[int]:
        """Nodes outside that use the group."""
        found = dict.fromkeys(user for n in group.members for user in self.users[n])
        return [user for user in found if self.group[user] is not group]

    def touched(self, group: Group, other: Group) -> list[int]:
        """The members of `other`, and those of `group` that use them."""
        found = dict.fromkeys(other.members)
        found.update((user, None) for n in other.members for user in self.users[n] if self.group[user] is group)
        return list(found)

    def circular(self, a: Group, b: Group) -> bool:
        """Whether one of two groups depends on the other through a third, which then could come nowhere."""
        return bool((a.below & b.above | b.below & a.above) & ~(a.own | b.own))

    def merge(self, group: Group, other: Group) -> None:
        """Put `other` into `group`, whose kind, domain and axes stay."""
        own = group.own | other.own
        below, above = (group.below | other.below) & ~own, (group.above | other.above) & ~own
        # Whoever stood above only one of the two now stands above all that is below the other, and the reverse.
        for higher in self._groups_of((group.above ^ other.above) & ~own):
            higher.below |= below | own
        for lower in self._groups_of((group.below ^ other.below) & ~own):
            lower.above |= above | own
        group.own, group.below, group.above = own, below, above
        group.members = sorted([*group.members, *other.members])
        for n in other.members:
            self.group[n] = group

    def _groups_of(self, bits: int) -> list[Group]:
        """The groups of the nodes in a bit set."""
        found = []
        while bits:
            group = self.group[(bits & -bits).bit_length() - 1]
            found.append(group)
            bits &= ~group.own
        return found
