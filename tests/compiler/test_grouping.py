"""Groups that grow by mergers: who depends on whom is known at every moment, compared with a search."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nbnet.compiler.grouping import Grouping
from nbnet.graph import ops
from nbnet.graph.graph import Graph, make_input
from nbnet.testing.fuzz import random_graph

F4 = np.dtype("f4")


def random_dag(rng, count):
    """A graph of additions of random earlier nodes."""
    leaf = make_input((2,), F4)
    nodes = [ops.exp(leaf)]
    for _ in range(count):
        first, second = rng.integers(0, len(nodes), 2)
        nodes.append(ops.add(nodes[first], nodes[second]))
    return Graph((leaf,), tuple(nodes[-3:]))


def reachable(grouping, group):
    """The groups that depend on one, found step by step."""
    found, stack = [], [group]
    while stack:
        for user in grouping.followers(stack.pop()):
            other = grouping.group[user]
            if other is not group and other not in found:
                found.append(other)
                stack.append(other)
    return found


def through_a_third(grouping, a, b):
    """Whether one of two groups depends on the other through a third, by search."""
    thirds = [group for group in grouping.groups() if group is not a and group is not b]
    for first, last in ((a, b), (b, a)):
        for third in thirds:
            if third in reachable(grouping, first) and last in reachable(grouping, third):
                return True
    return False


@pytest.mark.parametrize("number", range(12))
def test_circles_are_seen(rng, number):
    rng = np.random.default_rng(number)
    grouping = Grouping(random_dag(rng, 14))
    merged = 0
    while len(grouping.groups()) > 2 and merged < 12:
        pairs = list(itertools.combinations(grouping.groups(), 2))
        for group in grouping.groups():
            below = reachable(grouping, group)
            assert group.below == sum(other.own for other in below)
            assert all(group.own & other.above == group.own for other in below)
        for a, b in pairs:
            assert grouping.circular(a, b) == grouping.circular(b, a) == through_a_third(grouping, a, b)
        fitting = [(a, b) for a, b in pairs if not grouping.circular(a, b)]
        a, b = fitting[int(rng.integers(len(fitting)))]
        if rng.random() < 0.5:
            a, b = b, a
        grouping.merge(a, b)
        merged += 1
    assert merged


def test_groups_know_their_neighbours():
    x = make_input((2,), F4)
    e = ops.exp(x)
    f, g = ops.log(e), ops.tanh(e)
    grouping = Grouping(Graph((x,), (ops.add(f, g), g)))
    number = {node.op.name: n for n, node in enumerate(grouping.nodes)}
    add, log = grouping.group[number["add"]], grouping.group[number["log"]]
    assert grouping.external(add) == [number["log"], number["tanh"]]
    assert grouping.internal(add) == [number["log"]]  # tanh is an output too
    assert grouping.internal(add, skip=add.members) == []
    assert grouping.followers(grouping.group[number["exp"]]) == [number["log"], number["tanh"]]
    grouping.merge(add, log)
    assert add.members == sorted([number["add"], number["log"]])
    assert grouping.group[number["log"]] is add
    assert grouping.internal(add) == []
    assert grouping.touched(add, grouping.group[number["tanh"]]) == [number["tanh"], number["add"]]
    assert grouping.circular(add, grouping.group[number["exp"]])
    grouping.merge(add, grouping.group[number["tanh"]])
    assert not grouping.circular(add, grouping.group[number["exp"]])


def test_every_node_but_leaves_is_in_one_group():
    grouping = Grouping(random_graph(4, 12).graph)
    members = [n for group in grouping.groups() for n in group.members]
    assert len(members) == len(set(members))
    assert {n for n, node in enumerate(grouping.nodes) if node.op.kind != "leaf"} == set(members)
