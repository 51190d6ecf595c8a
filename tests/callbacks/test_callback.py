"""Callbacks with Keras' signature, by name and as listeners; what is refused; errors in callbacks."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest

from nbnet import Sequential, callbacks, load, registry
from nbnet.callbacks import Callback, CSVLogger, EarlyStopping, History, LambdaCallback, ModelCheckpoint, TerminateOnNaN
from nbnet.errors import ArgumentError, NonFiniteError, UnknownNameError
from nbnet.graph import ops
from nbnet.layers import Dense
from nbnet.optimizers import SGD
from nbnet.training.events import Listener, Run, require_listeners, tell, tell_all, who_hears
from tests.callbacks.scripted import REQUIRED, Model, play
from tests.naive import callbacks as naive

ARGUMENTS = [name for name in ("callbacks", "hooks") if name in inspect.signature(Sequential.fit).parameters]


@pytest.fixture
def data(rng):
    x = rng.normal(size=(24, 3)).astype("float32")
    return x, (x @ np.array([[1.0], [-2.0], [0.5]], "float32")).astype("float32")


def network(rate=0.05, kind=Sequential):
    model = kind([Dense(1, kernel_initializer="zeros", input_shape=(3,))])
    model.compile(SGD(rate), "mse", ["mae"])
    return model


def test_each_callback_has_a_definition():
    assert set(registry.callbacks.names()) == set(naive.DEFINITIONS)


@pytest.mark.parametrize("name", registry.callbacks.names())
def test_found_by_name(name):
    kind = registry.callbacks.get(name)
    assert issubclass(kind, (Callback, Listener))
    required = REQUIRED.get(name, {})
    for known in (name, kind.__name__, kind):
        if required:
            with pytest.raises(ArgumentError, match=f"needs {next(iter(required))}; give an object: {kind.__name__}"):
                callbacks.get(known)
        else:
            assert type(callbacks.get(known)) is kind
    made = kind(**required)
    assert callbacks.get(made) is made
    if name != "lambda_callback":  # which hears nothing without functions
        assert len(require_listeners(made)) == 1
    if issubclass(kind, Callback):
        assert type(made).from_config(made.get_config()).get_config() == made.get_config()
        assert repr(made).startswith(kind.__name__ + "(")
        assert copy.copy(made).get_config() == made.get_config()
        if name != "learning_rate_scheduler":  # functions may not be picklable
            assert pickle.loads(pickle.dumps(made)).get_config() == made.get_config()


def test_repr_shows_what_was_given():
    assert repr(EarlyStopping("loss", patience=3)) == "EarlyStopping(monitor='loss', patience=3)"
    assert repr(require_listeners(TerminateOnNaN())) == "[TerminateOnNaN()]"


def test_unknown_names_and_kinds():
    with pytest.raises(UnknownNameError, match=r"Unknown callback 'early_stoping'\. Did you mean 'early_stopping'"):
        require_listeners("early_stoping")
    with pytest.raises(ArgumentError, match=r"takes no argument 'patiance'\. Did you mean 'patience'"):
        EarlyStopping(patiance=3)
    with pytest.raises(ArgumentError, match=r"Give an object, EarlyStopping\(\.\.\.\), not its class"):
        require_listeners([EarlyStopping])
    with pytest.raises(ArgumentError, match="at least one of the methods on_train_begin"):
        require_listeners([Callback()])
    assert require_listeners(None) == []
    assert len(require_listeners("terminate_on_nan")) == len(require_listeners(TerminateOnNaN())) == 1


@pytest.mark.parametrize("validates", [False, True])
def test_all_events_in_order(validates):
    def note(name):
        return lambda *args: told.append((name, args[0] if len(args) == 2 else None))

    told = []
    names = sorted({name for name, _ in naive.lambda_callback(1, 1, True)})
    play(LambdaCallback(**{name: note(name) for name in names}), [{}, {}], batches=2, validates=validates)
    assert told == naive.lambda_callback(2, 2, validates)


def test_older_names_of_the_batch_events():
    class Old(Callback):
        def on_batch_begin(self, batch, logs=None):
            told.append(("begin", batch))

        def on_batch_end(self, batch, logs=None):
            told.append(("end", batch))

    class Both(Old):
        def on_train_batch_end(self, batch, logs=None):
            told.append("new")
            super().on_train_batch_end(batch, logs)

    told: list = []
    play(Old(), [{}], batches=1)
    assert told == [("begin", 0), ("end", 0)]
    told.clear()
    play(Both(), [{}], batches=1)
    assert told == [("begin", 0), "new", ("end", 0)]


def test_lambda_callback_refuses_what_it_would_not_call():
    with pytest.raises(ArgumentError, match=r"no method 'on_epoch_ends'. Did you mean 'on_epoch_end'"):
        LambdaCallback(on_epoch_ends=print)
    with pytest.raises(ArgumentError, match="expects a function as on_epoch_end; received 3"):
        LambdaCallback(on_epoch_end=3)


def test_what_does_nothing_is_not_called():
    class Epochs(Callback):
        def on_epoch_end(self, epoch, logs=None):
            """Listen to epochs alone."""

    class AtBatches(Epochs):
        def on_batch_end(self, batch, logs=None):
            """Listen to batches too."""

    for event in ("on_batch_begin", "on_batch_end", "on_test_begin", "on_test_end", "on_non_finite", "on_epoch_begin"):
        assert who_hears(require_listeners([Epochs(), EarlyStopping(), CSVLogger("a"), History()]), event) == []
    assert len(who_hears(require_listeners([Epochs(), AtBatches()]), "on_batch_end")) == 1
    assert len(who_hears(require_listeners([Epochs(), AtBatches()]), "on_epoch_end")) == 2


class Duck:
    """Keras' methods without a base class."""

    def set_model(self, model):
        self.model = model

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def test_any_object_with_a_model_has_keras_signature():
    assert play(Duck(), [{}] * 5) == 2


def test_wrong_signatures():
    class NoModel:
        def on_epoch_end(self, epoch, logs=None):
            """Keras' signature without Keras' set_model."""

    class Short(Callback):
        def on_epoch_end(self, epoch):
            """No logs."""

    class Batches(Callback):
        def on_test_batch_end(self, batch, logs=None):
            """Never told."""

    with pytest.raises(ArgumentError, match=r"called with \(run, epoch, logs\).*nbnet.callbacks.Callback"):
        require_listeners([NoModel()])
    with pytest.raises(ArgumentError, match=r"Short defines on_epoch_end\(epoch\), but is called with \(epoch, logs\)"):
        require_listeners([Short()])
    with pytest.raises(ArgumentError, match="Batches defines on_test_batch_end, which is never told"):
        require_listeners([Batches()])


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_fit_with_both_styles(data, argument):
    class Keras(Callback):
        def __init__(self):  # without super().__init__()
            self.seen = []

        def on_train_begin(self, logs=None):
            self.seen.append((dict(self.params), self.model, logs))

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append((batch, sorted(logs)))

        def on_test_end(self, logs=None):
            self.seen.append(sorted(logs))

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append((epoch, sorted(logs)))
            logs["epoch_squared"] = float(epoch**2)

        def on_train_end(self, logs=None):
            self.seen.append(sorted(logs))

    class Own:
        def on_epoch_end(self, run, epoch, logs):
            squares.append(logs["epoch_squared"])
            run.stop = epoch == 1

    keras, squares, model = Keras(), [], network()
    history = model.fit(
        *data,
        batch_size=12,
        epochs=5,
        validation_split=0.25,
        verbose=0,
        **{argument: [keras, Own(), "terminate_on_nan"]},
    )
    train, both = ["loss", "mae"], ["loss", "mae", "val_loss", "val_mae"]
    with_square = sorted([*both, "epoch_squared"])
    params = {"verbose": 0, "epochs": 5, "steps": 2, "do_validation": True}
    epoch = [(0, train), (1, train), train]
    assert keras.seen == [(params, model, {}), *epoch, (0, both), *epoch, (1, both), with_square]
    assert squares == history.history["epoch_squared"] == [0.0, 1.0]
    assert history.epoch == [0, 1]


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_fit_stops_in_the_midst_of_an_epoch(data, argument):
    stop = LambdaCallback(on_train_batch_end=lambda batch, logs: setattr(model, "stop_training", batch == 1))
    model = network()
    assert model.fit(*data, batch_size=4, epochs=3, verbose=0, **{argument: [stop]}).epoch == []
    assert model.steps == 2
    model.fit(*data, batch_size=24, epochs=2, verbose=0, **{argument: [TerminateOnNaN()]})
    assert model.steps == 4


def test_fit_with_callbacks_that_decide(data, tmp_path):
    """The decisions of a real training are those that its own history leads to."""
    x, y = data
    model = network(rate=0.5)
    reduce = callbacks.ReduceLROnPlateau(patience=1, factor=0.5, min_delta=0.01)
    stop = EarlyStopping(patience=3, restore_best_weights=True)
    best = ModelCheckpoint(tmp_path / "{epoch:02d}-{val_loss:.3f}.nbnet", save_best_only=True)
    log, other = CSVLogger(tmp_path / "log.csv"), History()
    history = model.fit(
        x, y + np.float32(0.1) * np.sin(9 * x[:, :1]), batch_size=6, epochs=40, validation_split=0.25, verbose=0,
        hooks=[reduce, stop, best, log, other],
    )  # fmt: skip
    losses = history.history["val_loss"]
    end, best_epoch = naive.early_stopping(losses, patience=3)
    assert end is not None
    assert (len(losses), stop.stopped_epoch, stop.best_epoch) == (end + 1, end, best_epoch)
    assert model.evaluate(x[18:], (y + np.float32(0.1) * np.sin(9 * x[:, :1]))[18:])[0] == pytest.approx(min(losses))
    rates = naive.reduce_lr_on_plateau(losses, 0.5, 0.5, 1, 0.01)
    assert history.history["learning_rate"] == pytest.approx(rates)
    assert rates[-1] < rates[0]
    files = [f"{epoch + 1:02d}-{losses[epoch]:.3f}.nbnet" for epoch in naive.model_checkpoint(losses, best_only=True)]
    assert sorted(path.name for path in tmp_path.glob("*.nbnet")) == files
    for one, weight in zip(load(tmp_path / files[-1]).get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, weight)
    rows = [{name: values[epoch] for name, values in history.history.items()} for epoch in range(end + 1)]
    assert (tmp_path / "log.csv").read_bytes().decode() == naive.csv_logger(rows)
    assert other.history == history.history
    assert other.model is model


def test_history_against_the_definition():
    history = History()
    rows = [{"loss": 1.0}, {"loss": 2.0, "val_loss": 3.0}]
    for _ in range(2):
        play(history, rows, batches=4)
        assert history.history == naive.history(rows)
        assert history.epoch == [0, 1]
    assert history.params == {"verbose": 0, "epochs": 2, "steps": 4}


class Explodes(Sequential):
    """Its loss is infinite from the fourth step on."""

    def compute_loss(self, y, y_pred):
        return super().compute_loss(y, y_pred) / ops.cast(ops.mean(self.fuse), "float32")


def exploding():
    model = network(kind=Explodes)
    model.fuse = model.add_weight((1,), "ones", "fuse", trainable=False)
    return model


@pytest.mark.parametrize("callback", ["terminate_on_nan", TerminateOnNaN(raise_error=True), None])
@pytest.mark.parametrize("place", [(1, 1), (1, 0), (0, 0)])
def test_a_step_that_is_not_finite(data, callback, place, capsys):
    def burn(epoch, batch):
        if (epoch[0], batch) == place:
            weights.extend(model.layers[0].get_weights())
            model.fuse.assign(np.zeros(1, "float32"))

    epoch, weights, ended, model = [0], [], [], exploding()
    watch = LambdaCallback(
        on_epoch_begin=lambda number, logs: epoch.__setitem__(0, number),
        on_train_batch_begin=lambda batch, logs: burn(epoch, batch),
        on_train_end=lambda logs: ended.append(sorted(logs)),
    )
    where = f"epoch {place[0] + 1} of 4, batch {place[1] + 1} of 3"
    hooks = [watch] if callback is None else [callback, watch]
    if callback == "terminate_on_nan":
        history = model.fit(*data, batch_size=8, epochs=4, verbose=0, hooks=hooks)
        assert history.epoch == list(range(place[0]))
        out = capsys.readouterr().out
        assert out.startswith(f"Training stopped in {where}. ")
        assert out.endswith("Training ends here; the weights are as before this step.\n")
        assert model.stop_training
    else:
        with pytest.raises(NonFiniteError, match=f"Training stopped in {where}"):
            model.fit(*data, batch_size=8, epochs=4, verbose=0, hooks=hooks)
        assert capsys.readouterr().out == ""
    assert ended == [["loss", "mae"] if place != (0, 0) else []]  # of the epoch before, where this one has none
    assert model.steps == 3 * place[0] + place[1]
    for one, other in zip(weights, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("losses", [[1.0, float("nan"), 1.0], [1.0, float("inf")], [1.0, 2.0]])
def test_a_reported_loss_that_is_not_finite(losses, capsys):
    rows = [{"loss": loss} for loss in losses]
    assert play(TerminateOnNaN(), rows) == naive.terminate_on_nan(losses)
    bad = not np.isfinite(losses).all()
    assert ("The loss that epoch 2 reports is" in capsys.readouterr().out) == bad
    if bad:
        with pytest.raises(NonFiniteError, match="epoch 2 reports"):
            play(TerminateOnNaN(raise_error=True), rows)
    assert play(TerminateOnNaN(), [{}, {"mae": float("nan")}, {}]) == 3


def test_an_error_in_a_callback_is_signed_and_all_hear_the_end(data):
    class Breaks(Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("disk full")

    class BreaksAtTheEnd(Listener):
        def on_train_end(self, run):
            ended.append("first")
            raise KeyError("second error")

    ended = []
    last = LambdaCallback(on_train_end=lambda logs: ended.append("last"))
    with pytest.raises(RuntimeError, match="disk full") as caught:
        network().fit(*data, epochs=3, verbose=0, hooks=[Breaks(), last])
    assert caught.value.__notes__ == ["The callback Breaks raised this at on_batch_end in epoch 1 of 3."]
    with pytest.raises(KeyError, match="second error") as other:
        network().fit(*data, epochs=3, verbose=0, hooks=[BreaksAtTheEnd(), last])
    assert other.value.__notes__ == ["The callback BreaksAtTheEnd raised this at on_train_end in epoch 3 of 3."]
    with pytest.raises(KeyError, match="second error") as both:
        network().fit(*data, epochs=3, verbose=0, hooks=[BreaksAtTheEnd(), Breaks(), last])
    assert isinstance(both.value.__context__, RuntimeError)  # which ended the training
    assert ended == ["last", "first", "last", "first", "last"]


def test_tell_ends_with_the_first_error_and_tell_all_does_not():
    class Fails(Listener):
        def on_train_end(self, run):
            heard.append(self)
            raise ValueError(str(len(heard)))

    heard: list = []
    listeners = [Fails(), Fails()]
    with pytest.raises(ValueError, match="1"):
        tell(listeners, "on_train_end", Run(Model(), 1, 1))
    assert len(heard) == 1
    with pytest.raises(ValueError, match="2"):
        tell_all(listeners, "on_train_end", Run(Model(), 1, 1))
    assert len(heard) == 3
