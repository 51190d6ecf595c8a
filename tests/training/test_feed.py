"""How batches reach a step: gathered by the step itself, by NumPy, or not at all; always the same samples."""

from __future__ import annotations

import itertools
import threading
import tracemalloc

import numpy as np
import pytest

from nbnet import Sequential, gradients, ops
from nbnet.errors import NonFiniteError
from nbnet.kernels import jit
from nbnet.layers import BatchNormalization, Dense, Dropout, Rescaling
from nbnet.optimizers import SGD
from nbnet.training.events import Listener, tell, who_hears
from nbnet.training.feed import Feed
from nbnet.training.order import shuffled


def small(scale=1.0):
    model = Sequential([
        Rescaling(scale, input_shape=(3,)), Dense(6, activation="relu"), BatchNormalization(), Dropout(0.2),
        Dense(2, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


def trained(x, y, **fit):
    """Weights and history after two epochs of batches of 8, 8, …, 5."""
    model = small(1 / 255 if x.dtype == np.uint8 else 1.0)
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0, **fit)
    return model, [*model.get_weights(), history.history["loss"], history.history["accuracy"]]


@pytest.fixture
def data(rng):
    x = rng.normal(size=(37, 3)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


def without_order(array):
    """The same numbers, laid out so that rows are not contiguous."""
    return np.asfortranarray(array) if array.ndim > 1 else np.repeat(array, 2)[::2]


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_the_same_bits_whoever_gathers(data, dtype, seed):
    x, y = data
    x = (np.abs(x) * 80).astype(dtype)
    _, in_step = trained(x, y)
    for other in ((without_order(x), y), (x, without_order(y))):
        _, before = trained(*other)
        for one, another in zip(in_step, before, strict=True):
            np.testing.assert_array_equal(one, another)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda array: np.repeat(array, 2, axis=0)[::2]])
def test_a_batch_of_data_of_another_layout_copies_no_more_than_the_batch(layout, seed):
    x = layout(np.arange(40000.0, dtype="float32").reshape(4000, 10))
    feed = Feed(x, None, 8)
    order = shuffled(len(x), seed, 0)
    feed.begin(order)
    tracemalloc.start()
    _, (batch, _, _) = feed.batch(8, 16)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(batch, x[order[8:16]])
    assert most < x.nbytes / 10


def test_the_same_bits_as_batches_by_hand(data, seed):
    x, y = data
    fitted, _ = trained(x, y)
    by_hand = small()
    for epoch in range(2):
        order = shuffled(37, seed, epoch)
        for start in range(0, 37, 8):
            rows = order[start : start + 8]
            by_hand.train_on_batch(x[rows], y[rows])
    for one, other in zip(fitted.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_shuffled_fit_gathers_in_the_step_and_nowhere_else(data, monkeypatch):
    x, y = data
    taken = []
    monkeypatch.setattr(np, "take", lambda *args, **kwargs: taken.append(args))
    model, _ = trained(x, y)
    assert not taken
    assert set(model._functions) == {"train_rows"}
    function = model._functions["train_rows"]
    assert function.calls == model.steps == 10
    assert len(function._plans) == 2  # batches of 8, and of 5
    plan = function.explain(x, y, None, np.arange(8), model._trainable_key())
    assert [entry.spec.family for entry in plan.entries].count("gather") == 2
    compiled = jit.compilations()
    model.fit(x, y, batch_size=8, epochs=3, verbose=0)
    assert jit.compilations() == compiled
    assert len(function._plans) == 2


def test_unshuffled_batches_are_views(data):
    feed = Feed(*data, 8)
    feed.begin(None)
    kind, (x, y, _) = feed.batch(8, 16)
    assert kind == "train"
    assert np.shares_memory(x, data[0])
    assert np.shares_memory(y, data[1])
    model, _ = trained(*data, shuffle=False)
    assert set(model._functions) == {"train"}


@pytest.mark.parametrize(
    ("change", "in_step"),
    [(lambda x: x, True), (lambda x: x[5:], True), (without_order, False), (lambda x: x[:, ::2], False)],
)
def test_which_data_the_step_reads_where_they_lie(data, change, in_step):
    x = change(data[0])
    for y in (None, data[1][: len(x)]):
        feed = Feed(x, y, 8)
        order = shuffled(len(x), 1, 2)
        feed.begin(order)
        for start, stop in ((0, 8), (8, 16), (16, 19)):
            kind, arguments = feed.batch(start, stop)
            assert kind == ("train_rows" if in_step else "train")
            if in_step:
                assert arguments[0] is x
                assert arguments[1] is y
                np.testing.assert_array_equal(arguments[3], order[start:stop])
            else:
                np.testing.assert_array_equal(arguments[0], x[order[start:stop]])
                assert (arguments[1] is None) if y is None else np.array_equal(arguments[1], y[order[start:stop]])


def test_data_off_their_alignment_are_copied(data):
    raw = np.zeros(data[0].nbytes + 1, np.uint8)
    x = raw[1:].view(np.float32).reshape(data[0].shape)
    x[:] = data[0]
    assert not x.flags.aligned
    feed = Feed(x, None, 8)
    feed.begin(np.arange(len(x)))
    assert feed.batch(0, 8)[0] == "train"


def test_data_mapped_from_a_file(data, tmp_path, seed):
    for name, array in zip("xy", data, strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    mapped = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "xy"]
    for one, other in zip(trained(*data)[1], trained(*mapped)[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_without_targets(data):
    class Own(Sequential):
        def train_step(self, x, y):
            assert y is None
            loss = ops.mean(ops.square(self(x, training=True)))
            self.optimizer.apply(loss, gradients(loss, self.trainable_weights), self.trainable_weights)
            return {"loss": loss}

    model = Own([Dense(2, input_shape=(3,))])
    model.compile(SGD(0.1))
    losses = model.fit(data[0], batch_size=10, epochs=3, verbose=0).history["loss"]
    assert losses[0] > losses[1] > losses[2]


def test_numbers_that_are_not_finite_name_epoch_and_batch(data, seed):
    x, y = data
    x = np.where(np.arange(37)[:, None] == 20, np.float32(3e38), x)  # one sample overflows
    model = Sequential([Dense(2, activation="softmax", kernel_initializer="ones", input_shape=(3,))])
    model.compile(SGD(0.1), "mse")
    place = int(np.flatnonzero(shuffled(37, seed, 0) == 20)[0])
    before = model.get_weights()[0].copy()
    with pytest.raises(NonFiniteError, match=rf"epoch 1 of 2, batch {place // 8 + 1} of 5\. A number in step 'train'"):
        model.fit(x, np.stack([y, 1 - y], 1).astype("float32"), batch_size=8, epochs=2, verbose=0)
    assert np.isfinite(model.get_weights()[0]).all()
    assert (model.steps == 0) == np.array_equal(before, model.get_weights()[0])


class Fails(Listener):
    """Ends training by an error."""

    def __init__(self, error):
        self.error = error

    def on_batch_end(self, run, batch, logs):
        if batch == 1:
            raise self.error


@pytest.mark.parametrize("error", [None, RuntimeError("listener"), KeyboardInterrupt()])
def test_no_thread_is_left_behind(data, error):
    trained(*data)  # makes the threads that run plans
    before = set(threading.enumerate())
    if error is None:
        trained(*data)
    else:
        with pytest.raises(type(error)):
            trained(*data, hooks=[Fails(error)])
    assert set(threading.enumerate()) <= before


def test_an_order_is_the_same_everywhere():
    assert shuffled(12, 1, 2).tolist() == [2, 3, 8, 9, 4, 6, 1, 7, 5, 11, 10, 0]
    assert shuffled(1, 5, 0).tolist() == [0]
    assert shuffled(12, 1, 2).dtype == np.int64
    assert shuffled(8, -1, 0).tolist() == shuffled(8, 2**64 - 1, 0).tolist()
    first = np.array([shuffled(5, 3, epoch)[0] for epoch in range(2000)])
    counts = np.bincount(first, minlength=5)
    assert counts.min() > 330  # of 400 expected: 4 deviations of a binomial are 72
    assert counts.max() < 470


def test_who_hears():
    class Both(Listener):
        def on_batch_end(self, run, batch, logs):
            heard.append(("both", batch))

    class Own:
        def on_batch_end(self, run, batch, logs):
            heard.append(("own", batch))

    heard: list = []
    assert who_hears([Listener(), object()], "on_batch_end") == []
    listeners = [Both(), Listener(), Own(), object()]
    assert len(who_hears(listeners, "on_batch_end")) == 2
    tell(listeners, "on_batch_end", None, 7, {})
    assert heard == list(itertools.product(["both", "own"], [7]))


def test_results_are_read_once_an_epoch_where_nobody_listens_to_batches(data, monkeypatch):
    model = small()
    read = []
    monkeypatch.setattr(type(model), "results", lambda self: read.append(1) or {"loss": 0.0})
    done = threading.Thread(target=lambda: model.fit(*data, batch_size=8, epochs=3, verbose=0))  # Ctrl-C is not heard
    done.start()
    done.join()
    assert len(read) == 3
