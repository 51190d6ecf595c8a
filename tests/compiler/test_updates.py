"""Updates of weights: division by estimate, and whose cache lines are asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import nbnet
from nbnet.compiler.updates import divides_quickly
from nbnet.kernels import jit
from nbnet.kernels import map as flat
from nbnet.kernels.program import Instruction, Operand, Program, Result
from nbnet.layers import Dense, Input
from tests.kernels.guarded import Guarded, call

MOVING, NUMBER = Operand("float32"), Operand("float32", inner=False, outer=False)


def program(*body, operands=(MOVING, MOVING, NUMBER)):
    """A program whose last instruction is its result."""
    steps = tuple(Instruction(op, args, "float32") for op, args in body)
    return Program(operands, steps, (Result(len(operands) + len(steps) - 1, "float32"),))


ADAM = program(("sqrt", (1,)), ("add", (3, 2)), ("divide", (0, 4)))


def ops_of(found):
    """The names of a program's instructions."""
    return [step.op for step in found.body]


def test_a_step_divided_by_a_root_is_quick():
    assert ops_of(divides_quickly(ADAM)) == ["sqrt", "add", "quick_divide"]
    turned = program(("sqrt", (1,)), ("add", (2, 3)), ("divide", (0, 4)))
    assert ops_of(divides_quickly(turned)) == ["sqrt", "add", "quick_divide"]


@pytest.mark.parametrize(
    "other",
    [
        program(("divide", (0, 1))),  # by anything
        program(("sqrt", (1,)), ("divide", (0, 3))),  # by a root that may be zero
        program(("add", (1, 2)), ("divide", (0, 3))),
        program(("sqrt", (1,)), ("add", (3, 0)), ("divide", (0, 4))),  # no number is added
        program(("sqrt", (1,)), ("add", (3, 2)), ("divide", (0, 4)), ("divide", (5, 1))),  # a second division
        replace(ADAM, body=tuple(replace(step, dtype="float64") for step in ADAM.body)),
    ],
)
def test_other_divisions_are_exact(other):
    assert divides_quickly(other) is other


def test_the_quick_quotient(rng):
    x = np.concatenate([rng.normal(size=3000), [0, -0.0, 1, np.nan, 1e-30, 3e38]]).astype("f4")
    v = np.concatenate([rng.exponential(size=3000) * 10.0 ** rng.integers(-30, 30, 3000), [4, 4, 0, 1, np.nan, 1]])
    v = v.astype("f4")
    buffers = [Guarded(x), Guarded(v), Guarded(np.array([1e-7], "f4"))]
    result = Guarded.poisoned(x.shape, "float32")
    words = flat.words([(len(x), [buffer.address for buffer in (*buffers, result)])])
    call(jit.load(flat.Spec(divides_quickly(ADAM))), words, [(0, flat.items([len(x)]))])
    result.check()
    divisor = np.sqrt(v) + np.float32(1e-7)
    np.testing.assert_array_max_ulp(result.array[:3000], (x / divisor)[:3000], 2)
    np.testing.assert_allclose(result.array[3000:], (x / divisor)[3000:], rtol=3e-7)


def test_an_infinite_divisor_gives_next_to_nothing():
    x, v, number = (np.array([value], "f4") for value in (5, np.inf, 1e-7))
    out = np.ones(1, "f4")
    words = flat.words([(1, [array.ctypes.data for array in (x, v, number, out)])])
    call(jit.load(flat.Spec(divides_quickly(ADAM))), words, [(0, 1)])
    assert 0 <= out[0] < 1e-37


def update_of(optimizer):
    """The programs that write the weights of a small network."""
    model = nbnet.Sequential([Input((20,)), Dense(30, activation="relu"), Dense(3, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    x, y = np.zeros((8, 20), "f4"), np.zeros(8, "i8")
    plan = nbnet.function(model.train_step).explain(x, y)
    return plan, [entry.spec.program for entry in plan.entries if entry.group and entry.spec.family == "map"]


def test_adam_divides_quickly_and_asks_for_the_weights_lines_alone():
    plan, programs = update_of("adam")
    updates = [found for found in programs if "quick_divide" in ops_of(found)]
    assert updates
    for found in updates:
        assert sorted(result.own for result in found.results) == [False, False, True]  # the means: one reader
    assert plan.flushes


def test_a_step_without_a_guard_computes_with_subnormal_numbers():
    tiny = np.full(64, 1e-38, "f4")
    halved = nbnet.function(lambda x: x * 0.25)
    assert not halved.explain(tiny).flushes
    np.testing.assert_array_equal(halved(tiny), tiny * np.float32(0.25))


def test_means_of_dead_units_become_zero():
    """A mean that decays ends at zero and does not stay at a subnormal number."""
    model = nbnet.Sequential([Input((4,)), Dense(2, use_bias=False)])
    model.compile("adam", "mse")
    step = nbnet.function(model.train_step)
    x, y = np.ones((4, 4), "f4"), np.zeros((4, 2), "f4")
    step(x, y)
    ((_, slots),) = model.optimizer._slots.values()
    assert slots["momentum"].numpy().all()
    for _ in range(1100):  # zero inputs, zero gradients
        step(0 * x, y)
    assert not slots["momentum"].numpy().any()
