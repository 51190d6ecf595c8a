"""The training loop: batches, order, validation, events, resuming, and how it ends."""

from __future__ import annotations

import itertools
import signal

import numpy as np
import pytest

from nbnet import Sequential, load, ops, set_seed
from nbnet.errors import DataError, NonFiniteError, ShapeError
from nbnet.layers import BatchNormalization, Dense, Dropout
from nbnet.optimizers import SGD, Adam
from nbnet.training.events import Listener, require_listeners
from nbnet.training.order import shuffled


class Recorder(Listener):
    """Keeps all events."""

    def __init__(self):
        self.events = []

    def on_train_begin(self, run):
        self.events.append(("train", run.epochs, run.batches))

    def on_epoch_begin(self, run, epoch):
        self.events.append(("epoch", epoch))

    def on_batch_end(self, run, batch, logs):
        self.events.append(("batch", batch, run.samples, sorted(logs)))

    def on_epoch_end(self, run, epoch, logs):
        self.events.append(("end", epoch, sorted(logs)))

    def on_train_end(self, run):
        self.events.append(("done", run.epoch))


class Seen(Sequential):
    """Remembers the first number of each sample that a step got."""

    batches: list

    def train_step(self, x, y):
        self.batches.append([int(value) for value in x.numpy()[:, 0]])
        return super().train_step(x, y)


def counting(samples, **fit):
    """The samples in the batches of a fit, by number."""
    x = np.arange(samples, dtype="float32").reshape(-1, 1)
    model = Seen([Dense(1, input_shape=(1,))])
    model.batches = []
    model.compile(SGD(0.0), "mse", run_eagerly=True)
    history = model.fit(x, x, verbose=0, **fit)
    return model.batches, history


def small(**options):
    model = Sequential([Dense(6, input_shape=(3,)), BatchNormalization(), Dropout(0.2), Dense(2, activation="softmax")])
    model.compile(Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=True, **options)
    return model


@pytest.fixture
def data(rng):
    x = rng.normal(size=(40, 3)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


@pytest.mark.parametrize(
    ("batch_size", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (1000, [7]), ("full", [7]), (None, [7])]
)
def test_batch_sizes(batch_size, sizes):
    batches, _ = counting(7, batch_size=batch_size, epochs=2)
    assert [len(batch) for batch in batches] == sizes * 2
    for epoch in (batches[: len(sizes)], batches[len(sizes) :]):
        assert sorted(itertools.chain(*epoch)) == list(range(7))


def test_default_batch_size_is_32():
    assert [len(batch) for batch in counting(70)[0]] == [32, 32, 6]


def test_order_of_the_samples(seed):
    batches, _ = counting(50, batch_size=50, epochs=3)
    again, _ = counting(50, batch_size=50, epochs=3)
    assert batches == again
    assert len({tuple(batch) for batch in batches}) == 3
    assert list(range(50)) not in batches
    set_seed(seed + 1)
    assert counting(50, batch_size=50, epochs=3)[0] != batches
    plain, _ = counting(5, batch_size=2, shuffle=False, epochs=2)
    assert plain == [[0, 1], [2, 3], [4]] * 2


def test_a_second_fit_goes_on_with_new_orders():
    x = np.arange(20, dtype="float32").reshape(-1, 1)
    model = Seen([Dense(1, input_shape=(1,))])
    model.batches = []
    model.compile(SGD(0.0), "mse", run_eagerly=True)
    model.fit(x, x, epochs=1, verbose=0)
    model.fit(x, x, epochs=1, verbose=0)
    assert model.batches[0] != model.batches[1]
    assert model.batches == counting(20, epochs=2)[0]


def test_shuffled_is_a_permutation():
    for samples in (1, 2, 1000):
        np.testing.assert_array_equal(np.sort(shuffled(samples, 3, 5)), np.arange(samples))
    order = shuffled(1000, 3, 5)
    assert not np.array_equal(order, shuffled(1000, 3, 6))
    assert not np.array_equal(order, shuffled(1000, 4, 5))
    assert abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 0.1


def test_validation_split_is_the_last_part_before_shuffling():
    batches, history = counting(10, validation_split=0.25, epochs=2)
    for batch in batches:
        assert sorted(batch) == [0, 1, 2, 3, 4, 5, 6]
    assert list(history.history) == ["loss", "val_loss"]
    for samples, fraction in ((5, 0.99), (1, 0.5)):
        with pytest.raises(DataError, match=f"validation_split={fraction} of {samples} samples leaves 0 to train on"):
            counting(samples, validation_split=fraction)
    with pytest.raises(ValueError, match=r"validation_split in \[0, 1\)"):
        counting(5, validation_split=1)


def test_validation_data_is_evaluated_with_the_weights_of_the_epoch(data):
    model = small()
    x, y = data
    history = model.fit(x[:30], y[:30], epochs=3, validation_data=(x[30:], y[30:]), verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.history["val_loss"][-1] == pytest.approx(model.evaluate(x[30:], y[30:])[0])
    with pytest.raises(DataError, match=r"validation_data=\(x, y\)"):
        model.fit(x, y, validation_data=x, verbose=0)
    with pytest.raises(ShapeError, match="expects validation input"):
        model.fit(x, y, validation_data=(x[:, :2], y), verbose=0)
    with pytest.raises(DataError, match=r"In the validation data: .*received 7 at y\[0\]"):
        model.fit(x, y, validation_data=(x, y + 7), verbose=0)


def test_losses_are_means_over_samples():
    x = np.arange(5, dtype="float32").reshape(-1, 1)
    model = Sequential([Dense(1, kernel_initializer="zeros", input_shape=(1,))])
    model.compile(SGD(0.0), "mse", ["mae"], run_eagerly=True)
    history = model.fit(x, x, batch_size=2, epochs=2, verbose=0).history
    assert history["loss"] == pytest.approx([6.0, 6.0])  # of 0, 1, 4, 9, 16, not of the batches' means
    assert history["mae"] == pytest.approx([2.0, 2.0])


def test_an_epoch_reports_itself_alone(data):
    def model():
        made = Sequential([Dense(2, activation="softmax", input_shape=(3,))])
        made.compile(SGD(1.0), "sparse_categorical_crossentropy", run_eagerly=True)
        return made

    through, halted = model(), model()
    second = through.fit(*data, batch_size="full", epochs=2, verbose=0).history["loss"][1]
    halted.fit(*data, batch_size="full", epochs=1, verbose=0)
    assert second == pytest.approx(halted.evaluate(*data), rel=1e-5)


class Partial:
    """Listens to one event only."""

    def on_train_end(self, run):
        assert not run.stop


def test_events(data):
    recorder = Recorder()
    model = small()
    model.fit(*data, batch_size=25, epochs=2, validation_split=0.25, verbose=0, hooks=[recorder, Partial()])
    logs, with_validation = ["accuracy", "loss"], ["accuracy", "loss", "val_accuracy", "val_loss"]
    epoch = [("batch", 0, 25, logs), ("batch", 1, 30, logs)]
    assert recorder.events == [
        ("train", 2, 2),
        ("epoch", 0), *epoch, ("end", 0, with_validation),
        ("epoch", 1), *epoch, ("end", 1, with_validation),
        ("done", 1),
    ]  # fmt: skip
    assert (model.steps, model.epochs, model.optimizer.iterations) == (4, 2, 4)


def test_a_listener_stops_training(data):
    class Stop(Recorder):
        def on_batch_end(self, run, batch, logs):
            super().on_batch_end(run, batch, logs)
            run.stop = batch == 1

    recorder, model = Stop(), small()
    history = model.fit(*data, batch_size=10, epochs=5, verbose=0, hooks=[recorder])
    assert [event[0] for event in recorder.events] == ["train", "epoch", "batch", "batch", "done"]
    assert history.epoch == []
    assert model.steps == 2


def test_same_seed_same_weights(data, seed):
    first, second = small(), small()
    for model in (first, second):
        model.fit(*data, batch_size=8, epochs=2, verbose=0)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_training_resumes_from_a_file(data, tmp_path, optimizer):
    through, halted = small(), small()
    for model in (through, halted):
        model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=True)
    through.fit(*data, batch_size=8, epochs=4, verbose=0)
    halted.fit(*data, batch_size=8, epochs=2, verbose=0)
    halted.save(tmp_path / "half.nbnet")
    resumed = load(tmp_path / "half.nbnet")
    assert (resumed.steps, resumed.epochs, resumed.optimizer.iterations) == (10, 2, 10)
    resumed.fit(*data, batch_size=8, epochs=2, verbose=0)
    for one, other in zip(through.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_loss_that_turns_nan_names_epoch_batch_and_op(data):
    class Blow(Sequential):
        def compute_loss(self, y, y_pred):
            return super().compute_loss(y, y_pred) + ops.log(ops.mean(y_pred) * (1 - self.bomb))

    x, y = data
    recorder = Recorder()
    model = Blow([Dense(2, activation="softmax", input_shape=(3,))])
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)

    class Fuse(Listener):
        def on_batch_end(self, run, batch, logs):
            if (run.epoch, batch) == (1, 0):
                model.bomb = 2
                fused.append(model.get_weights())

    fused = []
    model.bomb = 0
    with pytest.raises(NonFiniteError, match=r"epoch 2 of 3, batch 2 of 4\. .*op 'log' in test_fit.py:\d+.*gives nan"):
        model.fit(x, y, batch_size=10, epochs=3, verbose=0, hooks=[Fuse(), recorder])
    for one, other in zip(fused[0], model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert recorder.events[-1] == ("done", 1)
    assert model.steps == 5


@pytest.fixture
def own_sigint():
    """Ctrl-C as an interactive program has it; what is started in the background begins with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("own_sigint")
def test_ctrl_c_finishes_the_step_and_tells_the_listeners(data):
    class Press(Recorder):
        def on_batch_end(self, run, batch, logs):
            super().on_batch_end(run, batch, logs)
            if batch == 1:
                signal.raise_signal(signal.SIGINT)
                self.events.append("went on")

        def on_train_end(self, run):
            super().on_train_end(run)
            self.steps = run.model.steps

    recorder, model = Press(), small()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, batch_size=10, epochs=3, verbose=0, hooks=[recorder])
    assert signal.getsignal(signal.SIGINT) is before
    assert recorder.events[-2:] == ["went on", ("done", 0)]
    assert model.steps == recorder.steps == model.optimizer.iterations == 2
    assert np.isfinite(model.evaluate(*data)[0])


def test_verbose(data, capsys):
    small().fit(*data, epochs=2, verbose=0)
    assert capsys.readouterr().out == ""
    for verbose in (1, 2, "auto"):
        small().fit(*data, epochs=2, verbose=verbose, validation_split=0.2)
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2
        assert lines[1].startswith("Epoch 2/2  loss 0.")
        for part in ("accuracy", "val_loss", "val_accuracy", "samples/s"):
            assert part in lines[1]
    with pytest.raises(ValueError, match="verbose expects"):
        small().fit(*data, verbose=3)


def test_wrong_epochs(data):
    for epochs in (-1, 1.5, True):
        with pytest.raises(ValueError, match="epochs as a whole number"):
            small().fit(*data, epochs=epochs)
    assert small().fit(*data, epochs=0, verbose=0).epoch == []


def test_data_of_other_kinds(data):
    x, y = data
    model = small()
    model.fit(x.tolist(), y.tolist(), verbose=0)
    model.fit(np.asfortranarray(x.astype("float64")), y[:, None].astype("uint8"), verbose=0)
    model.fit(x[::2], y[::2], verbose=0)


@pytest.mark.parametrize("hook", [object(), Listener])
def test_hooks_that_listen_to_nothing_are_refused(hook):
    with pytest.raises(TypeError, match=r"on_train_begin.*on_train_end"):
        require_listeners([hook])
    assert require_listeners(()) == []
