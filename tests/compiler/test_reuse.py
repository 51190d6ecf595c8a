"""Plans used again: equal to fresh ones, for graphs of one outline only, and holding nobody's weights."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from nbnet.compiler.choices import Choice
from nbnet.compiler.compile import compile_graph
from nbnet.compiler.outline import outline_of
from nbnet.compiler.reuse import PlanCache
from nbnet.compiler.target import Target
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, make_input
from nbnet.graph.tensor import READ, Op, RuntimeScalar, Tensor, Variable, constant
from nbnet.graph.trace import Trace, layer_scope, part_scope, tracing, update_group
from nbnet.runtime.cpu import Executable
from nbnet.runtime.host import cpu_target
from nbnet.runtime.stop import GuardStop
from nbnet.testing.fuzz import random_graph
from tests.compiler.traced import record

TARGET = Target("cpu avx512", 64, 32)
X = np.ones((4, 3), "f4")


class Counted(PlanCache):
    """A cache that counts what it compiles."""

    def __init__(self, kept=64):
        self.compiled = 0
        super().__init__(kept, self.count)

    def count(self, graph, target):
        self.compiled += 1
        return compile_graph(graph, target)


def outcome(plan, sample):
    """What a plan gives and what it leaves in the state."""
    try:
        found = Executable(plan).run([np.ascontiguousarray(array) for array in sample.inputs])
    except GuardStop as stop:
        found = [np.array(stop.guard)]
    return [array.tobytes() for array in (*found, *(variable.numpy() for variable in sample.variables))]


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_a_plan_used_again_is_the_plan(start):
    for seed in range(start, start + 10):
        cache = Counted()
        first, second, third = (random_graph(seed, length=8) for _ in range(3))
        assert cache.plan(first.graph, cpu_target()) == compile_graph(first.graph, cpu_target())
        again = cache.plan(second.graph, cpu_target())
        assert (cache.compiled, len(cache)) == (1, 1)
        assert again == compile_graph(second.graph, cpu_target())
        assert list(map(id, again.variables)) == list(
            map(id, compile_graph(second.graph, cpu_target()).variables)
        )  # an array would compare by its elements
        if seed % 5 == 0:
            assert outcome(again, second) == outcome(compile_graph(third.graph, cpu_target()), third)


def test_different_random_graphs_have_different_plans():
    cache = Counted(1000)
    for seed in range(300, 400):
        sample = random_graph(seed, length=8)
        assert cache.plan(sample.graph, TARGET) == compile_graph(sample.graph, TARGET)


def step(
    *, f=ops.tanh, scale=0.5, weights=2, trainable=True, shape=(3, 2), dtype="f4", swapped=False, kept=True, axis=0,
    name="sgd", watched=2, grouped=True, order=1, number=1.0, array=(1.0, 2.0), rate="rate", layers=("one", "two"),
    outputs=1, rows=4, stream=0, exact=False, double=False,
):  # fmt: skip
    """A training step in which every part can be another."""
    made = [Variable(np.ones(shape), dtype, f"w{k}", trainable) for k in range(2)]
    used = [made[0], made[weights - 1]]
    speed = [RuntimeScalar(rate, lambda: 0.1, dtype), RuntimeScalar(rate, lambda: 0.1, dtype)]
    x = make_input((rows, shape[0]), np.dtype(dtype), 0)
    trace = Trace()
    with tracing(trace):
        with layer_scope(layers[0], stream, ("a.py", 1)):
            h = f(x @ used[0]) + ops.uniform((rows, shape[1]), dtype=dtype)
        with layer_scope(layers[1], 2, ("a.py", 2)):
            y = x @ used[1] * constant(np.array(array), dtype) * number
            z = y - h if swapped else h - y
        loss = ops.sum(ops.sum(z * z, axis=axis, keepdims=kept)) * scale
        found = gradients(loss, made[:weights])
        variables = list(zip(made, found, strict=False))[::order]
        with part_scope("sgd"), update_group(name, (loss, *found)[:watched]):
            values = [w - slope * speed[k if double else 0] for k, (w, slope) in enumerate(variables)]
            for w, value in zip(made[::order], values, strict=False):
                if grouped:
                    w.assign(value)
        for w, value in zip(made[::order], values, strict=False):
            if not grouped:
                w.assign(value)
    return Graph((x,), (loss, h, z)[:outputs], tuple(trace.effects))


def relu(x):
    return ops.maximum(x, 0.0)


CHANGES = [
    {"f": ops.sigmoid}, {"f": relu}, {"scale": 0.25}, {"weights": 1}, {"trainable": False}, {"shape": (3, 5)},
    {"dtype": "f8"}, {"swapped": True}, {"kept": False}, {"axis": 1}, {"name": "adam"}, {"watched": 1},
    {"grouped": False}, {"order": -1}, {"number": 2.0}, {"array": (1.0, 2.5)}, {"array": (2.0, 1.0)},
    {"array": (1.0, -2.0)}, {"rate": "other"}, {"layers": (None, "two")}, {"outputs": 2},
    {"outputs": 3}, {"rows": 5}, {"stream": 3}, {"double": True},
]  # fmt: skip


def test_equal_steps_share_a_plan():
    cache = Counted()
    for layers in (("one", "two"), ("three", "four")):
        graph = step(layers=layers)
        plan = cache.plan(graph, TARGET)
        assert plan == compile_graph(graph, TARGET)
        assert {origin.layer for entry in plan.entries for origin in entry.origins} >= set(layers)
    assert cache.compiled == 1


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_any_change_is_another_plan(change):
    if change.get("array"):
        change = {**change, "shape": (3, 2)}
    if change.get("shape") == (3, 5):
        change = {**change, "array": (1.0,)}
    cache = Counted()
    cache.plan(step(), TARGET)
    graph = step(**change)
    assert cache.plan(graph, TARGET) == compile_graph(graph, TARGET)
    assert cache.compiled == 2


def computation(node):
    """The node, or what it does to which others: where two do the same, one is as good as the other."""
    return (node.op, *map(id, node.inputs)) if node.inputs else id(node)


def test_any_change_of_a_node_is_another_outline():
    """Each node of a graph in turn gets another op, attribute, shape, dtype, input and origin."""
    number = 0
    graph = step()
    key = outline_of(graph).key
    other = Op("tanh", ops.tanh(graph.inputs[0]).op.infer, np.tanh)  # of the same name
    for node in graph.nodes():
        before = node.op, node.inputs, node.attrs, node.shape, node.dtype, node.origin
        changed = [
            (other, *before[1:]),
            (*before[:2], {**node.attrs, "more": 1}, *before[3:]) if node.op.kind != "leaf" else None,
            (*before[:3], (*node.shape, 1), *before[4:]),
            (*before[:4], np.dtype("i4"), before[5]),
            (before[0], node.inputs[::-1], *before[2:]) if len(set(map(computation, node.inputs))) > 1 else None,
            (before[0], node.inputs[1:], *before[2:]) if node.inputs else None,
            (*before[:5], None if node.origin else graph.outputs[0].origin),
        ]
        for case in changed:
            if case is None:
                continue
            node.op, node.inputs, node.attrs, node.shape, node.dtype, node.origin = case
            found = outline_of(Graph(graph.inputs, graph.outputs, graph.effects))
            assert found is None or found.key != key  # None: a variable in an op that is no read
            node.op, node.inputs, node.attrs, node.shape, node.dtype, node.origin = before
            number += 1
    assert outline_of(Graph(graph.inputs, graph.outputs, graph.effects)).key == key
    assert number > 100


@pytest.mark.parametrize(
    ("one", "two"),
    [(1, 1.0), (1, True), (0.0, -0.0), (0, False), ((1, 2), [1, 2]), (np.float32(1), np.float64(1)),
     (np.zeros(3, "f4"), np.zeros(3, "i4")), (np.zeros((2, 3)), np.zeros((3, 2))),
     (np.arange(999), np.arange(999)[::-1]),
     (np.dtype("f4"), np.dtype("f8")), (None, "None"),
     (ops.Formula(lambda x: x), ops.Formula(lambda x: x))],
)  # fmt: skip
def test_attributes_that_differ(one, two):
    def key(value):
        leaf = make_input((3,), np.dtype("f4"))
        return outline_of(Graph((leaf,), (Tensor(ops.tanh(leaf).op, (leaf,), {"value": value}, (3,), leaf.dtype),))).key

    assert key(one) == key(one)
    assert key(float("nan")) == key(float("nan"))
    assert key(one) != key(two)


def test_other_targets_and_choices_have_other_plans():
    cache, graph = Counted(), step()
    choice = Choice(4, 1, "none", 1, 1, "a test")
    for target in (
        TARGET, Target("cpu avx2", 32, 16), Target("cpu other", 64, 32), replace(TARGET, choices={"a": choice}),
        replace(TARGET, choices={"a": replace(choice, rows=5)}), replace(TARGET, choices={"b": choice}),
    ):  # fmt: skip
        before = cache.compiled
        cache.plan(graph, target)
        cache.plan(graph, replace(target, choices=dict(target.choices)))
        assert cache.compiled == before + 1


def test_an_unknown_attribute_is_compiled_each_time():
    leaf = make_input((3,), np.dtype("f4"))
    node = ops.tanh(leaf)
    node.attrs = {"what": {1, 2}}
    graph, compiled = Graph((leaf,), (node,)), []
    cache = PlanCache(4, lambda graph, target: compiled.append(graph))
    for _ in range(2):
        cache.plan(graph, TARGET)
    assert compiled == [graph, graph]
    assert len(cache) == 0


def test_few_plans_are_kept_and_none_with_large_constants():
    cache = Counted(kept=3)
    graphs = [record(lambda x: ops.exp(x) * 2.0, np.ones(n, "f4")) for n in range(1, 5)]
    for graph in (*graphs, graphs[1], graphs[0], graphs[1]):
        cache.plan(graph, TARGET)
    assert (len(cache), cache.compiled) == (3, 5)
    cache.clear()
    assert len(cache) == 0
    large = record(lambda x: x + np.arange(1 << 19, dtype="f4"), np.ones(1, "f4"))
    cache.plan(large, TARGET)
    assert len(cache) == 0


def test_no_variable_is_kept_alive():
    cache = Counted()
    graph = step()
    plan = cache.plan(graph, TARGET)
    assert plan.variables
    watched = [weakref.ref(item) for item in (*plan.variables, *plan.scalars)]
    del graph, plan
    gc.collect()
    assert [ref() for ref in watched] == [None] * len(watched)
    assert len(cache) == 1


def test_variables_are_named_where_a_plan_tells_of_them():
    cache = Counted()
    for name in ("a", "b"):
        w = Variable(np.zeros(4, "f4"), name=name)
        graph = record(lambda x, w=w: w.assign(x), np.ones(4, "f4"))
        plan = cache.plan(graph, TARGET)
        assert [entry.label for entry in plan.entries] == [f"store {name}"]
        assert plan.variables == (w,)
    assert cache.compiled == 1


def test_one_variable_twice_is_not_two():
    cache = Counted()
    one, two = Variable(np.ones(3, "f4"), name="w"), Variable(np.ones(3, "f4"), name="w")

    def graph(*variables):
        reads = [Tensor(READ, (), {"variable": item}, (3,), np.dtype("f4")) for item in variables]
        return Graph((), (reads[0] * reads[1],))

    assert len(cache.plan(graph(one, two), TARGET).variables) == 2
    assert len(cache.plan(graph(one, one), TARGET).variables) == 1
    assert cache.compiled == 2
    swapped = cache.plan(graph(two, one), TARGET)
    assert cache.compiled == 2
    assert [id(item) for item in swapped.variables] == [id(two), id(one)]
