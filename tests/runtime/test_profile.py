"""Profiles: what is made of recorded times, and the table and JSON of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

import nbnet
import nbnet.runtime.profile as profiling
from nbnet.errors import ArgumentError, NotBuiltError
from nbnet.graph import ops
from nbnet.layers import Dense
from nbnet.runtime import cpu, threads
from nbnet.runtime.profile_table import describe_profile, profile_table
from nbnet.runtime.rates import Rates, measure_rates
from nbnet.runtime.recording import Recorded, Recording
from nbnet.training.strict_json import json_text

RATES = Rates(2, "float32", 1e9, ((1 << 10, 4e9), (1 << 20, 4e9), (1 << 30, 1e9)))


@pytest.fixture
def rates(monkeypatch):
    """A machine whose rates are known."""
    monkeypatch.setattr(profiling, "measure_rates", lambda dtype, count: RATES)
    return RATES


@pytest.fixture
def chain():
    """A function of three entries, the last one a product, and its argument."""

    @nbnet.function
    def chain(x):
        return ops.matmul(ops.transpose(ops.sum(ops.exp(x), axis=1, keepdims=True)), x)

    return chain, np.ones((10, 4), "f4")


@pytest.fixture
def invented(chain, monkeypatch, rates):
    """A profile of that function from times made up in nanoseconds: entry 1 runs beside entry 0."""
    function, x = chain
    plan = function.explain(x)
    assert len(plan.entries) == 3

    def step(late):
        caller = np.array([[0, 0, 100, 400], [2, 0, 900, 1900 + late]])
        helper = np.array([[0, 1, 150, 500], [1, 0, 450, 700]])
        return Recorded(5000, 50, 2000 + late, (caller, helper))

    steps = tuple(step(late) for late in (0, 100, 5000))
    monkeypatch.setattr(profiling, "record", lambda *_, **__: Recording(plan, 2, steps, (9000, 8000, 30000)))
    return profiling.profile_function(function, (x,))


def test_times_of_entries(invented):
    first, beside, last = invented.entries
    assert [item.seconds for item in invented.entries] == pytest.approx([400e-9, 250e-9, 1100e-9])
    assert [item.fastest for item in invented.entries] == pytest.approx([400e-9, 250e-9, 1000e-9])
    assert [item.busy for item in invented.entries] == pytest.approx([650e-9, 250e-9, 1100e-9])
    assert [item.wait for item in invented.entries] == pytest.approx([50e-9, 0, 200e-9])
    assert [item.adds for item in invented.entries] == pytest.approx([400e-9, 200e-9, 1100e-9])
    assert [item.number for item in (first, beside, last)] == [0, 1, 2]


def test_times_of_the_step(invented):
    assert (invented.step, invented.fastest_step) == pytest.approx((9e-6, 8e-6))
    assert invented.python == pytest.approx(5e-6)
    assert invented.program == pytest.approx(2050e-9)
    assert invented.waiting == pytest.approx(350e-9)
    caller, helper = 3 * 300 + 3 * 1000 + 5100, 3 * (350 + 250)
    assert invented.shares == pytest.approx((caller / (caller + helper), helper / (caller + helper)))
    assert sum(item.adds for item in invented.entries) + invented.waiting == pytest.approx(invented.program)
    assert invented.steps == len(invented.recorded) == 3


def test_an_entry_that_passes_beside_another_adds_nothing(chain, monkeypatch, rates):
    function, x = chain
    events = np.array([[0, 0, 100, 800], [2, 0, 900, 1000]]), np.array([[1, 0, 200, 300]])
    steps = tuple(Recorded(9000, 100, 1100, events) for _ in range(3))
    monkeypatch.setattr(profiling, "record", lambda *_, **__: Recording(function.explain(x), 2, steps, (9000,)))
    monkeypatch.setattr(profiling, "KEPT", 2)
    found = profiling.profile_function(function, (x,))
    assert [item.adds for item in found.entries] == pytest.approx([700e-9, 0, 100e-9])
    assert [item.wait for item in found.entries] == pytest.approx([0, 0, 100e-9])
    assert [item.seconds for item in found.entries] == pytest.approx([700e-9, 100e-9, 100e-9])
    assert found.waiting == pytest.approx(200e-9)
    assert [id(step) for step in found.recorded] == [id(step) for step in steps[-2:]]


def test_limits_and_ranks(invented):
    for item in invented.entries:
        assert item.compute_limit == pytest.approx(item.entry.flops / 1e9)
        assert item.memory_limit == pytest.approx(item.entry.bytes / 4e9)
        assert item.limit == max(item.compute_limit, item.memory_limit)
        assert item.bound == ("compute" if item.compute_limit > item.memory_limit else "memory")
        assert item.excess == pytest.approx(max(0, item.adds - item.limit))
        assert item.flops_rate == pytest.approx(item.entry.flops / item.seconds)
        assert item.bytes_rate == pytest.approx(item.entry.bytes / item.seconds)
    assert [item.entry.spec.family for item in invented.entries if item.bound == "compute"] == ["rows", "matmul"]
    assert sorted(item.rank for item in invented.entries) == [1, 2, 3]
    excesses = [item.excess for item in invented.ranked]
    assert excesses == sorted(excesses, reverse=True)
    assert excesses[0] > 0
    assert invented.limit == pytest.approx(sum(item.limit for item in invented.entries))


def test_the_footprint_chooses_the_copy_rate(chain, rates):
    function, x = chain
    found = profiling.profile_function(function, (x,), steps=1)
    plan = function.explain(x)
    assert found.footprint == x.nbytes + plan.arena + len(plan.constants)
    assert rates.bytes_at(1) == rates.bytes_at(1 << 15) == 4e9
    assert rates.bytes_at(1 << 40) == rates.memory == 1e9
    assert rates.bytes_at(1 << 25) == pytest.approx(2.5e9)
    assert rates.cache == 4e9


def test_the_table(invented):
    text = profile_table(invented, 400)
    lines = text.splitlines()
    assert lines[0].split()[:4] == ["#", "rank", "kernel", "layer"]
    for item, line in zip(invented.entries, lines[2:5], strict=True):
        cells = line.split()
        assert cells[:3] == [str(item.number), str(item.rank), item.entry.spec.family]
        assert f"{1e6 * item.seconds:.1f}" in cells
        assert item.bound in cells
        assert line.endswith(item.entry.label)
    assert "step 'chain': 0.009 ms (fastest 0.008 ms), the median of 3; 2 threads" in text
    assert "kernels 0.002 ms, waiting between them 0.000 ms, Python around them 0.005 ms; of" in text
    assert "of the time in kernels the threads had 83%, 17%" in text
    assert "1 GFLOP/s in a product of float32 matrices; copying 4 GB/s in the caches, 1 GB/s beyond them" in text
    first = invented.ranked[0]
    assert f"held back most by: {first.number} ({first.entry.spec.family}, " in text
    assert str(invented) == profile_table(invented)
    narrow = profile_table(invented, 100).splitlines()
    assert max(map(len, narrow[:5])) == 100


def test_plain_data(invented):
    found = json.loads(json_text(describe_profile(invented)))
    assert [row["entry"] for row in found["entries"]] == [0, 1, 2]
    for row, item in zip(found["entries"], invented.entries, strict=True):
        assert row["profile"]["rank"] == item.rank
        assert row["profile"]["seconds"] == item.seconds
        assert row["profile"]["share_of_product_rate"] == pytest.approx(item.flops_rate / 1e9)
        assert row["profile"]["share_of_copy_rate"] == pytest.approx(item.bytes_rate / 4e9)
    assert found["profile"]["step_seconds"] == invented.step
    assert found["profile"]["held_back_by"] == [item.number for item in invented.ranked if item.excess]
    assert found["machine"]["product_flops_per_second"] == 1e9
    assert [copy["bytes"] for copy in found["machine"]["copies"]] == [1 << 10, 1 << 20, 1 << 30]


@pytest.mark.parametrize("count", [1, 2])
def test_a_measured_profile(rng, rates, monkeypatch, count):
    monkeypatch.setattr(threads, "_chosen", count)
    monkeypatch.setattr(cpu, "_ALONE_FLOPS", -1)  # small as it is, all threads are to take part
    x, y = rng.normal(size=(64, 12)).astype("f4"), rng.normal(size=(64, 2)).astype("f4")
    model = nbnet.Sequential([Dense(70, activation="relu", input_shape=(12,)), Dense(2)])
    model.compile("adam", "mse")
    found = nbnet.profile(model, x, y, batch_size=64, steps=7)
    assert (found.name, found.threads, found.steps, len(found.recorded)) == ("train", count, 7, 5)
    assert [item.entry for item in found.entries] == list(found.plan.entries)
    for item in found.entries:
        assert 0 < item.fastest <= item.seconds
        assert 0 <= item.adds <= item.seconds * (1 + 1e-9)
        assert item.wait >= 0
        assert 0 < item.busy <= count * item.seconds * (1 + 1e-9)
    assert 0 < found.waiting < found.program
    assert found.python > 0
    predicted = nbnet.profile(model, x, step="predict", steps=2)
    assert predicted.plan.inputs == (((32, 12), np.dtype("f4")),)
    assert len(predicted.entries) < len(found.entries)


def test_a_function_is_profiled_with_its_arguments(rates):
    @nbnet.function
    def scaled(x, *, by):
        return x * by

    found = nbnet.profile(scaled, np.ones((3, 5), "f4"), by=np.float32(2), seconds=1e-6)
    assert found.name == "scaled"
    assert found.plan.inputs == (((3, 5), np.dtype("f4")), ((), np.dtype("f4")))
    assert repr(found).startswith("Profile('scaled', 1 entries, 5 steps of ")


def test_a_plan_without_entries_has_a_profile(rates):
    found = nbnet.profile(nbnet.function(lambda x: x), np.ones(3, "f4"), steps=2)
    assert found.entries == ()
    assert found.limit == 0
    assert found.shares == (0,) * found.threads
    assert "held back" not in str(found)


def test_the_dtype_that_does_the_work_is_measured(monkeypatch):
    asked = []
    monkeypatch.setattr(profiling, "measure_rates", lambda dtype, count: asked.append(dtype) or RATES)
    for dtype in ("f8", "f4", "i4"):
        nbnet.profile(nbnet.function(lambda x: ops.matmul(x, x)), np.ones((4, 4), dtype), steps=1)
    assert asked == ["float64", "float32", "float32"]


def test_what_cannot_be_profiled(rates):
    with pytest.raises(ArgumentError, match="expects a Model or a compiled function; received function"):
        nbnet.profile(lambda x: x, 1.0)
    model = nbnet.Sequential([Dense(2, input_shape=(3,))])
    x = np.ones((4, 3), "f4")
    with pytest.raises(NotBuiltError, match="does not know how to train yet"):
        nbnet.profile(model, x, x)
    with pytest.raises(ArgumentError, match="one of train, test, predict; received 'fit'"):
        nbnet.profile(model, x, step="fit")
    with pytest.raises(ArgumentError, match="takes no argument 'epochs'"):
        nbnet.profile(model, x, epochs=3)
    with pytest.raises(ArgumentError, match="x and y after it; received 3 arguments"):
        nbnet.profile(model, x, x, x)
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(ArgumentError, match="runs op by op"):
        nbnet.profile(model, x, x[:, :2])


def test_a_small_plan_is_measured_as_it_runs_on_one_thread(monkeypatch):
    asked = []
    monkeypatch.setattr(threads, "_chosen", 2)
    monkeypatch.setattr(profiling, "measure_rates", lambda dtype, count: asked.append(count) or RATES)
    found = nbnet.profile(
        nbnet.function(lambda x: x * 2.0 + nbnet.ops.sum(x, axis=0)), np.ones((64, 64), "f4"), steps=2
    )
    assert (found.threads, asked) == (1, [1])
    assert "; 1 thread\n" in str(found)


def test_the_machine_is_measured_once():
    found = measure_rates("float32", 2)
    assert (found.threads, found.dtype) == (2, "float32")
    assert found.flops > 1e8
    assert [size for size, _ in found.copies] == sorted(size for size, _ in found.copies)
    assert all(rate > 1e7 for _, rate in found.copies)
    assert measure_rates("float32", 2) is found
