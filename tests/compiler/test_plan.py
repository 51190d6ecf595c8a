"""The plan as plain data, and that making one leaves the graph and the variables alone."""

from __future__ import annotations

import numpy as np

from nbnet.compiler.compile import compile_graph
from nbnet.compiler.plan import Address, Buffer, Entry, Plan
from nbnet.compiler.target import Target
from nbnet.graph import ops
from nbnet.graph.tensor import Variable
from nbnet.graph.trace import update_group
from nbnet.kernels import guard
from nbnet.testing.fuzz import random_graph
from tests.compiler.traced import plan_of, structure


def test_addresses_are_printed_with_their_region():
    assert str(Address("arena", 0, 64)) == "arena+64"
    assert str(Address("input", 2)) == "input[2]+0"
    assert str(Address("state", 1, 8)) == "state[1]+8"


def test_sizes():
    assert Buffer(Address("arena"), (3, 4), np.dtype("f8")).nbytes == 96
    assert Entry(guard.Spec(), (), 10, 4, "guard").chunks == 3
    empty = Plan((), (), ())
    assert (empty.flops, empty.bytes, empty.kernels()) == (0, 0, [])


def test_a_plan_names_everything_by_region():
    w = Variable(np.ones(3, "f4"), name="w")

    def function(x):
        loss = ops.sum(ops.exp(x) * w * np.float32(3))
        with update_group("sgd", (loss,)):
            w.assign(w - loss)
        return loss, x

    plan = plan_of(function, np.ones(3, "f4"))
    regions = {word.region for entry in plan.entries for word in entry.words if isinstance(word, Address)}
    assert regions == {"input", "state", "constant", "arena", "control"}
    assert plan.variables == (w,)
    assert plan.guards == ("sgd",)
    assert [output.address.region for output in plan.outputs] == ["arena", "input"]
    assert plan.inputs == (((3,), np.dtype("f4")),)
    assert all(isinstance(word, (int, Address)) for entry in plan.entries for word in entry.words)
    assert [entry.guard for entry in plan.entries].count(1) == 1
    assert len(plan.kernels()) == len({entry.spec for entry in plan.entries})


def test_entries_say_where_they_come_from():
    plan = plan_of(lambda x: ops.exp(x) * 2.0, np.ones((2, 3), "f4"))
    (entry,) = plan.entries
    assert entry.label == "map[exp multiply]"
    assert entry.shapes == "2x3, 1 -> 2x3"
    assert entry.origins[0].file.endswith("test_plan.py")
    assert "ops.exp(x) * 2.0" in entry.origins[0].source


def test_compiling_is_pure_and_repeatable():
    for seed in (5, 10, 15):
        graph = random_graph(seed, 10).graph
        before = structure(graph.nodes())
        plans = [compile_graph(graph, Target("cpu avx2", 32, 16)) for _ in range(2)]
        assert structure(graph.nodes()) == before
        assert plans[0] == plans[1]


def test_a_plan_depends_on_the_target_in_its_kernels_alone():
    x = np.ones((20, 20), "f4")
    from tests.compiler.traced import record

    graph = record(lambda x: ops.tanh(x @ x), x)
    narrow, wide = (compile_graph(graph, Target("cpu", *size)) for size in ((16, 16), (64, 32)))
    assert narrow.arena == wide.arena
    assert [entry.label for entry in narrow.entries] == [entry.label for entry in wide.entries]
    assert narrow.kernels() != wide.kernels()
