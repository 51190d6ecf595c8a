"""Tracing: ordered effects, guards, threads, and where a node came from."""

from __future__ import annotations

import sys
import threading

import numpy as np

import nbnet.graph.trace as traces
from nbnet.graph import ops
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.tensor import Variable, active_trace
from nbnet.graph.trace import Assign, Guard, Trace, caller, layer_scope, marks_scope, tracing, update_group


def recorded(trace, *outputs, inputs=()):
    return Graph(tuple(inputs), outputs, tuple(trace.effects))


def test_later_reads_see_what_was_assigned():
    v, w = Variable(1.0, name="v"), Variable(10.0, name="w")
    with tracing(Trace()) as trace:
        before = v + 0.0
        v.assign(v * 2)
        w.assign(w + v)
        v.assign(v * 3)
        after = v + 0.0
    graph = recorded(trace, before, after)
    assert evaluate(graph, []) == [1.0, 6.0, 12.0, 6.0]
    assert [effect.variable.name for effect in graph.final_assignments()] == ["w", "v"]
    assert (v.numpy(), w.numpy()) == (1.0, 10.0)
    assert graph.variables() == [v, w]


def test_assigned_values_take_the_dtype_of_the_variable():
    v = Variable([1, 2], dtype="int32")
    with tracing(Trace()) as trace:
        v.assign([2.7, -2.7])
        v.assign(ops.cast(v, "float64") * 1.5)
    assert [effect.value.dtype for effect in trace.effects] == [np.int32, np.int32]
    np.testing.assert_array_equal(evaluate(recorded(trace), [])[0], [3, -3])


def test_eager_traces_see_assigned_values():
    v = Variable(1.0)
    with tracing(Trace(eager=True)):
        v.assign(v + 1)
        assert float(v * 10) == 20.0
    assert v.numpy() == 1.0


def test_update_groups_guard_what_is_assigned_inside():
    v, w = Variable(1.0, name="v"), Variable(1.0, name="w")
    with tracing(Trace()) as trace:
        loss = v * v
        w.assign(w + 1)
        with update_group("first", (loss,)):
            v.assign(v - 0.1)
        with update_group("second", (loss, loss)):
            v.assign(v - 0.1)
        w.assign(w + 1)
    kinds = [(type(item), item.group) for item in trace.effects]
    assert kinds == [(Assign, 0), (Guard, 1), (Assign, 1), (Guard, 2), (Assign, 2), (Assign, 0)]
    assert trace.effects[1].watched == (loss,)
    assert trace.effects[3].name == "second"
    with update_group("outside", ()):
        v.assign(5.0)
    assert v.numpy() == 5.0


def test_traces_are_per_thread():
    seen = []
    with tracing(Trace()) as trace:
        worker = threading.Thread(target=lambda: seen.append(active_trace()))
        worker.start()
        worker.join()
        assert active_trace() is trace
        with tracing(Trace()) as inner:
            assert active_trace() is inner
    assert seen == [None]
    assert active_trace() is None


def test_a_trace_ends_with_an_exception():
    try:
        with tracing(Trace()):
            raise KeyError("stop")
    except KeyError:
        pass
    assert active_trace() is None


def test_a_node_knows_the_users_line():
    x = make_input((2,), np.dtype("float32"))
    with tracing(Trace()):
        node = ops.sum(x); line = sys._getframe().f_lineno  # fmt: skip # noqa: E702
        softened = ops.softmax(x) * 2
    assert (node.origin.file, node.origin.line, node.origin.layer) == (__file__, line, None)
    assert node.origin.source.startswith("node = ops.sum(x)")
    assert str(node.origin) == f"test_trace.py:{line}"
    assert softened.origin.line == line + 1
    assert ops.sum(x).origin is None


@marks_scope
def call_layer(function, x):
    """What a layer's ``__call__`` does."""
    with layer_scope("dense_1", 3, ("model.py", 12)):
        return function(x)


def test_nodes_of_a_built_in_layer_point_to_where_it_was_made():
    x = make_input((2,), np.dtype("float32"))
    with tracing(Trace()):
        node = call_layer(ops.tanh, x)
        outside = ops.tanh(x)
    assert (node.origin.layer, node.origin.file, node.origin.line) == ("dense_1", "model.py", 12)
    assert str(node.origin) == "dense_1 model.py:12"
    assert node.origin.source == ""
    assert outside.origin.layer is None


def test_nodes_of_a_users_layer_point_into_its_call():
    def call(x):
        return ops.tanh(x)

    x = make_input((2,), np.dtype("float32"))
    with tracing(Trace()):
        node = call_layer(call, x)
    assert (node.origin.layer, node.origin.file) == ("dense_1", __file__)
    assert node.origin.line == call.__code__.co_firstlineno + 1


def test_layers_draw_from_streams_of_their_own():
    with tracing(Trace()) as trace:
        assert trace.draw() == (0, 0)
        with layer_scope("a", 1, ("", 0)):
            assert [trace.draw(), trace.draw()] == [(1, 0), (1, 1)]
            with layer_scope("inner", 2, ("", 0)):
                assert trace.draw() == (2, 0)
            assert trace.draw() == (1, 2)
        assert trace.draw() == (0, 1)
    with layer_scope("outside a trace", 1, ("", 0)):
        assert active_trace() is None


def test_caller_is_the_nearest_frame_outside_the_package():
    file, line = caller()
    assert (file, line) == (__file__, test_caller_is_the_nearest_frame_outside_the_package.__code__.co_firstlineno + 1)


def test_one_leaf_for_each_scalar_and_variable():
    v = Variable(1.0)
    with tracing(Trace()) as trace:
        assert trace.read(v) is trace.read(v)
        assert trace.scalar(trace.seed) is trace.scalar(trace.seed)
        assert trace.scalar(trace.seed) is not trace.scalar(trace.step)


def test_the_package_is_recognised_by_its_folder():
    assert traces.__file__.startswith(traces._PACKAGE)
