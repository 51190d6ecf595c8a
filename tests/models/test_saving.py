"""Saving and loading: what comes back, and what happens where a file cannot be written."""

from __future__ import annotations

import errno
import io
import json
import os
import struct
import zipfile

import numpy as np
import pytest

import nbnet
from nbnet import Data, Perceptron, Sequential, losses, ops, registry
from nbnet.errors import SavedModelError
from nbnet.layers import Dense, Layer
from nbnet.models import archive
from nbnet.optimizers import SGD, RMSprop
from nbnet.preprocessing import Standardize
from nbnet.schedules import ExponentialDecay
from tests.models.saved import equal, members, samples, trained


class Scale(Layer):
    def __init__(self, start="ones", **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), self.start, "factor")

    def call(self, x):
        return x * self.factor


def cube(x):
    return x * x * x


def absolute(y_true, y_pred):
    return ops.abs(y_true - y_pred)


def test_everything_comes_back(tmp_path):
    model = trained()
    model.save(tmp_path / "model.nbnet")
    found = nbnet.load(tmp_path / "model.nbnet")
    x, y = samples()
    assert equal(model, found)
    assert found.name == "everything"
    assert [layer.name for layer in found.layers] == [layer.name for layer in model.layers]
    assert [weight.name for weight in found.weights] == [weight.name for weight in model.weights]
    assert len(found.trainable_weights) == len(model.trainable_weights) < len(model.weights)
    np.testing.assert_array_equal(found.predict(x), model.predict(x))
    assert found.evaluate(x, y) == model.evaluate(x, y)
    assert found.optimizer.get_config() == model.optimizer.get_config()
    assert found.optimizer.iterations == 6
    for one, other in zip(model.trainable_weights, found.trainable_weights, strict=True):
        for name, slot in model.optimizer.slots(one).items():
            np.testing.assert_array_equal(slot.numpy(), found.optimizer.slots(other)[name].numpy())


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1),
        SGD(ExponentialDecay(0.1, 10, 0.5), momentum=0.9, nesterov=True),
        RMSprop(centered=True, momentum=0.1),
        "adam",
    ],
)
@pytest.mark.parametrize(
    "loss", [losses.SparseCategoricalCrossentropy(from_logits=False), 0.7 * losses.MSE() + 0.3 * losses.MAE(), "mse"]
)
def test_compile_settings_come_back(tmp_path, optimizer, loss):
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile(optimizer, loss, ["mae", nbnet.metrics.BinaryAccuracy(threshold=0.25, name="side")], run_eagerly=True)
    model.optimizer.iterations = 7
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet")
    assert found.run_eagerly
    assert repr(found.loss) == repr(model.loss)
    assert found.optimizer.learning_rate == model.optimizer.learning_rate
    assert str(found.optimizer.get_config()) == str(model.optimizer.get_config())
    assert [metric.name for metric in found.metrics] == ["mae", "side"]
    assert found.metrics[1].threshold == 0.25


def test_a_learning_rate_that_was_set_is_saved(tmp_path):
    model = trained()
    model.optimizer.learning_rate = 0.125
    model.save(tmp_path / "m.nbnet")
    assert nbnet.load(tmp_path / "m.nbnet").optimizer.learning_rate == 0.125


def test_equal_models_give_equal_bytes(tmp_path, file):
    trained().save(tmp_path / "again.nbnet")
    nbnet.load(file).save(tmp_path / "loaded.nbnet")
    assert file.read_bytes() == (tmp_path / "again.nbnet").read_bytes() == (tmp_path / "loaded.nbnet").read_bytes()


def test_what_is_in_the_file(file):
    content = members(file)
    assert list(content) == ["model.json", "weights.safetensors", "optimizer.safetensors"]
    description = json.loads(content["model.json"])
    assert description["nbnet"] == nbnet.__version__
    assert description["plugins"] == []
    size = struct.unpack("<Q", content["weights.safetensors"][:8])[0]
    names = set(json.loads(content["weights.safetensors"][8 : 8 + size]))
    assert names >= {"first/kernel", "inner/dense/kernel", "batch_normalization/moving_mean"}


def test_not_built_or_not_compiled(tmp_path):
    Sequential([Dense(3)]).save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet")
    assert not found.built
    assert not found.compiled
    built = Sequential([Dense(3)])
    built.build((None, 2))
    built.save(tmp_path / "m.nbnet")
    assert equal(nbnet.load(tmp_path / "m.nbnet"), built)


def test_perceptron(tmp_path):
    model = Perceptron(learning_rate=0.5)
    model.run_eagerly = True
    x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    model.fit(x, [0, 1, 1, 1], verbose=0)
    model.save(tmp_path / "p.nbnet")
    found = nbnet.load(tmp_path / "p.nbnet")
    assert isinstance(found, Perceptron)
    np.testing.assert_array_equal(found.predict(x).ravel(), [0, 1, 1, 1])


def test_class_names_and_preprocessing(tmp_path, rng):
    x, y = rng.normal(5, 2, size=(30, 4)), rng.integers(0, 2, 30)
    data = Data((x, y), preprocess=Standardize(), class_names=["no", "yes"])
    model = Sequential([Dense(2, input_shape=(4,))])
    model.remember(data)
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet")
    assert found.class_names == ("no", "yes")
    np.testing.assert_allclose(found.preprocess(x), data.train[0], rtol=1e-6)
    assert found.input_spec == data.input_spec
    model.remember(Data((x, y), preprocess=lambda x: x / 2))
    model.save(tmp_path / "m.nbnet")
    with pytest.raises(SavedModelError, match=r"<lambda>.*is Python code and not in the file"):
        nbnet.load(tmp_path / "m.nbnet").preprocess(x)


def test_custom_objects(tmp_path):
    model = Sequential([Scale("normal", input_shape=(3,)), Dense(1, activation=cube)])
    model.compile("sgd", absolute, [absolute], run_eagerly=True)
    model.save(tmp_path / "m.nbnet")
    with pytest.raises(SavedModelError) as caught:
        nbnet.load(tmp_path / "m.nbnet")
    for part in ("'Scale'", "'absolute'", "custom_objects=", "--plugin"):
        assert part in str(caught.value) or part == "'Scale'"
    known = {"Scale": Scale, "cube": cube, "absolute": absolute}
    found = nbnet.load(tmp_path / "m.nbnet", custom_objects=known)
    assert equal(found, model)
    assert found.layers[0].start == "normal"
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(found.predict(x), model.predict(x))
    assert found.evaluate(x, [1, 2]) == model.evaluate(x, [1, 2])
    with pytest.raises(SavedModelError, match=r"'Scale'.*'cube'"):
        nbnet.load(tmp_path / "m.nbnet", custom_objects={"absolute": absolute})
    with pytest.raises(SavedModelError, match="expected to be a class"):
        nbnet.load(tmp_path / "m.nbnet", custom_objects={**known, "Scale": cube})


def test_parts_of_a_plugin(tmp_path):
    registry.activations.names()
    before = registry.activations.snapshot()
    registry.activations.register("cube", cube, "nbnet-cube")
    try:
        Sequential([Dense(1, activation="cube", input_shape=(2,))]).save(tmp_path / "m.nbnet")
        assert json.loads(members(tmp_path / "m.nbnet")["model.json"])["plugins"] == ["nbnet-cube"]
        assert nbnet.load(tmp_path / "m.nbnet").layers[0].activation is cube
    finally:
        registry.activations.restore(before)
    with pytest.raises(SavedModelError, match="activation 'cube' of the plugin 'nbnet-cube', which is not loaded"):
        nbnet.load(tmp_path / "m.nbnet")


def test_a_model_class_of_ones_own(tmp_path):
    class Mine(Sequential):
        def __init__(self, units=3):
            super().__init__([Dense(units, input_shape=(2,))])
            self.units = units

    model = Mine(units=5)
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet", {"Mine": Mine})
    assert found.units == 5
    assert equal(found, model)


@pytest.mark.parametrize("value", [object(), {1: 2}, np.zeros(1 << 21)])
def test_arguments_that_cannot_be_saved(tmp_path, value):
    class Odd(Layer):
        def __init__(self, value):
            super().__init__()

        def call(self, x):
            return x

    with pytest.raises(SavedModelError, match="argument"):
        Sequential([Odd(value)]).save(tmp_path / "m.nbnet")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written(tmp_path):
    model = trained()
    with pytest.raises(SavedModelError, match=r"one \.nbnet file"):
        model.save(tmp_path / "model.h5")
    with pytest.raises(SavedModelError, match="no folder"):
        model.save(tmp_path / "missing" / "m.nbnet")
    (tmp_path / "folder.nbnet").mkdir()
    with pytest.raises(SavedModelError, match="could not be saved"):
        model.save(tmp_path / "folder.nbnet")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.nbnet"]


@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, where):
    path = tmp_path / "m.nbnet"
    model = trained()
    model.save(path)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    if where == "write":
        monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    elif where == "fsync":
        monkeypatch.setattr(archive.os, "fsync", full)
    else:
        monkeypatch.setattr(archive.Path, "replace", full)
    with pytest.raises(SavedModelError, match="No space left on device"):
        model.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.nbnet"]


def test_saving_does_not_disturb_training(tmp_path):
    model = trained()
    before = model.get_weights()
    model.save(tmp_path / "m.nbnet")
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert io.BytesIO((tmp_path / "m.nbnet").read_bytes()).read(2) == b"PK"
    assert os.stat(tmp_path / "m.nbnet").st_mode & 0o077 == (0o666 & ~_umask()) & 0o077


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_layers_that_were_built_before_they_got_their_names(rng, tmp_path):
    x = rng.normal(size=(4, 3)).astype("float32")
    first, second = Dense(3), Dense(3)
    second(first(x))  # both are called dense here
    model = nbnet.Sequential([first, second])
    model.save(tmp_path / "m.nbnet")
    np.testing.assert_array_equal(nbnet.load(tmp_path / "m.nbnet").predict(x), model.predict(x))


def test_two_functions_of_one_name_are_refused(tmp_path):
    model = nbnet.Sequential([Dense(3, activation=lambda z: z * 2, input_shape=(2,)), Dense(1, activation=lambda z: z)])
    with pytest.raises(SavedModelError, match="different parts of the name '<lambda>'"):
        model.save(tmp_path / "m.nbnet")
    assert not (tmp_path / "m.nbnet").exists()


class TwoNetworks(nbnet.Model):
    """Its call leaves a layer and a network to another method."""

    def __init__(self):
        super().__init__()
        self.used = Dense(2)
        self.other = Dense(3)
        self.judge = nbnet.Sequential([Dense(4, activation="relu"), Dense(1)])

    def call(self, x):
        return self.used(x)

    def extra(self, x):
        return self.judge(self.other(x))


def test_layers_that_call_does_not_use_come_back_too(rng, tmp_path):
    x = rng.normal(size=(4, 5)).astype("float32")
    model = TwoNetworks()
    model(x)
    expected = model.extra(x)
    model.save(tmp_path / "m.nbnet")
    again = nbnet.load(tmp_path / "m.nbnet", custom_objects={"TwoNetworks": TwoNetworks})
    np.testing.assert_array_equal(again.extra(x), expected)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    unused = TwoNetworks()
    unused.extra(x)
    unused.save(tmp_path / "n.nbnet")
    found = nbnet.load(tmp_path / "n.nbnet", custom_objects={"TwoNetworks": TwoNetworks})
    np.testing.assert_array_equal(found.extra(x), unused.extra(x))
