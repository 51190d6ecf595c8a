"""Arguments of fit: weights of samples and classes, iterables, epochs and steps, when and with what to validate."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

import nbnet
from nbnet import Sequential
from nbnet.errors import ArgumentError, DataError
from nbnet.layers import Dense
from nbnet.training.events import Listener
from nbnet.training.holdout import held_out
from nbnet.training.order import shuffled


@pytest.fixture
def data(rng):
    x = rng.normal(size=(40, 3)).astype("f")
    return x, (x[:, 0] > 0.3).astype("int64")


def network(loss="sparse_categorical_crossentropy", **compile_options):
    model = Sequential([Dense(4, activation="tanh", input_shape=(3,)), Dense(2, activation="softmax")])
    model.compile("sgd", loss, **compile_options)
    return model


def crossentropies(model, x, y):
    return -np.log(model.predict(x)[np.arange(len(y)), y].astype("float64"))


class Told(Listener):
    """Notes epochs and batches."""

    def __init__(self):
        self.epochs, self.batches = [], []

    def on_epoch_begin(self, run, epoch):
        self.epochs.append(epoch)

    def on_batch_end(self, run, batch, logs):
        self.batches.append((run.epoch, batch, run.samples))


def test_weights_of_samples_weigh_the_loss(data, rng):
    x, y = data
    weights = rng.uniform(0, 3, 40).astype("f")
    model = network(metrics=["accuracy"], weighted_metrics=["accuracy"])
    logs = model.evaluate(x, y, sample_weight=weights, return_dict=True)
    losses, right = crossentropies(model, x, y), model.predict(x).argmax(1) == y
    assert logs["loss"] == pytest.approx(np.mean(losses * weights), rel=1e-5)
    assert model.evaluate(x, y, batch_size=7, sample_weight=weights, return_dict=True)["loss"] == pytest.approx(
        logs["loss"], rel=1e-5
    )
    assert logs["accuracy"] == pytest.approx(np.sum(right * weights) / weights.sum(), rel=1e-5)


def test_weighted_training_is_training_on_copies(data, seed):
    x, y = data
    copies = np.repeat(np.arange(40), 1 + y)  # class 1 twice
    weighted, repeated = network(), network()
    repeated.set_weights(weighted.get_weights())
    weighted.fit(x, y, batch_size="full", epochs=5, sample_weight=1.0 + y, verbose=0, shuffle=False)
    # a sum over copies is divided by more samples than a sum with weights
    repeated.optimizer.learning_rate = weighted.optimizer.learning_rate * len(copies) / 40
    repeated.fit(x[copies], y[copies], batch_size="full", epochs=5, verbose=0, shuffle=False)
    for one, other in zip(weighted.get_weights(), repeated.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_class_weights_are_sample_weights(data, seed):
    x, y = data
    by_class, by_sample, one_hot = network(), network(), network("categorical_crossentropy")
    for model in (by_sample, one_hot):
        model.set_weights(by_class.get_weights())
    by_class.fit(x, y, epochs=2, class_weight={1: 4.0, 7: 2.0}, verbose=0)
    by_sample.fit(x, y, epochs=2, sample_weight=np.where(y == 1, 4.0, 1.0), verbose=0)
    one_hot.fit(x, np.eye(2, dtype="f")[y], epochs=2, class_weight={1: 4.0}, verbose=0)
    for one, other, third in zip(by_class.get_weights(), by_sample.get_weights(), one_hot.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_allclose(one, third, rtol=1e-4, atol=1e-6)


def test_weights_of_classes_and_samples_are_multiplied(data, rng, seed):
    x, y = data
    weights = rng.uniform(0.5, 2, 40).astype("f")
    both, product = network(), network()
    product.set_weights(both.get_weights())
    both.fit(x, y, class_weight={1: 4.0}, sample_weight=weights, verbose=0)
    product.fit(x, y, sample_weight=weights * np.where(y == 1, 4.0, 1.0).astype("f"), verbose=0)
    for one, other in zip(both.get_weights(), product.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_wrong_weights(data):
    x, y = data
    model = network()
    with pytest.raises(DataError, match="at least 0"):
        model.fit(x, y, sample_weight=-np.ones(40))
    with pytest.raises(DataError, match="each of 40 samples"):
        model.fit(x, y, sample_weight=np.ones(3))
    with pytest.raises(ArgumentError, match="class_weight expects"):
        model.fit(x, y, class_weight=[1, 2])
    with pytest.raises(ArgumentError, match="class numbers"):
        model.fit(x, y, class_weight={"a": 2})

    class Own(Sequential):
        def train_step(self, x, y):
            return super().train_step(x, y)

    own = Own([Dense(2, activation="softmax")])
    own.compile("sgd", "sparse_categorical_crossentropy")
    own.fit(x, y, verbose=0)
    with pytest.raises(ArgumentError, match="takes no weights of samples"):
        own.fit(x, y, sample_weight=np.ones(40), verbose=0)


def test_epochs_are_counted_from_the_initial_one(data):
    told = Told()
    history = network().fit(*data, epochs=5, initial_epoch=3, verbose=0, hooks=[told])
    assert told.epochs == history.epoch == [3, 4]
    assert network().fit(*data, epochs=2, initial_epoch=2, verbose=0).epoch == []


def test_steps_go_on_in_the_data_from_epoch_to_epoch(data, seed):
    x, y = data
    told = Told()
    model, by_hand = network(), network()
    by_hand.set_weights(model.get_weights())
    model.fit(x, y, batch_size=16, steps_per_epoch=2, epochs=3, verbose=0, hooks=[told])  # 16 + 16 + 8 a pass
    assert told.batches == [(0, 0, 16), (0, 1, 32), (1, 0, 8), (1, 1, 24), (2, 0, 16), (2, 1, 24)]
    for passed in range(2):
        order = shuffled(40, seed, passed)
        for start in range(0, 40, 16):
            rows = order[start : start + 16]
            by_hand.train_on_batch(x[rows], y[rows])
    for one, other in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def batches(x, y, size=10):
    return [(x[start : start + size], y[start : start + size]) for start in range(0, len(x), size)]


@pytest.mark.parametrize("form", ["list of batches", "object", "generator"])
def test_an_iterable_trains_as_its_batches_do(data, form, seed):
    listed = batches(*data)

    class Again:
        def __iter__(self):
            return iter(listed)

    def forever():
        while True:
            yield from listed

    given, steps = {"list of batches": (iter_again(listed), None), "object": (Again(), None),
                    "generator": (forever(), 4)}[form]  # fmt: skip
    told = Told()
    model, by_hand = network(), network()
    by_hand.set_weights(model.get_weights())
    history = model.fit(given, epochs=2, steps_per_epoch=steps, verbose=0, hooks=[told])
    assert told.batches == [(epoch, batch, 10 * batch + 10) for epoch in range(2) for batch in range(4)]
    assert len(history.history["loss"]) == 2
    for _ in range(2):
        for x, y in listed:
            by_hand.train_on_batch(x, y)
    for one, other in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def iter_again(items):
    """An iterable that is no list, so that it is not taken for data."""

    class Iterable:
        def __iter__(self):
            return iter(items)

        def __len__(self):
            return len(items)

    return Iterable()


def test_an_iterator_that_is_used_up_says_so(data):
    model = network()
    with pytest.raises(DataError, match="used up in epoch 2"):
        model.fit(iter(batches(*data)), epochs=2, verbose=0)
    assert model.steps == 4
    with pytest.raises(DataError, match="used up"):
        model.fit(iter(()), epochs=1, verbose=0)


def test_an_iterable_gives_weights_too(data):
    x, y = data
    weights = np.linspace(0, 2, 40).astype("f")
    one, other = network(), network()
    other.set_weights(one.get_weights())
    one.fit(iter_again([(x, y, weights)]), verbose=0)
    other.fit(x, y, batch_size="full", sample_weight=weights, shuffle=False, verbose=0)
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_what_does_not_go_with_an_iterable(data):
    x, y = data
    with pytest.raises(ArgumentError, match="takes targets and weights from it"):
        network().fit(iter_again([(x, y)]), y, verbose=0)
    with pytest.raises(DataError, match="tuple of 4 items"):
        network().fit(iter_again([(x, y, y, y)]), verbose=0)


def test_evaluate_and_predict_take_iterables(data):
    x, y = data
    model = network(metrics=["accuracy"])
    given = iter_again(batches(x, y))
    assert model.evaluate(given, return_dict=True) == pytest.approx(model.evaluate(x, y, return_dict=True), rel=1e-5)
    np.testing.assert_allclose(model.predict(given), model.predict(x), rtol=1e-5, atol=1e-7)
    assert model.evaluate(given, steps=1, return_dict=True) == pytest.approx(
        model.evaluate(x[:10], y[:10], return_dict=True), rel=1e-5
    )
    assert model.predict(x, batch_size=7, steps=2).shape == (14, 2)


@pytest.mark.parametrize(("frequency", "validated"), [(1, [0, 1, 2, 3]), (2, [1, 3]), ([1, 4], [0, 3])])
def test_when_to_validate(data, frequency, validated):
    seen = []

    class Look(Listener):
        def on_epoch_end(self, run, epoch, logs):
            seen.extend([epoch] if "val_loss" in logs else [])

    network().fit(*data, epochs=4, validation_split=0.25, validation_freq=frequency, verbose=0, hooks=[Look()])
    assert seen == validated


def test_wrong_validation(data):
    x, y = data
    with pytest.raises(ArgumentError, match="validation_freq"):
        network().fit(x, y, validation_split=0.5, validation_freq=0, verbose=0)
    with pytest.raises(DataError, match="iterator, which is used up"):
        network().fit(x, y, validation_data=iter(batches(x, y)), verbose=0)
    with pytest.raises(DataError, match="validation_data=\\(x, y\\)"):
        network().fit(x, y, validation_data=(x,), verbose=0)
    with pytest.raises(DataError, match="class numbers"):
        network().fit(x, y.astype("f"), validation_split=0.2, validation_stratify=True, verbose=0)


def test_what_to_validate_with(data):
    x, y = data
    weights = np.linspace(0, 2, 40).astype("f")
    model = network()
    history = model.fit(x, y, validation_data=(x, y, weights), verbose=0).history
    assert history["val_loss"][0] == pytest.approx(model.evaluate(x, y, sample_weight=weights), rel=1e-5)
    history = model.fit(x, y, validation_data=iter_again(batches(x, y)), validation_steps=2, verbose=0).history
    assert history["val_loss"][0] == pytest.approx(model.evaluate(x[:20], y[:20]), rel=1e-5)


def test_a_stratified_part_has_each_class_in_its_share():
    y = np.array([0] * 80 + [1] * 20)
    x = np.arange(100.0)[:, None]
    train, validation = held_out((x, y, None), 0.25, stratify=True)
    assert [np.bincount(part[1]).tolist() for part in (train, validation)] == [[60, 15], [20, 5]]
    assert sorted(np.concatenate([train[0], validation[0]])[:, 0]) == list(range(100))
    train, validation = held_out((x, y, None), 0.25, stratify=False)
    assert validation[1].sum() == 20
    onehot, _ = held_out((x, np.eye(2)[y], None), 0.25, stratify=True)
    assert onehot[1].sum(0).tolist() == [60, 15]


def test_data_as_a_whole(data):
    x, y = data
    together = nbnet.Data((x, y), validation=(x[:8], y[:8]))
    history = network().fit(together, epochs=1, verbose=0).history
    assert set(history) == {"loss", "val_loss"}
    with pytest.raises(ArgumentError, match="give no others"):
        network().fit(together, y)


def test_stop_training_ends_after_the_step(data):
    model = network()

    class Stop(Listener):
        def on_batch_end(self, run, batch, logs):
            run.model.stop_training = batch == 1

    model.fit(*data, batch_size=10, epochs=3, verbose=0, hooks=[Stop()])
    assert model.steps == 2
    model.fit(*data, batch_size=10, epochs=1, verbose=0)
    assert model.steps == 6


def test_penalties_are_part_of_the_loss(data):
    x, y = data
    plain = Sequential([Dense(2, activation="softmax", input_shape=(3,))])
    penalised = Sequential([
        Dense(2, activation="softmax", input_shape=(3,), kernel_regularizer="l2", bias_regularizer="l1")
    ])  # fmt: skip
    penalised.set_weights([np.full((3, 2), 0.5), np.array([1.0, -2.0])])
    plain.set_weights(penalised.get_weights())
    for model in (plain, penalised):
        model.compile("sgd", "sparse_categorical_crossentropy")
    penalty = 0.01 * 6 * 0.25 + 0.01 * 3
    assert penalised.evaluate(x, y) == pytest.approx(plain.evaluate(x, y) + penalty, rel=1e-5)
    rate = penalised.optimizer.learning_rate
    for model in (plain, penalised):
        model.fit(x, y, batch_size="full", verbose=0)
    kernels = [model.get_weights()[0] for model in (plain, penalised)]
    np.testing.assert_allclose(kernels[1], kernels[0] - rate * 0.02 * 0.5, rtol=1e-4)
    penalised.layers[0].trainable = False
    assert penalised.evaluate(x, y) < plain.evaluate(x, y) + 1


def test_constraints_hold_after_each_step(data):
    model = Sequential([Dense(2, activation="softmax", input_shape=(3,), kernel_constraint="non_neg")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.set_weights([np.full((3, 2), 0.01), np.zeros(2)])
    model.fit(*data, epochs=5, batch_size=8, verbose=0)
    kernel = model.get_weights()[0]
    assert kernel.min() == 0
    assert kernel.max() > 0.01


@pytest.mark.parametrize(
    ("units", "activation", "loss", "words"),
    [
        (1, "softmax", "binary_crossentropy", "softmax over one output, which is 1 for every input"),
        (1, None, "binary_crossentropy", "expects probabilities. Give it activation='sigmoid'"),
        (2, None, "sparse_categorical_crossentropy", "expects probabilities. Give it activation='softmax'"),
        (2, None, nbnet.losses.SparseCategoricalCrossentropy(from_logits=True), None),
        (1, None, "mse", None),
    ],
)
def test_a_last_layer_that_does_not_go_with_the_loss(units, activation, loss, words):
    x, y = np.array([[5.0], [-5.0]], "float32"), np.array([1, 0])
    model = nbnet.Sequential([nbnet.layers.Dense(units, activation, input_shape=(1,))])
    model.compile("sgd", loss)
    with pytest.warns(UserWarning, match=words) if words else contextlib.nullcontext():
        model.fit(x, y, verbose=0)
    model.fit(x, y, verbose=0)  # said once


@pytest.mark.parametrize("option", [{"validation_freq": 0}, {"shuffle": "batch"}])
def test_options_are_looked_at_without_validation_too(option):
    model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    with pytest.raises(ArgumentError, match=f"{next(iter(option))}.*received"):
        model.fit([[1.0]], [1.0], verbose=0, **option)


def test_an_iterator_that_ends_within_an_epoch_is_pointed_out():
    model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    batches = (([[1.0]], [1.0]) for _ in range(5))
    with pytest.warns(UserWarning, match="used up after 5 of steps_per_epoch=10 batches"):
        model.fit(batches, steps_per_epoch=10, verbose=0)


def test_a_misspelt_callback_is_told_the_names_of_keras():
    class Mine(nbnet.callbacks.Callback):
        def on_epoch_ends(self, epoch, logs=None):
            pass

    model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    with pytest.raises(ArgumentError, match="on_train_batch_end"):
        model.fit([[1.0]], [1.0], verbose=0, callbacks=[Mine()])
