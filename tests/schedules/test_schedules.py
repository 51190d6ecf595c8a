"""Schedules against plain definitions, at corners, as configurations and inside an optimizer."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nbnet
from nbnet import Variable, registry
from nbnet.layers import Dense
from nbnet.optimizers import SGD
from nbnet.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
)
from tests.naive.schedules import FORMULAS

CASES = {
    "exponential_decay": [
        {"initial_learning_rate": 0.1, "decay_steps": 30, "decay_rate": 0.5},
        {"initial_learning_rate": 0.1, "decay_steps": 30, "decay_rate": 0.9, "staircase": True},
    ],
    "step_decay": [{"initial_learning_rate": 0.1, "drop": 0.5, "every": 100}],
    "piecewise_constant_decay": [
        {"boundaries": [100, 1000], "values": [0.1, 0.01, 0.001]},
        {"boundaries": [], "values": [0.5]},
    ],
    "inverse_time_decay": [
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5},
        {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 2.0, "staircase": True},
    ],
    "polynomial_decay": [
        {"initial_learning_rate": 0.1, "decay_steps": 1000},
        {"initial_learning_rate": 0.1, "decay_steps": 100, "end_learning_rate": 0.01, "power": 2.0},
        {"initial_learning_rate": 0.1, "decay_steps": 100, "end_learning_rate": 0.01, "power": 0.5, "cycle": True},
    ],
    "cosine_decay": [
        {"initial_learning_rate": 0.1, "decay_steps": 1000},
        {"initial_learning_rate": 0.0, "decay_steps": 900, "alpha": 0.1, "warmup_target": 0.1, "warmup_steps": 100},
        {"initial_learning_rate": 0.5, "decay_steps": 100, "warmup_target": 0.2},
    ],
    "cosine_decay_restarts": [
        {"initial_learning_rate": 0.1, "first_decay_steps": 100},
        {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.0, "m_mul": 0.9, "alpha": 0.05},
        {"initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.5, "m_mul": 0.5},
    ],
    "one_cycle": [
        {"max_lr": 0.1, "total_steps": 1000},
        {"max_lr": 0.1, "total_steps": 1001, "pct_start": 0.5, "div_factor": 10.0, "final_div_factor": 100.0,
         "anneal": "linear"},
        {"max_lr": 0.1, "total_steps": 50, "pct_start": 0.0},
        {"max_lr": 0.1, "total_steps": 50, "pct_start": 1.0},
    ],
}  # fmt: skip
FLAT = [(name, arguments) for name, cases in CASES.items() for arguments in cases]


@pytest.mark.parametrize("name", registry.schedules.names())
def test_every_schedule_has_a_definition_and_cases(name):
    assert name in FORMULAS
    assert name in CASES


@pytest.mark.parametrize(("name", "arguments"), FLAT, ids=[name for name, _ in FLAT])
def test_against_a_plain_definition(name, arguments):
    schedule = registry.schedules.get(name)(**arguments)
    corners = [n + d for n in (100, 300, 700, 1000, 1500) for d in (-1, 0, 1)]
    for step in [*range(220), *corners, 5000, 123_456]:
        found = schedule(step)
        assert type(found) is float
        expected = FORMULAS[name](step, **arguments)
        assert found == pytest.approx(expected, rel=1e-11, abs=1e-15), step


@pytest.mark.parametrize(("name", "arguments"), FLAT, ids=[name for name, _ in FLAT])
def test_config(name, arguments):
    schedule = registry.schedules.get(name)(**arguments)
    found = type(schedule).from_config(schedule.get_config())
    assert found.get_config() == schedule.get_config()
    assert repr(found) == repr(schedule)
    assert [found(step) for step in (0, 99, 1234)] == [schedule(step) for step in (0, 99, 1234)]


def test_corners():
    assert StepDecay(1.0, 0.5, 10)(9) == 1.0
    assert StepDecay(1.0, 0.5, 10)(10) == 0.5
    piecewise = PiecewiseConstantDecay([10, 20], [3.0, 2.0, 1.0])
    assert [piecewise(step) for step in (0, 10, 11, 20, 21)] == [3.0, 3.0, 2.0, 2.0, 1.0]
    assert PolynomialDecay(1.0, 10, 0.25)(11) == 0.25
    assert PolynomialDecay(1.0, 10, 0.0, cycle=True)(10) == 0.0
    assert PolynomialDecay(1.0, 10, 0.0, cycle=True)(15) == 0.25
    warm = CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4)
    assert [warm(step) for step in (0, 1, 4, 14, 99)] == [0.0, 0.25, 1.0, 0.0, 0.0]
    restarts = CosineDecayRestarts(1.0, 10, t_mul=2.0, m_mul=0.5)
    assert [restarts(step) for step in (0, 10, 30, 70)] == [1.0, 0.5, 0.25, 0.125]
    assert restarts(9) < 0.05
    many = CosineDecayRestarts(1.0, 10, t_mul=1.0)
    assert [many(10 * n) for n in range(1000)] == [1.0] * 1000
    cycle = OneCycle(1.0, 100)
    assert cycle(0) == pytest.approx(1 / 25)
    assert cycle(29) == 1.0
    assert cycle(99) == cycle(10**6) == pytest.approx(1 / 25e4)
    assert OneCycle(1.0, 1)(0) == pytest.approx(1 / 25e4)
    assert math.isfinite(OneCycle(1.0, 1, pct_start=1.0)(0))


REFUSED = [
    (lambda: ExponentialDecay(-0.1, 1, 0.5), "ExponentialDecay expects initial_learning_rate >= 0"),
    (lambda: StepDecay(0.1, 0, 10), "drop > 0"),
    (lambda: StepDecay(0.1, 0.5, 0), "every > 0"),
    (lambda: PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "one more value than boundaries; received 2 boundaries and 2"),
    (lambda: PiecewiseConstantDecay([2, 1], [1, 2, 3]), "boundaries that rise"),
    (lambda: InverseTimeDecay(0.1, float("nan"), 0.5), "decay_steps > 0; received nan"),
    (lambda: PolynomialDecay(0.1, 10, power=0), "power > 0"),
    (lambda: CosineDecay("0.1", 10), "initial_learning_rate >= 0; received '0.1'"),
    (lambda: CosineDecay(0.1, 10, warmup_steps=5), "expects a warmup_target"),
    (lambda: CosineDecayRestarts(0.1, 10, t_mul=0.5), "t_mul >= 1"),
    (lambda: OneCycle(0.1, 100, pct_start=1.5), r"pct_start in \[0, 1\]"),
    (lambda: OneCycle(0.1, 100, anneal="cosine"), "'cos' or 'linear'"),
    (lambda: OneCycle(0.1, True), "total_steps > 0"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", registry.schedules.names())
def test_it_is_saved_inside_its_optimizer(name, tmp_path):
    model = nbnet.Sequential([Dense(1, input_shape=(1,))])
    model.compile(SGD(registry.schedules.get(name)(**CASES[name][0])), "mse")
    model.optimizer.iterations = 123
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet").optimizer
    assert found.learning_rate == model.optimizer.learning_rate
    assert repr(found) == repr(model.optimizer)


def test_an_optimizer_takes_the_rate_of_each_step():
    schedule = PiecewiseConstantDecay([0, 1], [1.0, 0.5, 0.25])
    weight = Variable(np.zeros(1))
    optimizer = SGD(schedule)
    for expected in (-1.0, -1.5, -1.75):
        optimizer.apply(0.0, [np.ones(1)], [weight])
        assert weight.numpy()[0] == expected
