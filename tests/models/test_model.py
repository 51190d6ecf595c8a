"""Models: compile, single steps, evaluate, predict, train_step of one's own, and bad data."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest

import nbnet
from nbnet import Model, Sequential, losses, ops, set_seed
from nbnet.compiler import reuse
from nbnet.compiler.compile import compile_graph
from nbnet.errors import (
    DataError,
    NonFiniteError,
    NotBuiltError,
    SavedModelError,
    ShapeError,
    TraceError,
    UnknownNameError,
)
from nbnet.layers import BatchNormalization, Dense, Dropout
from nbnet.models.batches import rows_at_once
from nbnet.optimizers import SGD, Adam


def classifier(**options):
    model = Sequential([Dense(8, activation="relu", input_shape=(4,)), Dense(3, activation="softmax")])
    model.compile(**{"optimizer": SGD(0.1), "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"],
                     "run_eagerly": True, **options})  # fmt: skip
    return model


@pytest.fixture
def data(rng):
    return rng.normal(size=(50, 4)).astype("float32"), rng.integers(0, 3, 50)


def test_train_on_batch_is_one_step_of_gradient_descent(rng):
    model = Sequential([Dense(2, input_shape=(3,))])
    model.compile(SGD(0.5), "mse", run_eagerly=True)
    x, y = rng.normal(size=(6, 3)).astype("float32"), rng.normal(size=(6, 2)).astype("float32")
    kernel, bias = model.get_weights()
    error = x @ kernel + bias - y
    loss = model.train_on_batch(x, y)
    assert loss == pytest.approx(np.mean(error**2), rel=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], kernel - 0.5 * x.T @ error / 6, rtol=1e-4)
    np.testing.assert_allclose(model.get_weights()[1], bias - 0.5 * error.sum(axis=0) / 6, rtol=1e-4)
    assert (model.steps, model.optimizer.iterations) == (1, 1)


def test_compiled_training_follows_the_references(data):
    x, y = data
    found = []
    for eager in (True, False):
        model = Sequential(
            [Dense(8, input_shape=(4,)), BatchNormalization(), Dropout(0.25), Dense(3, activation="softmax")]
        )
        model.compile(SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=eager)
        reported = [model.train_on_batch(x, y) for _ in range(3)]
        found.append([*reported, model.evaluate(x, y), *model.get_weights()])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=1e-5)


def test_evaluate_does_not_depend_on_the_batch_size(data):
    model = classifier()
    expected = model.evaluate(*data, batch_size="full", return_dict=True)
    for batch_size in (1, 7, 50, 1000, None):
        found = model.evaluate(*data, batch_size=batch_size, return_dict=True)
        assert found == pytest.approx(expected, rel=1e-6)
    assert model.evaluate(*data) == pytest.approx(list(expected.values()))
    assert model.test_on_batch(*data, return_dict=True) == pytest.approx(expected)
    only_loss = classifier(metrics=None)
    assert isinstance(only_loss.evaluate(*data), float)
    assert model.steps == 0


def test_predict_does_not_depend_on_the_batch_size(data):
    model = classifier()
    expected = model.predict_on_batch(data[0])
    for batch_size in (1, 7, 1000, "full", None):
        np.testing.assert_allclose(model.predict(data[0], batch_size=batch_size), expected, rtol=1e-6)


def test_predict_needs_no_compile_and_builds():
    model = Sequential([Dense(2)])
    assert model.predict([[1.0, 2.0], [3.0, 4.0]]).shape == (2, 2)


@pytest.mark.parametrize("width", [4, 2500])
def test_predict_looks_at_every_call_as_at_the_first(rng, width):
    """A second call with the same shape takes a shorter way; of many numbers the step itself sees which are finite."""
    x = rng.normal(size=(4, width)).astype("float32")
    model = Sequential([Dense(2, input_shape=(x.shape[1],))])
    first = model.predict(x)
    looked = []
    keep, model._ensure_built = model._ensure_built, lambda samples: looked.append(1) or keep(samples)
    np.testing.assert_array_equal(model.predict(x), first)
    np.testing.assert_array_equal(model.predict(x + 1), model.predict((x + 1).tolist()))
    assert len(looked) == 1  # the list
    for bad in (np.nan, np.inf, -np.inf):
        for position in (0, width - 1):
            broken = x.copy()
            broken[2, position] = bad
            with pytest.raises(DataError, match="sample 2"):
                model.predict(broken)
    large = np.full_like(x, 1e30)  # its sum of squares is not finite
    assert np.isfinite(model.predict(large)).all()
    with pytest.raises(ShapeError, match="expects input"):
        model.predict(x[:, :1])
    np.testing.assert_allclose(model.predict(x.astype("float64")), first, rtol=1e-5)
    np.testing.assert_array_equal(model.predict(np.asfortranarray(x)), first)
    model.predict(x)
    model.layers[0].trainable = False  # the step is traced anew
    np.testing.assert_array_equal(model.predict(x), first)
    model.add(Dense(3))
    assert model.predict(x).shape == (4, 3)
    model.layers[0].set_weights([0 * weights for weights in model.layers[0].get_weights()])
    assert not model.predict(x).any()
    while model.layers:
        model.pop()
    model.add(Dense(2, input_shape=(x.shape[1] + 1,)))
    with pytest.raises(ShapeError, match="Give the first layer the input_shape of the data"):
        model.predict(x)


def test_many_vectors_are_predicted_at_once(rng):
    model = Sequential([Dense(2, input_shape=(3,))])
    sizes = []
    run, model._run = model._run, lambda kind, x: sizes.append(len(x)) or run(kind, x)
    x = rng.normal(size=(2500, 3)).astype("float32")
    np.testing.assert_allclose(model.predict(x), model.predict(x, batch_size="full"), rtol=1e-5)
    assert sizes == [1024, 1024, 452, 2500]
    model.predict(x)
    assert sizes[4:] == [1024, 1024, 452]
    assert rows_at_once(np.zeros((3000, 2, 2))) == 256


def test_evaluate_prints_when_asked(data, capsys):
    classifier().evaluate(*data, verbose=1)
    assert "loss" in capsys.readouterr().out


def test_accuracy_is_compared_with_zero_behind_hinge_and_logits():
    x, y = np.array([[-2.0], [-0.1], [0.2], [3.0]], "float32"), np.array([-1, -1, 1, 1])
    for loss, labels in (("hinge", y), (losses.BinaryCrossentropy(from_logits=True), (y + 1) // 2)):
        model = Sequential([Dense(1, kernel_initializer="ones", input_shape=(1,))])
        model.compile("sgd", loss, ["accuracy"], run_eagerly=True)
        assert model.evaluate(x, labels, return_dict=True)["accuracy"] == 1.0


@pytest.mark.parametrize("eager", [True, False])
def test_frozen_layers_stay(data, eager):
    model = classifier(run_eagerly=eager)
    model.train_on_batch(*data)
    model.layers[0].trainable = False  # takes effect at once
    before = model.get_weights()
    model.train_on_batch(*data)
    after = model.get_weights()
    assert [np.array_equal(a, b) for a, b in zip(before, after, strict=True)] == [True, True, False, False]


class Penalised(Sequential):
    """A training step of one's own from public parts alone."""

    def train_step(self, x, y):
        y_pred = self(x, training=True)
        penalty = ops.sum(ops.square(self.weights[0]))
        loss = self.compute_loss(y, y_pred) + 0.1 * penalty
        weights = self.trainable_weights
        self.optimizer.apply(loss, nbnet.gradients(loss, weights), weights)
        self.update_metrics(y, y_pred)
        return {"loss": loss, "penalty": penalty}


def test_train_step_may_be_overridden(data):
    model = Penalised([Dense(3, activation="softmax", input_shape=(4,))])
    model.compile(SGD(0.1), "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=True)
    history = model.fit(*data, epochs=5, verbose=0)
    assert list(history.history) == ["loss", "penalty", "accuracy"]
    assert history.history["penalty"][-1] < history.history["penalty"][0]


def test_two_optimizers_in_a_model_of_ones_own(rng):
    class Pair(Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = Dense(1), Dense(1)
            self.second = SGD(0.0)

        def call(self, x):
            return self.left(x) + self.right(x)

        def train_step(self, x, y):
            loss = self.compute_loss(y, self(x))
            for optimizer, layer in ((self.optimizer, self.left), (self.second, self.right)):
                optimizer.apply(loss, nbnet.gradients(loss, layer.weights), layer.weights)
            return {"loss": loss}

    model = Pair()
    model.compile(Adam(0.1), "mse", run_eagerly=True)
    x = rng.normal(size=(20, 2)).astype("float32")
    y = x.sum(axis=1)
    model.fit(x, y, epochs=1, verbose=0)
    frozen = model.right.get_weights()
    history = model.fit(x, y, epochs=40, verbose=0)
    np.testing.assert_array_equal(model.right.get_weights()[0], frozen[0])
    assert history.history["loss"][-1] < 0.1 * history.history["loss"][0]
    assert [layer.name for layer in model.layers] == ["left", "right"]
    assert [weight.name for weight in model.weights] == ["left/kernel", "left/bias", "right/kernel", "right/bias"]


def test_training_without_targets(rng):
    class Shrink(Sequential):
        def train_step(self, x, y):
            assert y is None
            loss = ops.mean(ops.square(self(x)))
            self.optimizer.apply(loss, nbnet.gradients(loss, self.weights), self.weights)
            return {"loss": loss}

    model = Shrink([Dense(2, input_shape=(3,))])
    model.compile(SGD(0.1), run_eagerly=True)
    losses_seen = model.fit(rng.normal(size=(10, 3)), epochs=5, verbose=0).history["loss"]
    assert losses_seen[-1] < losses_seen[0]


@pytest.mark.parametrize("eager", [True, False])
def test_a_step_that_is_not_finite_harms_nothing(eager):
    model = Sequential([Dense(4, input_shape=(4,)), BatchNormalization(), Dense(3, activation="softmax")])
    model.compile(Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=eager)
    x, y = np.ones((8, 4), "float32"), np.arange(8) % 3
    x[:, 1] = np.arange(8)
    model.train_on_batch(x, y)
    before = model.get_weights()
    with pytest.raises(NonFiniteError, match=r"op '\w+' in (dense|batch_normalization)"):
        model.train_on_batch(x * np.float32(4e37), y)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)  # moving averages too
    assert (model.steps, model.optimizer.iterations) == (1, 1)
    model.train_on_batch(x, y)


X = np.zeros((6, 4), "float32")
Y = np.zeros(6, "int64")


def changed(array, at, value):
    array = array.copy()
    array[at] = value
    return array


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (np.zeros((6, 5)), Y, ShapeError, r"Dense 'dense' expects input \(batch, 4\); received \(6, 5\)"),
        (np.zeros((6, 2, 2)), Y, ShapeError, r"x.reshape\(-1, 4\)"),
        (np.zeros(4), Y, ShapeError, r"x\[None\]"),
        (X, Y[:5], DataError, "6 samples in x and 5 targets in y"),
        (X[:0], Y[:0], DataError, "x: expected at least one sample"),
        (3.0, Y, DataError, "received the number 3.0"),
        (changed(X, (3, 2), np.nan), Y, DataError, r"x: .* received NaN at sample 3, position \(2,\) \(1 of 24"),
        (changed(X, (0, 1), np.inf), Y, DataError, r"received inf at sample 0, position \(1,\)"),
        (X, changed(Y.astype("float64"), 2, np.nan), DataError, "y: .* received NaN at sample 2"),
        (X, changed(Y, 4, 3), DataError, r"labels from 0 to 2.*received 3 at y\[4\]"),
        (X, np.eye(3)[Y], ShapeError, "categorical_crossentropy"),
        (np.full((6, 4), "a"), Y, DataError, "x: expected numbers; received text"),
        ([[1, 2], [3]], Y, DataError, "samples of one shape"),
        (np.ma.masked_array(X, mask=X == 0), Y, DataError, "masked"),
        (X, None, ShapeError, "needs targets"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch"])
def test_bad_data(x, y, error, message, method):
    model = classifier()
    before = model.get_weights()
    with pytest.raises(error, match=message):
        getattr(model, method)(x, y)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_position_of_a_nan_in_much_data():
    x = np.zeros((600, 2000), "float32")
    x[555, 1234] = np.nan
    model = Sequential([Dense(1, input_shape=(2000,))])
    with pytest.raises(DataError, match=r"NaN at sample 555, position \(1234,\)"):
        model.predict(x)


def test_before_compile():
    model = Sequential([Dense(3, input_shape=(4,))])
    for method in (model.fit, model.evaluate, model.train_on_batch):
        with pytest.raises(NotBuiltError, match=r"model.compile\(optimizer='adam'"):
            method(X, Y)
    with pytest.raises(UnknownNameError, match="adam"):
        model.compile("adm", "mse")
    with pytest.raises(UnknownNameError, match="accuracy"):
        model.compile("adam", "mse", ["accuraci"])
    with pytest.raises(TypeError, match="optimiser"):
        model.compile(optimiser="adam")
    assert (model.optimizer, model.loss, model.compiled) == (None, None, False)
    model.compile("adam")
    with pytest.raises(NotBuiltError, match="has no loss"):
        model.train_on_batch(X, Y)


def test_run_eagerly_shows_numbers(data, capsys):
    class Look(Dense):
        def call(self, x):
            print("mean", float(ops.mean(x)))
            return super().call(x)

    for options in ({}, {"input_shape": (4,)}):
        model = Sequential([Look(3, activation="softmax", **options)])
        assert not model.built
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
        model.train_on_batch(*data)
        assert f"mean {data[0].mean():.3f}"[:9] in capsys.readouterr().out
    model = Sequential([Look(3, activation="softmax")])
    with pytest.raises(TraceError, match=r"test_model.py.*run_eagerly=True"):
        model.predict(data[0])


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "all", True])
def test_wrong_batch_size(batch_size, data):
    with pytest.raises(DataError, match="at least 1, or 'full'"):
        classifier().fit(*data, batch_size=batch_size)


class _Two(nbnet.Model):
    """Two layers of one class, as attributes."""

    def __init__(self):
        super().__init__()
        self.first = Dense(3)
        self.second = Dense(2)

    def call(self, x):
        return self.second(self.first(x))


def test_layers_of_a_subclass_are_called_as_its_attributes():
    model = _Two()
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert "first (Dense)" in lines[0]
    assert "second (Dense)" in lines[0]
    model.build((None, 4))
    assert [layer.name for layer in model.layers] == ["first", "second"]
    assert model.get_layer("second") is model.second


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_of_a_fitted_model(twin):
    x, y = np.linspace(0, 1, 12, dtype=np.float32).reshape(4, 3), np.ones((4, 2), np.float32)
    model = _Two()
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    other = twin(model)
    for one in (model, other):
        one.fit(x, y, verbose=0)
    np.testing.assert_array_equal(other.predict(x), model.predict(x))
    assert other.steps == model.steps == 2


def test_a_model_with_two_functions_of_one_name_is_not_copied():
    model = nbnet.Sequential([Dense(2, activation=lambda x: x), Dense(2, activation=lambda x: x + 1)])
    with pytest.raises(SavedModelError, match="<lambda>"):
        copy.deepcopy(model)


def test_equal_models_share_a_plan_and_nothing_else(monkeypatch, data):
    compiled = []
    cache = reuse.PlanCache(compile=lambda graph, target: compiled.append(graph) or compile_graph(graph, target))
    monkeypatch.setattr(reuse, "_cache", cache)

    def trained(seed, rate, hidden=5):
        set_seed(seed)
        model = Sequential([Dense(hidden, activation="relu", input_shape=(4,)), Dropout(0.3), Dense(3, "softmax")])
        model.compile(Adam(rate), "sparse_categorical_crossentropy", ["accuracy"])
        model.fit(*data, epochs=2, batch_size=25, verbose=0)
        return model, [model.evaluate(*data), *model.get_weights()]

    try:
        settings = [(1, 0.1), (2, 0.1), (1, 0.2), (1, 0.1, 6)]
        alone = []
        for setting in settings:
            cache.clear()
            alone.append(trained(*setting)[1])
        cache.clear()
        before = len(compiled)
        together = [trained(*setting) for setting in settings]
        assert len(compiled) - before == 2 * before // len(settings)  # two architectures
        for one, (_, other) in zip(alone, together, strict=True):
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)
        for model, _ in together:
            (plan,) = [found.plan for found in model._functions["test"]._plans.values()]
            assert {variable.name for variable in plan.variables} >= {item.name for item in model.weights}
            layers = {origin.layer for entry in plan.entries for origin in entry.origins}
            assert layers >= {model.layers[0].name, model.layers[2].name}
    finally:
        set_seed(0)


def test_two_threads_predict_batches_of_other_sizes(rng):
    """Each gets the predictions of its own samples, whoever prepared the quick way last."""
    model = nbnet.Sequential([nbnet.layers.Input((6,)), nbnet.layers.Dense(4)])
    batches = [rng.normal(size=(size, 6)).astype("f4") for size in (3, 900)]
    expected = [model.predict(x, verbose=0) for x in batches]
    wrong = []

    def work(x, wanted):
        for number in range(40):
            found = model.predict(x[: len(x) - number % 2], verbose=0)  # another shape each time: prepared anew
            if not np.array_equal(found, wanted[: len(found)]) or len(found) != len(x) - number % 2:
                wrong.append(found.shape)

    workers = [threading.Thread(target=work, args=pair) for pair in zip(batches, expected, strict=True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def test_steps_that_report_other_names(rng):
    class Own(nbnet.Sequential):
        def train_step(self, x, y):
            return {"loss": super().train_step(x, y)["loss"], "extra": ops.mean(x)}

        def test_step(self, x, y):
            super().test_step(x, y)
            return {"distance": ops.mean(ops.abs(y))}

    model = Own([nbnet.layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(8, 3)).astype("f4"), rng.normal(size=(8, 1)).astype("f4")
    history = model.fit(x, y, epochs=2, validation_data=(x, y), verbose=0).history
    assert set(history) == {"loss", "extra", "val_distance"}
    assert np.isfinite(list(history.values())).all()
