"""What a compiled step was traced with may change: steps are traced anew, and copies are apart."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest

import nbnet
from nbnet import Input, Model, Sequential, Variable
from nbnet.constraints import NonNeg
from nbnet.layers import Add, Dense
from nbnet.losses import MeanSquaredError
from nbnet.optimizers import SGD, Adam
from nbnet.regularizers import L2


@pytest.fixture
def data(rng):
    return rng.normal(size=(12, 4)).astype("f"), rng.normal(size=(12, 2)).astype("f")


def trained(data, optimizer="sgd"):
    model = Sequential([Dense(2, input_shape=(4,))])
    model.compile(optimizer, "mse")
    model.train_on_batch(*data)
    return model


def moved(model, data):
    before = model.get_weights()
    model.train_on_batch(*data)
    return [not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True)]


def test_a_single_weight_is_frozen_and_freed(data):
    model = trained(data)
    kernel = model.layers[0].kernel
    for trainable in (False, True, False):
        kernel.trainable = trainable
        assert moved(model, data) == [trainable, True]


def test_a_regularizer_or_a_constraint_is_given_to_a_weight(data):
    model = trained(data)
    kernel = model.layers[0].kernel
    plain = model.evaluate(*data)
    kernel.regularizer = L2(1.0)
    assert model.evaluate(*data) == pytest.approx(plain + np.sum(kernel.numpy() ** 2), rel=1e-5)
    kernel.regularizer = None
    assert model.evaluate(*data) == plain
    kernel.constraint = NonNeg()
    model.train_on_batch(*data)
    assert kernel.numpy().min() == 0


def test_another_optimizer_is_set(data):
    model = trained(data)
    model.optimizer = SGD(0.0)
    assert moved(model, data) == [False, False]
    model.optimizer = "adam"
    assert isinstance(model.optimizer, Adam)
    assert moved(model, data) == [True, True]


def test_layers_are_put_in_place_of_others(data):
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.head = Dense(2)

        def call(self, x):
            return self.head(x)

    x, _ = data
    model = Own()
    assert model.predict(x).shape == (12, 2)
    model.head = Dense(3)
    assert model.predict(x).shape == (12, 3)
    model.head = Dense(3)
    np.testing.assert_allclose(model.predict(x), model.head(x), rtol=1e-5, atol=1e-6)
    model.head.bias = Variable(np.full(3, 9, "f"))
    np.testing.assert_allclose(model.predict(x), model.head(x), rtol=1e-5, atol=1e-6)
    inner = Sequential([Dense(2, input_shape=(4,))])
    outer = Sequential([inner])
    outer.predict(x)
    inner.pop()
    inner.add(Dense(2, activation="relu"))
    assert outer.predict(x).min() >= 0


def test_nothing_is_looked_at_where_nothing_changed(data):
    model = trained(data)
    key = model._trainable_key()
    model.fit(*data, epochs=2, verbose=0)
    model.predict(data[0])
    assert model._trainable_key() is key


def test_losses_of_two_threads_do_not_meet(data):
    x, y = data
    symbol = Input((4,))
    model = Model(symbol, [Dense(1, name="a")(symbol), Dense(1, name="b")(symbol)])
    targets = {"a": y[:, :1], "b": y[:, 1:]}
    inside, found = threading.Barrier(2), []

    class Slow(MeanSquaredError):
        def __call__(self, *args):
            inside.wait(10)  # both threads have the losses of the outputs before
            return super().__call__(*args)

    model.compile("sgd", {"a": Slow(), "b": Slow()})

    def step(kind, weights):
        found.append(getattr(model, kind)(x, targets, sample_weight=weights, return_dict=True))

    steps = [("train_on_batch", np.full(12, 3.0)), ("test_on_batch", None)]
    threads = [threading.Thread(target=step, args=arguments) for arguments in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [set(logs) for logs in found] == [{"loss", "a_loss", "b_loss"}] * 2
    for logs in found:
        assert logs["loss"] == pytest.approx(logs["a_loss"] + logs["b_loss"], rel=1e-5)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))])
def test_a_copied_optimizer_is_apart(data, duplicate):
    optimizer = Adam(0.1, use_ema=True, weight_decay=0.01)
    model = trained(data, optimizer)
    other = duplicate(optimizer)
    optimizer.learning_rate = 5.0
    assert (other.learning_rate, other.iterations) == (0.1, 1)
    kernel = model.layers[0].kernel
    other.apply(np.float32(0), [np.zeros((4, 2), "f")], [kernel])
    assert (other.iterations, optimizer.iterations) == (2, 1)


def test_slots_that_began_later_are_saved_by_place(data, tmp_path):
    inner = Sequential([Dense(2, input_shape=(4,))], name="inner")
    symbol = Input((4,))
    model = Model(symbol, Add()([Dense(2)(symbol), inner(symbol)]))
    for weight in inner.weights:  # as of a model that an older version saved
        weight.name = weight.name.removeprefix("inner/")
    inner.trainable = False
    model.compile(Adam(0.1), "mse")
    model.fit(*data, epochs=3, verbose=0)
    inner.trainable = True
    model.fit(*data, epochs=2, verbose=0)
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet")
    for each in (model, found):
        each.fit(*data, epochs=2, verbose=0)
    for one, other in zip(model.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
