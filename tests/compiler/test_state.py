"""State: written in place where that is safe, by a copy where not, after its guard always."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nbnet.compiler.plan import Address
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.tensor import Variable
from nbnet.graph.trace import update_group
from nbnet.runtime.cpu import Executable
from nbnet.runtime.stop import GuardStop
from tests.compiler.traced import agrees, plan_of

PASSES = list(itertools.product((False, True), (False, True)))


def variables(count=2, size=5):
    return [Variable(np.arange(size, dtype="f4") + 10 * k, name=f"v{k}") for k in range(count)]


def stores(plan):
    """Labels of entries that only copy into a variable."""
    return [entry.label for entry in plan.entries if entry.label.startswith(("store", "copy"))]


def test_a_variable_is_updated_in_place():
    (w,) = variables(1)

    def function(x):
        w.assign(w - x * 0.5)

    plan = plan_of(function, np.ones(5, "f4"))
    assert len(plan.entries) == 1
    program = plan.entries[0].spec.program
    assert program.results[0].alias is not None
    assert plan.arena == 0
    agrees(function, np.ones(5, "f4"))


def test_who_needs_the_old_value_reads_it_first():
    (w,) = variables(1)

    def function(x):
        before = ops.sum(w * x)
        w.assign(w * 2.0 + x)
        return before, ops.sum(w)

    assert stores(plan_of(function, np.ones(5, "f4"))) == []
    agrees(function, np.arange(5, dtype="f4"))


def test_a_value_that_is_needed_with_the_old_state_is_not_written_in_place():
    (w,) = variables(1)

    def function(x):
        old = ops.reshape(ops.transpose(ops.reshape(w, (5, 1))), (5,)) @ ops.reshape(x, (5, 1))
        new = w * 2.0
        w.assign(new)
        return ops.reshape(new, (1, 5)) @ ops.reshape(w * 0.0 + 1.0, (5, 1)) + old

    agrees(function, np.arange(5, dtype="f4"))


@pytest.mark.parametrize("rule", ["plain", "arithmetic", "sums"])
def test_variables_may_swap(rule):
    a, b = variables()

    def function(x):
        if rule == "plain":
            first, second = a + 0.0, b + 0.0
        elif rule == "arithmetic":
            first, second = a * x, b - x
        else:
            first, second = a + ops.sum(b), b + ops.sum(a)
        a.assign(second)
        b.assign(first)
        return x

    agrees(function, np.arange(5, dtype="f4"))


def test_three_variables_may_rotate():
    a, b, c = variables(3)

    def function(x):
        first, second, third = a * 1.5, b * 2.5, c * 3.5
        a.assign(second)
        b.assign(third)
        c.assign(first)
        return x

    agrees(function, np.ones(5, "f4"))


def test_inputs_constants_and_other_state_may_be_assigned():
    a, b, c = variables(3)

    def function(x):
        c.assign(a)
        a.assign(x)
        b.assign(np.full(5, 3.0, "f4"))

    agrees(function, np.arange(5, dtype="f4"))


def test_an_output_may_be_what_is_assigned():
    a, b = variables()

    def function(x):
        y = ops.tanh(x)
        old = a + 0.0
        a.assign(y)
        b.assign(y)
        return y, ops.reshape(y, (5, 1)), old, x

    agrees(function, np.arange(5, dtype="f4"))


def test_an_output_may_be_old_state():
    (a,) = variables(1)

    def function(x):
        old = ops.reshape(ops.stop_gradient(a), (5, 1))
        a.assign(a * x)
        return old, ops.stop_gradient(old)

    agrees(function, np.arange(5, dtype="f4"))


def test_the_last_assignment_counts_and_reads_between_see_the_earlier():
    (a,) = variables(1)

    def function(x):
        a.assign(a + x)
        seen = ops.sum(a)
        a.assign(a * 2.0)
        return seen, ops.sum(a)

    agrees(function, np.arange(5, dtype="f4"))


def test_what_a_guard_watches_may_be_assigned():
    last, w = Variable(np.zeros((), "f4")), variables(1)[0]

    def function(x):
        loss = ops.mean(ops.square(w - x))
        (slope,) = gradients(loss, [w])
        with update_group("sgd", (loss, slope)):
            w.assign(w - slope)
            last.assign(loss)
        return loss

    agrees(function, np.arange(5, dtype="f4") * 0.5)


def test_what_a_watched_loss_depends_on_may_be_assigned():
    state, w = variables()

    def function(x):
        state.assign(ops.tanh(state * x))
        loss = ops.sum(state * w)
        with update_group("sgd", (loss,)):
            w.assign(w - loss)
        return loss

    agrees(function, np.arange(5, dtype="f4"))


def two_groups(x, a, b, total):
    """Two updates, each behind its own guard, and a total that is written with the last."""
    first = ops.sum(a * x[0])
    with update_group("first", (first,)):
        a.assign(a + x[0])
    second = ops.sum(b * x[1])
    with update_group("second", (second,)):
        b.assign(b + x[1] * first)
    total.assign(total + 1.0)
    return first


@pytest.mark.parametrize("passes", PASSES)
@pytest.mark.parametrize(("bad", "written"), [((), "abt"), ((0,), ""), ((1,), "a"), ((0, 1), "")])
def test_a_guard_keeps_its_group_and_all_later_ones(bad, written, passes):
    a, b = variables()
    total = Variable(np.zeros((), "f4"))
    before = [variable.numpy() for variable in (a, b, total)]
    x = np.ones((2, 5), "f4")
    for row in bad:
        x[row, 3] = np.nan
    simplified, fused = passes
    plan = plan_of(lambda x: two_groups(x, a, b, total), x, simplified=simplified, fused=fused)
    executable = Executable(plan)
    if bad:
        with pytest.raises(GuardStop) as stopped:
            executable.run([x])
        assert stopped.value.guard == bad[0] + 1
    else:
        executable.run([x])
    changed = [not np.array_equal(v.numpy(), old) for v, old in zip((a, b, total), before, strict=True)]
    assert changed == [name in written for name in "abt"]
    assert plan.guards == ("first", "second")


@pytest.mark.parametrize("passes", PASSES)
def test_values_of_two_groups_that_one_kernel_could_compute_are_written_with_their_own(passes):
    a, b = variables()

    def function(x):
        shared = x[0] * 0.5
        with update_group("first", (ops.sum(x[0]),)):
            a.assign(a + shared)
        with update_group("second", (ops.sum(x[1]),)):
            b.assign(b * shared)

    x = np.ones((2, 5), "f4")
    x[1, 2] = np.inf
    before = a.numpy(), b.numpy()
    simplified, fused = passes
    with pytest.raises(GuardStop):
        Executable(plan_of(function, x, simplified=simplified, fused=fused)).run([x])
    assert np.array_equal(a.numpy(), before[0] + 0.5)
    assert np.array_equal(b.numpy(), before[1])


def test_a_variable_that_is_read_in_two_shapes_is_not_written_in_place():
    w = Variable(np.ones((5, 1), "f4"), name="w")

    def function(x):
        w.assign(ops.reshape(ops.reshape(w, (1, 5)), (5, 1)) * w + x)

    assert stores(plan_of(function, np.ones((5, 1), "f4"), simplified=False)) == ["store w"]
    assert stores(plan_of(function, np.ones((5, 1), "f4"))) == []
    agrees(function, np.ones((5, 1), "f4"))


def test_nothing_is_written_before_the_first_guard():
    a, moving = variables()

    def function(x):
        moving.assign(moving * 0.9 + x * 0.1)
        loss = ops.sum(a * x)
        with update_group("sgd", (loss,)):
            a.assign(a - x)
        return loss

    plan = plan_of(function, np.ones(5, "f4"))
    guard = next(index for index, entry in enumerate(plan.entries) if entry.guard)
    assert not any(touches_state(entry) for entry in plan.entries[:guard])
    assert any(touches_state(entry) for entry in plan.entries[guard:])


def touches_state(entry):
    """Whether an entry's results lie in a variable."""
    if entry.spec.family != "map":
        return False
    k, results = len(entry.spec.program.operands), len(entry.spec.program.results)
    first = 3 + k
    return any(isinstance(word, Address) and word.region == "state" for word in entry.words[first : first + results])
