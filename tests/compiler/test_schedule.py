"""Schedule: the arena, the order of the steps, state in place, guards."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nbnet.compiler.arena import ALIGNMENT, pack_arena
from nbnet.compiler.compile import optimise
from nbnet.compiler.lower import lower
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.ordering import merge_parts, ordered
from nbnet.compiler.overlap import awaited, last_beside
from nbnet.compiler.plan import Address
from nbnet.compiler.schedule import schedule
from nbnet.compiler.state import place_outputs, place_state
from nbnet.errors import KernelError
from nbnet.graph import ops
from nbnet.graph.graph import Graph
from nbnet.graph.tensor import Variable
from nbnet.kernels import map as flat
from nbnet.kernels.program import Instruction, Operand, Program, Result
from nbnet.runtime.host import cpu_target
from nbnet.testing.fuzz import random_graph
from tests.compiler.traced import plan_of

PASSES = list(itertools.product((False, True), (False, True)))


def steps_of(graph: Graph, **passes: bool) -> tuple[Lowered, list[Step], list[int]]:
    """The lowered steps of a graph in their order, and the buffers of its outputs."""
    lowered = lower(optimise(graph, **passes), cpu_target())
    outputs = place_outputs(lowered)
    place_state(lowered, outputs)
    return lowered, merge_parts(ordered(lowered)), outputs


def overlaps(lowered, steps, outputs):
    """Pairs of buffers that live at one time and share memory, found by looking at every pair."""
    awaiting = awaited(lowered, steps)
    offsets, peak = pack_arena(lowered, steps, awaiting, outputs)
    alive = {}
    for slot in offsets:
        times = [time for time, step in enumerate(steps) if slot in (*step.reads, *step.writes)]
        beside = [other for other in range(len(steps)) for time in times if at_once(awaiting, time, other)]
        times += [*beside, len(steps)] if slot in outputs else beside
        alive[slot] = (min(times), max(times), offsets[slot], offsets[slot] + lowered.slots[slot].nbytes)
    assert all(end <= peak and start % ALIGNMENT == 0 for _, _, start, end in alive.values())
    needed = {s for step in steps for s in (*step.reads, *step.writes) if lowered.slots[s].region == "arena"}
    assert needed <= set(offsets)
    return [
        (a, b)
        for (a, one), (b, two) in itertools.combinations(alive.items(), 2)
        if one[0] <= two[1] and two[0] <= one[1] and one[2] < two[3] and two[2] < one[3]
    ]


def at_once(awaiting, one, two):
    """Whether two steps may run at the same time: the later begins before the earlier must be finished."""
    return awaiting[max(one, two)] <= min(one, two)


@pytest.mark.parametrize("seed", range(40))
def test_steps_that_run_at_once_do_not_need_each_other(seed):
    lowered, steps, _ = steps_of(random_graph(seed, 12).graph)
    awaiting = awaited(lowered, steps)
    assert awaiting == sorted(awaiting)
    for one, two in itertools.combinations(range(len(steps)), 2):
        first, second = steps[one], steps[two]
        if at_once(awaiting, one, two):
            assert not set(first.writes) & {*second.reads, *second.writes}
            assert not set(first.reads) & set(second.writes)
            assert not first.guard


def test_what_a_step_awaits(empty):
    a, b, c, d = (empty.slot((4,), "float32") for _ in range(4))
    step(empty, [], [a])
    step(empty, [], [b])  # needs nothing
    step(empty, [a], [c])  # the first
    step(empty, [a], [d])  # beside the one before
    step(empty, [d], [b])  # overwrites b
    step(empty, [c], [a])  # overwrites what others have read
    awaiting = awaited(empty, empty.steps)
    assert awaiting == [0, 0, 1, 1, 4, 4]
    assert last_beside(awaiting) == [1, 3, 3, 3, 5, 5]


def test_nothing_runs_beside_a_guard_that_comes_before(empty):
    a, b = (empty.slot((4,), "float32") for _ in range(2))
    step(empty, [], [a])
    step(empty, [], [empty.control()], guard=1)
    step(empty, [], [b])
    assert awaited(empty, empty.steps) == [0, 0, 2]


@pytest.mark.parametrize("seed", range(40))
def test_no_two_living_buffers_overlap(seed):
    graph = random_graph(seed, 12).graph
    for simplified, fused in PASSES:
        lowered, steps, outputs = steps_of(graph, simplified=simplified, fused=fused)
        assert overlaps(lowered, steps, outputs) == []


def step(lowered, reads, writes, **attributes):
    """A step over buffers, added to `lowered`."""
    lowered.steps.append(Step("spec", [], 1, 1, "step", list(reads), list(writes), **attributes))
    return lowered.steps[-1]


@pytest.fixture
def empty():
    return Lowered(Graph((), ()), cpu_target())


def test_the_arena_reuses_memory(empty):
    a, b, c, d = (empty.slot((16,), "float32") for _ in range(4))
    step(empty, [], [a])
    step(empty, [a], [b])
    step(empty, [b], [c])
    step(empty, [c], [d])
    offsets, peak = pack_arena(empty, empty.steps, awaited(empty, empty.steps), [d])
    assert peak == 2 * ALIGNMENT
    assert offsets[a] == offsets[c] != offsets[b] == offsets[d]


def test_outputs_live_to_the_end(empty):
    a, b, c = (empty.slot((100,), "float64") for _ in range(3))
    step(empty, [], [a])
    step(empty, [], [b])
    step(empty, [b], [c])
    offsets, peak = pack_arena(empty, empty.steps, awaited(empty, empty.steps), [a, c])
    assert len({offsets[slot] for slot in (a, b, c)}) == 3
    assert peak == 3 * 832


def test_empty_buffers_have_a_place(empty):
    a, b = empty.slot((0, 3), "float32"), empty.slot((1,), "float32")
    step(empty, [a], [b])
    offsets, _ = pack_arena(empty, empty.steps, awaited(empty, empty.steps), [b])
    assert set(offsets) == {a, b}


def test_values_come_before_their_users(empty):
    a, b, c = (empty.slot((4,), "float32") for _ in range(3))
    last, first, middle = step(empty, [b], [c]), step(empty, [], [a]), step(empty, [a], [b])
    assert ordered(empty) == [first, middle, last]


def test_old_state_is_read_before_it_is_written(empty):
    variable = Variable(np.zeros(4, "f4"))
    state, a = empty.variable(variable), empty.slot((4,), "float32")
    writer = step(empty, [], [state])
    reader = step(empty, [state], [a])
    fresh = step(empty, [state], [empty.slot((4,), "float32")], fresh={state})
    assert ordered(empty) == [reader, writer, fresh]


def test_writes_of_a_group_follow_its_guard_at_once(empty):
    states = [empty.variable(Variable(np.zeros(4, "f4"))) for _ in range(2)]
    late = step(empty, [], [states[1]], group=2)
    guards = [step(empty, [], [empty.control()], group=group, guard=group) for group in (1, 2)]
    first = step(empty, [], [states[0]], group=1)
    assert ordered(empty) == [guards[0], first, guards[1], late]


def test_a_circle_is_an_error(empty):
    a, b = (empty.slot((4,), "float32") for _ in range(2))
    step(empty, [a], [b])
    step(empty, [b], [a])
    with pytest.raises(KernelError, match="circle"):
        ordered(empty)


def parted(lowered, reads, writes, **attributes):
    """A map of one part."""
    made = step(lowered, reads, writes, parts=[(4, [Ref(slot) for slot in (*reads, *writes)])], **attributes)
    made.spec = flat.Spec(
        Program((Operand("float32"),), (Instruction("copy", (0,), "float32"),), (Result(1, "float32"),))
    )
    return made


def test_parts_are_merged_where_nothing_stands_between(empty):
    a, b, c, d = (empty.slot((4,), "float32") for _ in range(4))
    parted(empty, [a], [b])
    parted(empty, [c], [d])
    (merged,) = merge_parts(empty.steps)
    assert (len(merged.parts), merged.items, merged.reads, merged.writes) == (2, 2, [a, c], [b, d])


@pytest.mark.parametrize("between", ["value", "overwrite", "old", "guard", "group"])
def test_parts_are_not_merged_across_what_they_need(empty, between):
    a, b, c, d = (empty.slot((4,), "float32") for _ in range(4))
    parted(empty, [a], [b])
    if between == "value":
        parted(empty, [b], [d])
    elif between == "overwrite":
        parted(empty, [c], [b])
    elif between == "old":
        parted(empty, [c], [a])
    elif between == "guard":
        step(empty, [], [empty.control()], guard=1)
        parted(empty, [c], [d])
    else:
        parted(empty, [c], [d], group=1)
    assert sum(len(step.parts) for step in merge_parts(empty.steps)) == 2
    assert all(len(step.parts) < 2 for step in merge_parts(empty.steps))


def test_equal_constants_share_their_place_and_lie_on_borders():
    one = np.arange(5, dtype="f4")
    plan = plan_of(lambda x: [x * one, ops.exp(x + one), x - one * np.float32(2)], np.ones(5, "f4"))
    offsets = {
        word.offset for e in plan.entries for word in e.words if isinstance(word, Address) and word.region == "constant"
    }
    assert all(offset % ALIGNMENT == 0 for offset in offsets)
    assert len(offsets) == 2
    assert plan.constants[:20] in (one.tobytes(), (one * 2).tobytes())


def test_schedule_does_not_change_the_graph():
    graph = random_graph(10, 10).graph
    text = str(graph)
    schedule(lower(optimise(graph), cpu_target()))
    assert str(graph) == text
