"""Recorded steps: every chunk once, in order, and nothing changed afterwards."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet.errors import ArgumentError, NonFiniteError
from nbnet.graph.trace import update_group
from nbnet.layers import BatchNormalization, Dense, Dropout
from nbnet.runtime import recording, threads
from nbnet.runtime.function import Function
from nbnet.runtime.recording import record, spans
from nbnet.training.explanation import step_of

SAMPLES = 96


@pytest.fixture
def trained(rng):
    """A model that has trained, its data, and the training step with its arguments."""
    x = rng.normal(size=(SAMPLES, 30)).astype("f4")
    y = rng.integers(0, 3, SAMPLES)
    model = nbnet.Sequential(
        [Dense(200, activation="relu", input_shape=(30,)), BatchNormalization(), Dropout(0.3), Dense(3)]
    )
    loss = nbnet.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(nbnet.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    model.fit(x, y, epochs=1, batch_size=SAMPLES, verbose=0)
    return model, x, y, *step_of(model, "train", x, y, SAMPLES)


def bits(function, arguments):
    """All that the plan of a step keeps."""
    return [variable.storage.tobytes() for variable in function.explain(*arguments).variables]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_chunk_is_there_once_and_in_its_place(trained, count, monkeypatch):
    monkeypatch.setattr(threads, "_chosen", count)
    *_, function, arguments = trained
    monkeypatch.setattr(function._compiled(arguments, {}, []).executable, "_alone", False)
    found = record(function, arguments, steps=4)
    assert found.plan is function.explain(*arguments)
    assert found.threads == count
    assert len(found.steps) == len(found.unrecorded) == 4
    expected = sorted(
        (number, chunk) for number, entry in enumerate(found.plan.entries) for chunk in range(entry.chunks)
    )
    assert len(expected) > len(found.plan.entries) > 5  # an entry has several chunks
    for step in found.steps:
        assert len(step.events) == count
        rows = np.concatenate(step.events)
        assert sorted(map(tuple, rows[:, :2].tolist())) == expected
        assert step.begin <= rows[:, 2].min()
        assert rows[:, 3].max() <= step.end
        assert step.python > 0
        for lane in step.events:
            assert (lane[:, 2] <= lane[:, 3]).all()
            assert (lane[:-1, 3] <= lane[1:, 2]).all()  # a thread does one thing at a time
            assert (np.diff(lane[:, 0]) >= 0).all()  # and goes along the plan


def test_nothing_has_changed_afterwards(trained):
    model, _, _, function, arguments = trained
    before = bits(function, arguments)
    counted = function.calls, model.steps, model.optimizer.iterations
    record(function, arguments, steps=3)
    assert bits(function, arguments) == before
    assert (function.calls, model.steps, model.optimizer.iterations) == counted
    function(*arguments)
    assert bits(function, arguments) != before
    assert (function.calls, model.steps, model.optimizer.iterations) == tuple(number + 1 for number in counted)


def test_training_goes_on_as_if_nothing_had_been(rng, seed):
    x, y = rng.normal(size=(20, 6)).astype("f4"), rng.normal(size=(20, 1)).astype("f4")

    def weights(measured):
        nbnet.set_seed(seed)
        model = nbnet.Sequential([Dense(8, activation="relu", input_shape=(6,)), Dropout(0.5), Dense(1)])
        model.compile("adam", "mse")
        for _ in range(3):
            model.train_on_batch(x, y)
            if measured:
                record(*step_of(model, "train", x, y, 20), steps=2)
        return b"".join(array.tobytes() for array in model.get_weights())

    assert weights(True) == weights(False)


def growing(factor):
    """A step whose variable grows by a factor each time, guarded, and the variable."""
    w = nbnet.Variable(np.ones(4, "f4"))

    @nbnet.function
    def grow(x):
        new = w * x
        with update_group("growth", (nbnet.ops.sum(new),)):
            w.assign(new)

    return grow, w, (np.float32(factor),)


def test_steps_that_run_away_begin_anew():
    grow, w, arguments = growing(1e10)  # float32 ends at the fourth step
    found = record(grow, arguments, steps=6)
    assert len(found.steps) == 6
    assert w.numpy().tolist() == [1] * 4


def test_a_step_that_fails_leaves_all_as_it_was():
    grow, w, _ = growing(1)
    with pytest.raises(NonFiniteError, match="'growth' was not written"):
        record(grow, (np.float32(np.inf),), steps=2)
    assert w.numpy().tolist() == [1] * 4
    assert grow.calls == 0
    grow(np.float32(3))
    assert w.numpy().tolist() == [3] * 4
    assert grow.calls == 1


def test_a_time_is_kept_to_but_for_a_few_steps(monkeypatch):
    grow, _, arguments = growing(1)
    assert len(record(grow, arguments, seconds=1e-9).steps) == 5
    monkeypatch.setattr(recording, "MOST_STEPS", 20)
    assert len(record(grow, arguments, seconds=60).steps) == 20


def test_what_cannot_be_recorded():
    grow, _, arguments = growing(1)
    for steps in (0, -3, 2.5, True):
        with pytest.raises(ArgumentError, match=f"at least 1; received steps={steps!r}"):
            record(grow, arguments, steps=steps)
    for seconds in (0, -1.0, float("nan")):
        with pytest.raises(ArgumentError, match="above 0; received seconds="):
            record(grow, arguments, seconds=seconds)
    with pytest.raises(ArgumentError, match="'total' runs op by op"):
        record(Function(lambda x: x, name="total", eager=True), (1.0,))


def test_spans():
    lanes = [np.array([[0, 0, 5, 9], [1, 1, 20, 26]]), np.array([[1, 0, 18, 22]]), np.zeros((0, 4), np.int64)]
    assert spans(lanes, 2).tolist() == [[5, 9, 4], [18, 26, 10]]
