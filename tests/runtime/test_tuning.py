"""Tuning: candidates are legal, results keep their bits, winners are kept and used."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

import nbnet
from nbnet import ops
from nbnet.compiler.choices import Choice, Problem, choose, fault, problem_of
from nbnet.compiler.compile import compile_graph
from nbnet.compiler.target import Target
from nbnet.errors import ArgumentError
from nbnet.layers import Dense
from nbnet.runtime import host, threads, tuned_choices, tuning
from nbnet.runtime.tuning import candidates, cuts, tune_function
from nbnet.testing import fuzz
from tests.runtime.tuning import problems, random_choices

TARGETS = [Target("avx512", 64, 32), Target("avx2", 32, 16), Target("sse", 16, 16), Target("neon", 16, 32)]


OTHER = (4, 4) if host.machine().registers >= 32 else (4, 2)
"""A tile that fits this machine and is not the cost model's."""


def _tile(choice):
    """Rows and vectors of a choice."""
    return choice and (choice.rows, choice.vectors)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder for what is kept."""
    monkeypatch.setattr(tuned_choices, "tuning_folder", lambda: tmp_path / "tuning")
    return tmp_path / "tuning"


@pytest.fixture
def quick(monkeypatch):
    """Measure briefly, and try one other tile."""
    monkeypatch.setattr(tuning, "TILES", {1: ((8, 1),), 2: ((6, 2),), 3: (OTHER,)})
    monkeypatch.setattr(tuning, "LEAST_SECONDS", 0.0)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_candidates_are_legal_and_differ(target):
    for M, N, K in ((32, 128, 784), (1, 10, 64), (512, 10, 64), (256, 2048, 64), (40, 30, 3)):
        for batch, transposed, dtype in itertools.product((1, 3), (False, True), ("float32", "float64")):
            problem = Problem(dtype, M, N, K, batch, transposed_b=transposed)
            model = choose(problem, target)
            tiles = list(candidates(problem, target))
            ways = [way for base in (model, *tiles) for way in cuts(problem, target, base)]
            assert tiles
            assert all(fault(choice, problem, target) is None for choice in (*tiles, *ways))
            assert model not in tiles
            of_model = [replace(way, reason="") for way in (model, *cuts(problem, target, model))]
            assert len(set(of_model)) == len(of_model)


def step(x, w, v):
    """Three products, one of each kind."""
    hidden = ops.maximum(x @ w, 0.0)
    return hidden @ v, ops.matmul(hidden, v, transpose_b=True), ops.matmul(x, hidden, transpose_a=True)


@pytest.fixture
def arrays(rng):
    """Arguments of `step`."""
    return [rng.normal(size=shape).astype("f4") for shape in ((37, 50), (50, 70), (70, 70))]


def test_any_legal_choice_gives_the_same_bits(rng, arrays, monkeypatch):
    monkeypatch.setattr(threads, "_chosen", threads._chosen)
    plain = nbnet.function(step)
    with host.pinned_choices({}):
        wanted = [array.tobytes() for array in plain(*arrays)]
        plan = plain.explain(*arrays)
    for _ in range(4):
        with host.pinned_choices(random_choices(plan, host.machine(), rng)):
            made = nbnet.function(step)
            entries = made.explain(*arrays).entries
            assert [entry.chunk for entry in entries] != [entry.chunk for entry in plan.entries]
            for count in (1, 2, 7):
                threads.set_num_threads(count)
                assert [array.tobytes() for array in made(*arrays)] == wanted


def test_training_with_any_choices_gives_the_same_weights(rng):
    x, y = rng.normal(size=(64, 20)).astype("f4"), rng.integers(0, 3, 64)

    def trained():
        nbnet.set_seed(3)
        model = nbnet.Sequential([Dense(33, activation="tanh", input_shape=(20,)), Dense(3, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=2, batch_size=32, verbose=0)
        return model

    with host.pinned_choices({}):
        first = trained()
        plan = first._function("train").explain(x[:32], y[:32], None, first._trainable_key())
    with host.pinned_choices(random_choices(plan, host.machine(), rng)):
        second = trained()
    assert problems(plan)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


def test_random_graphs_with_random_choices_agree_with_the_references(rng):
    checked = 0
    for seed in range(200):
        sample = fuzz.random_graph(seed, length=7)
        plan = compile_graph(sample.graph, host.machine())
        if problems(plan):
            choices = random_choices(plan, host.machine(), rng)
            fuzz.check(sample, replace(host.machine(), choices=choices))
            checked += 1
            if checked == 6:
                return
    pytest.fail("too few random graphs with products")


def test_a_choice_that_the_machine_cannot_do_is_passed_over():
    target = Target("sse", 16, 16)
    problem = Problem("float32", 20, 30, 40)
    for wrong in (
        Choice(6, 4, "", 1, 1),
        Choice(2, 2, "transposed", 1, 1),
        Choice(2, 2, "sideways", 1, 1),
        Choice(0, 2, "", 1, 1),
        Choice(2, 2, "", 1, 1 << 60),
    ):
        assert fault(wrong, problem, target)
        assert choose(problem, replace(target, choices={problem.key: wrong})) == choose(problem, target)
    right = Choice(2, 2, "rows", 3, 2)
    found = choose(problem, replace(target, choices={problem.key: right}))
    assert replace(found, reason="") == right
    assert found.reason.startswith("tuned: 2x2 tile")


def test_a_problem_is_found_again_in_its_call(arrays):
    target = host.machine()
    with host.pinned_choices({}):
        plan = nbnet.function(step).explain(*arrays)
    keys = {key.rsplit(":", 1)[0] for key in problems(plan)}
    assert {"float32:37x50*50x70", "float32:37x70*70x70", "float32:37x70*70x70t", "float32:50x37t*37x70"} <= keys
    for entry in plan.entries:
        if entry.spec.family == "matmul":
            choice = choose(problem_of(entry.spec, entry.words), target)
            assert (entry.spec.rows, entry.spec.vectors, entry.chunk) == (choice.rows, choice.vectors, choice.chunk)
            assert entry.words[14] == choice.strip


def test_winners_are_kept_and_used(folder, quick, arrays, monkeypatch):
    """The clock is replaced by one that finds every other tile twice as fast."""
    measure = tuning._Bench.measure

    def skewed(self, numbers, done):
        found = measure(self, numbers, done)
        for number in numbers:
            suit = self.suits[number]
            times = {key: 0.5 if _tile(suit.get(key)) == OTHER else 1.0 for key in found[number][1]}
            found[number] = (sum(times.values()), times)
        return found

    monkeypatch.setattr(tuning._Bench, "measure", skewed)
    monkeypatch.setattr(tuning, "cuts", lambda *_: iter(()))
    told = []
    found = tune_function(
        nbnet.function(step), arrays, seconds_each=0.001, on_progress=lambda stage, done: told.append((stage, done))
    )
    assert told == [("tiles", 1), ("tiles", 2), ("tiles", 3), ("proof", 1), ("proof", 2), ("proof", 3)]
    assert found.tried == 4
    assert found.path == tuned_choices.choices_file(host.machine().name)
    assert {item.gain for item in found.products} == {0.5}
    assert {(choice.rows, choice.vectors) for choice in found.choices.values()} == {OTHER}
    kept = tuned_choices.load_choices(host.machine().name)
    assert kept == {key: replace(choice, reason="") for key, choice in found.choices.items()}
    entries = nbnet.function(step).explain(*arrays).entries
    assert {entry.spec.rows for entry in entries if entry.spec.family == "matmul"} == {4}
    # What other shapes have is kept; what these shapes had goes.
    tune_function(nbnet.function(lambda x, w: x @ w), [arrays[0], arrays[1][:, :20]], seconds_each=0.001)
    assert set(kept) <= set(tuned_choices.load_choices(host.machine().name))


def test_nothing_is_kept_where_the_step_gets_slower(folder, quick, arrays, monkeypatch):
    measure = tuning._Bench.measure

    def skewed(self, numbers, done):
        found = measure(self, numbers, done)
        for number in numbers:
            changed = bool(self.suits[number])
            found[number] = (1.0 + changed, dict.fromkeys(found[number][1], 1.0 - 0.5 * changed))
        return found

    monkeypatch.setattr(tuning._Bench, "measure", skewed)
    found = tune_function(nbnet.function(step), arrays, seconds_each=0.001)
    assert found.choices == {}
    assert found.step == found.step_before
    assert all(item.gain == 0.0 for item in found.products)


def test_a_model_is_as_it_was(folder, quick, rng):
    x, y = rng.normal(size=(16, 12)).astype("f4"), rng.integers(0, 3, 16)
    model = nbnet.Sequential([Dense(20, activation="relu", input_shape=(12,)), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    before = [np.array(weight) for weight in model.get_weights()]
    found = nbnet.tune(model, x, y, batch_size=16, seconds_each=0.001, save=False)
    assert found.path is None
    assert not folder.exists()
    assert len(found.products) == 5
    assert model.steps == 0
    for one, other in zip(before, model.get_weights(), strict=True):
        assert one.tobytes() == np.asarray(other).tobytes()


def test_wrong_arguments():
    with pytest.raises(ArgumentError, match="tune expects a Model or a compiled function; received int"):
        nbnet.tune(3)
    model = nbnet.Sequential([Dense(3, input_shape=(2,))])
    model.compile("sgd", "mse")
    with pytest.raises(ArgumentError, match="x and y"):
        nbnet.tune(model)
    with pytest.raises(ArgumentError, match="step"):
        nbnet.tune(model, np.ones((2, 2)), np.ones((2, 3)), step="fly")
    with pytest.raises(ArgumentError, match="takes no argument 'z'"):
        nbnet.tune(model, np.ones((2, 2)), z=1)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_time_that_is_none_is_refused(seconds):
    with pytest.raises(ArgumentError, match="seconds_each"):
        tuning.tune_function(nbnet.function(lambda x: x @ x), (np.ones((4, 4), "f4"),), seconds_each=seconds)
