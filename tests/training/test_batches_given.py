"""Batches that come from outside: their forms, one memory for all of them, none at all; and what is validated with."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Model, Sequential
from nbnet.errors import ArgumentError, DataError
from nbnet.layers import Dense
from nbnet.models.class_weights import weighted_by_class
from nbnet.optimizers import SGD


@pytest.fixture
def data(rng):
    return rng.normal(size=(12, 4)).astype("f"), rng.normal(size=(12, 2)).astype("f")


def network(**options):
    model = Sequential([Dense(2, input_shape=(4,))])
    model.compile(SGD(0.0), "mse", **options)
    return model


class Numbered:
    """Batches by number, without an iterator and without an IndexError at the end."""

    def __init__(self, *batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, number):
        assert number < len(self)
        return self.batches[number]


def test_batches_in_lists_and_by_number(data):
    x, y = data
    model = network()
    batches = [[x[:6], y[:6]], [x[6:], y[6:]]]
    expected = model.evaluate(x, y)
    for given in (iter(batches), Numbered(*batches)):
        assert model.evaluate(given) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(model.predict(Numbered(*batches)), model.predict(x), rtol=1e-5, atol=1e-6)
    history = model.fit(Numbered(*batches), epochs=2, validation_data=Numbered(*batches), verbose=0)
    assert history.history["loss"] == pytest.approx([expected] * 2, rel=1e-6)
    assert history.history["val_loss"] == pytest.approx([expected] * 2, rel=1e-6)
    assert model.steps == 4


def test_a_generator_may_use_its_memory_again():
    def batches():
        x, y = np.empty((4, 4), "f"), np.empty((4, 2), "f")
        for value in (1.0, 2.0, 3.0, 4.0):
            x[:], y[:] = 0, value
            yield x, y

    model = network()
    assert model.fit(batches(), verbose=0).history["loss"] == pytest.approx([(1 + 4 + 9 + 16) / 4])


def test_no_batches_at_all(data):
    model = network()
    for ask in (model.evaluate, model.predict):
        with pytest.raises(DataError, match="batches gave none"):
            ask(iter(()))
        for steps in (0, -1, 1.5, True):
            with pytest.raises(ValueError, match="steps as a whole number"):
                ask(*data[: 1 + (ask == model.evaluate)], steps=steps)


def test_validation_builds_a_model_that_gets_its_batches_later(data):
    x, y = data

    class Own(Model):
        def __init__(self):
            super().__init__()
            self.one, self.other = Dense(1), Dense(1)

        def call(self, x):
            return {"a": self.one(x), "b": self.other(x)}

    targets = {"a": y[:, :1], "b": y[:, 1:]}
    model = Own()
    model.compile("sgd", "mse")
    history = model.fit(Numbered((x, targets)), validation_data=(x, targets), verbose=0).history
    assert {"val_a_loss", "val_b_loss"} < set(history)


def test_weights_of_classes_do_not_weigh_the_validation(data):
    x = data[0]
    y = (x[:, 0] > 0).astype("int64")

    def validated(**options):
        model = Sequential([Dense(2, activation="softmax", input_shape=(4,), kernel_initializer="ones")])
        model.compile(SGD(0.0), "sparse_categorical_crossentropy")
        history = model.fit(x, y, validation_split=0.5, verbose=0, **options).history
        return history["loss"][0], history["val_loss"][0]

    plain, weighted = validated(), validated(class_weight={0: 100.0, 1: 100.0})
    assert weighted == (pytest.approx(100 * plain[0], rel=1e-5), plain[1])
    by_sample = validated(sample_weight=np.full(12, 100.0))
    assert by_sample == pytest.approx((*weighted[:1], 100 * plain[1]), rel=1e-5)


def test_weights_of_classes_that_are_far_away_or_bools():
    np.testing.assert_array_equal(weighted_by_class({0: 2.0, 10**12: 3.0}, np.array([0, 1, 10**12])), [2, 1, 3])
    np.testing.assert_array_equal(weighted_by_class({1: 3.0}, np.array([True, False])), [3, 1])
    with pytest.raises(ArgumentError, match="class_weight expects a dict"):
        weighted_by_class({}, np.array([0]))
