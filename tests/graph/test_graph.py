"""Graphs: order, printing, rewriting and evaluation."""

from __future__ import annotations

import numpy as np

from nbnet.graph import ops
from nbnet.graph.graph import Graph, evaluate, make_input, topological
from nbnet.graph.tensor import RuntimeScalar, Tensor, Variable
from nbnet.graph.trace import Trace, tracing, update_group

F32 = np.dtype("float32")


def test_printed_graph():
    v, rate = Variable([1.0, 2.0], name="w"), RuntimeScalar("rate", lambda: 0.5)
    x = make_input((2,), F32, name="x")
    with tracing(Trace()) as trace:
        loss = ops.sum(x * v)
        with update_group("sgd", (loss,)):
            v.assign(v - x * rate)
    lines = str(Graph((x,), (loss,), tuple(trace.effects))).splitlines()
    assert [line.split("   #")[0] for line in lines] == [
        "%0 = input(index=0, name=x) : float32[2]",
        "%1 = read(variable=Variable('w', shape=(2,), float32)) : float32[2]",
        "%2 = multiply(%0, %1) : float32[2]",
        "%3 = sum(%2, axes=(0,), keepdims=False) : float32[]",
        "%4 = scalar(scalar=RuntimeScalar('rate', float32)) : float32[]",
        "%5 = multiply(%0, %4) : float32[2]",
        "%6 = subtract(%1, %5) : float32[2]",
        "output %3",
        "guard 'sgd' group 1: %3",
        "assign 'w' = %6 (group 1)",
    ]
    assert "# test_graph.py:" in lines[2]


def test_large_constants_are_printed_short():
    x = make_input((100,), F32)
    assert len(str(Graph((x,), (x + np.arange(100.0),)))) < 300


def test_topological_order_is_a_function_of_the_graph():
    x = make_input((), F32)
    shared = ops.exp(x)
    out = shared * shared + ops.log(shared)
    order = topological([out, shared, x])
    assert [node.op.name for node in order] == ["input", "exp", "multiply", "log", "add"]
    place = {id(node): index for index, node in enumerate(order)}
    assert all(place[id(item)] < place[id(node)] for node in order for item in node.inputs)


def test_deep_graphs_need_no_deep_stack():
    x = node = make_input((), F32)
    for _ in range(5000):
        node = node + x
    assert len(topological([node])) == 5001
    assert evaluate(Graph((x,), (node,)), [np.ones((), "float32")]) == [5001.0]


def test_rewrite_replaces_nodes_and_keeps_effects():
    v = Variable(1.0, name="v")
    x = make_input((), F32)
    with tracing(Trace()) as trace:
        y = ops.exp(x) * v
        with update_group("g", (y,)):
            v.assign(ops.exp(v))
    graph = Graph((x,), (y,), tuple(trace.effects))

    def exp_to_log(node, inputs):
        if node.op.name == "exp":
            return ops.log(inputs[0])
        return Tensor(node.op, inputs, node.attrs, node.shape, node.dtype, node.origin)

    new = graph.rewrite(exp_to_log)
    assert "exp" in str(graph)
    assert "exp" not in str(new)
    assert [type(item).__name__ for item in new.effects] == ["Guard", "Assign"]
    assert evaluate(new, [np.ones((), "float32")]) == [0.0, 0.0]


def test_nodes_lists_inputs_that_are_not_used():
    x, y = make_input((), F32), make_input((), F32, 1)
    graph = Graph((x, y), (ops.exp(x),))
    assert [node.op.name for node in graph.nodes()] == ["input", "input", "exp"]
    assert evaluate(graph, [np.zeros((), "float32"), np.ones((), "float32")]) == [1.0]


def test_evaluate_visits_every_node_in_order():
    x = make_input((), F32)
    seen = []
    evaluate(
        Graph((x,), (ops.log(ops.exp(x)),)),
        [np.zeros(())],
        lambda node, value: seen.append((node.op.name, float(value))),
    )
    assert seen == [("input", 0.0), ("exp", 1.0), ("log", 0.0)]


def test_scalars_and_variables_in_order_of_first_use():
    a, b = Variable(1.0, name="a"), Variable(2.0, name="b")
    first, second = RuntimeScalar("first", lambda: 1), RuntimeScalar("second", lambda: 2)
    with tracing(Trace()):
        graph = Graph((), (b * second + a * first + b * second,))
    assert [item.name for item in graph.variables()] == ["b", "a"]
    assert [item.name for item in graph.scalars()] == ["second", "first"]
