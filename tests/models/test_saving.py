"""Saving and loading: what comes back, and what damaged, hostile or foreign files are told."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import struct
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest

import nbnet
from nbnet import Data, Perceptron, Sequential, losses, ops, registry
from nbnet.errors import SavedModelError
from nbnet.layers import Activation, BatchNormalization, Dense, Dropout, Flatten, Input, Layer, Rescaling
from nbnet.models import archive
from nbnet.optimizers import SGD, Adam, RMSprop
from nbnet.preprocessing import Standardize
from nbnet.schedules import ExponentialDecay


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


def trained(optimizer=None, loss="sparse_categorical_crossentropy", metrics=("accuracy",)):
    model = Sequential([
        Input((2, 3), dtype="float64"),
        Rescaling([0.5, 1.0, 2.0], offset=-0.25),
        Flatten(),
        Dense(5, activation="relu", kernel_initializer=nbnet.initializers.HeNormal(seed=3), name="first"),
        BatchNormalization(momentum=0.5),
        Dropout(0.1),
        Sequential([Dense(4, use_bias=False), Activation("tanh")], name="inner"),
        Dense(3, activation="softmax"),
    ], name="everything")  # fmt: skip
    model.layers[2].trainable = False
    model.compile(optimizer or Adam(0.01, amsgrad=True), loss, metrics, run_eagerly=True)
    x, y = samples()
    model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    return model


def samples():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 2, 3)), rng.integers(0, 3, 20)


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.nbnet"
    trained().save(path)
    return path


def members(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def write(path, content, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in content.items() if isinstance(content, dict) else content:
            opened.writestr(name, data)


def edited(path, change) -> None:
    """Change the description in a file."""
    content = members(path)
    description = json.loads(content["model.json"])
    change(description)
    content["model.json"] = json.dumps(description).encode()
    write(path, content)


def described(kind, name, **config):
    """An object as a file describes it."""
    return {"@object": {"kind": kind, "name": name, "config": config}}


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


# -- writing ------------------------------------------------------------------------------------------------------


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


# -- reading ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def refused(match) -> Iterator[None]:
    with pytest.raises(SavedModelError, match=match):
        yield


def test_missing_folder_and_foreign_files(tmp_path):
    with refused("There is no file"):
        nbnet.load(tmp_path / "none.nbnet")
    with refused("is a folder"):
        nbnet.load(tmp_path)
    for content in (b"", b"\x89HDF\r\n", b"<!doctype html>"):
        (tmp_path / "x.nbnet").write_bytes(content)
        with refused("is not a saved nbnet model: it begins with"):
            nbnet.load(tmp_path / "x.nbnet")


def test_cut_off_anywhere(file, tmp_path):
    content = file.read_bytes()
    cut = tmp_path / "cut.nbnet"
    for size in [*range(4, len(content), 97), len(content) - 1]:
        cut.write_bytes(content[:size])
        with refused("damaged or cut off|was changed"):
            nbnet.load(cut)


def test_flipped_bytes_are_found(file, tmp_path):
    content = file.read_bytes()
    broken = tmp_path / "broken.nbnet"
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(content), 150):
        damaged = bytearray(content)
        damaged[at] ^= 1 << int(rng.integers(8))
        broken.write_bytes(damaged)
        try:
            found = nbnet.load(broken)
        except SavedModelError:
            continue
        assert equal(found, nbnet.load(file))  # a bit that carries nothing, such as a date


@pytest.mark.parametrize("name", ["../model.json", "/etc/passwd", "model.py", "weights.safetensors/x", "C:\\x"])
def test_foreign_members(file, name):
    write(file, {**members(file), name: b"x"})
    with refused("was not written by nbnet"):
        nbnet.load(file)


def test_zip_bomb_and_duplicates(file):
    content = members(file)
    write(file, {**content, "weights.safetensors": bytes(50 << 20)}, zipfile.ZIP_DEFLATED)
    assert file.stat().st_size < 1 << 20
    with refused("is compressed"):
        nbnet.load(file)
    with pytest.warns(UserWarning, match="Duplicate"):
        write(file, [*content.items(), ("model.json", b"{}")])
    with refused("a member twice"):
        nbnet.load(file)
    write(file, {"weights.safetensors": b""})
    with refused("has no model.json"):
        nbnet.load(file)
    write(file, {**content, "model.json": b" " * ((16 << 20) + 1)})
    with refused("larger than 16 MiB"):
        nbnet.load(file)


def test_sizes_that_lie(file):
    content = bytearray(file.read_bytes())
    at = content.index(b"PK\x01\x02")  # first entry of the central directory: both sizes are made huge
    struct.pack_into("<II", content, at + 20, 0xF0000000, 0xF0000000)
    file.write_bytes(content)
    with refused("larger than the file"):
        nbnet.load(file)


def tensors(header, data=b"", length=None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"abc", "is cut off"),
        (tensors(b"{}", length=1 << 62), "header claims"),
        (tensors(b"{not json"), "no JSON"),
        (tensors(b"[" * 100_000), "no JSON|no table"),
        (tensors(b"[]"), "no table"),
        (tensors(b'{"a": 1, "a": 2}'), "stands twice"),
        (
            tensors({"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 4]}}, bytes(4)),
            "does not fit the bytes",
        ),
        (tensors({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}}, bytes(4)), "malformed"),
        (tensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, bytes(4)), "does not fit"),
        (tensors({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}, bytes(2)), "malformed"),
        (tensors({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, bytes(4)), "malformed|does not fit"),
        (tensors({"a": 3}), "malformed"),
        (
            tensors({k: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for k in "ab"}, bytes(4)),
            "share bytes",
        ),
        (tensors({}), "more weights than its file|lacks"),
    ],
)
@pytest.mark.parametrize("member", ["weights.safetensors", "optimizer.safetensors"])
def test_hostile_tensors(file, member, content, message):
    if member == "optimizer.safetensors" and content == tensors({}):
        return  # an optimizer without state is in order
    write(file, {**members(file), member: content})
    with refused(message):
        nbnet.load(file)


def test_weights_of_another_shape_or_name(tmp_path):
    small, path = Sequential([Dense(2, input_shape=(3,))]), tmp_path / "m.nbnet"
    small.save(path)
    content = members(path)
    for other, message in (
        (Sequential([Dense(3, input_shape=(2,), use_bias=True)]), r"has 'dense/kernel' as float32 \(2, 3\)"),
        (Sequential([Dense(2, input_shape=(3,), name="other")]), "lacks 'dense/bias'"),
        (Sequential([Dense(2, input_shape=(3,), dtype="float64")]), "as float64"),
        (Sequential([Dense(2, input_shape=(3,)), BatchNormalization()]), "too much"),
    ):
        other.save(tmp_path / "other.nbnet")
        write(path, {**content, "weights.safetensors": members(tmp_path / "other.nbnet")["weights.safetensors"]})
        with refused(message):
            nbnet.load(path)


def test_a_small_file_cannot_ask_for_much_memory(tmp_path):
    path = tmp_path / "m.nbnet"
    Sequential([Dense(2, input_shape=(3,))]).save(path)

    def grow(description):
        layer = description["model"]["@object"]["config"]["layers"][0]["@object"]["config"]
        layer["units"], layer["input_shape"] = 1 << 30, [1 << 30]

    edited(path, grow)
    with refused("more weights than its file"):
        nbnet.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format=2, nbnet="9.1.0"), r"nbnet 9\.1\.0 in format 2; this is nbnet .*Update nbnet"),
        (lambda d: d.update(format="1"), "not the description of a model"),
        (lambda d: d.pop("state"), "malformed"),
        (lambda d: d["state"].update(steps=-1), "counter 'steps' is -1"),
        (lambda d: d["state"].update(epochs="many"), "counter 'epochs'"),
        (lambda d: d.update(model=3), "holds a int, not a model"),
        (lambda d: d.update(model=described("layer", "Dense", units=3)), "holds a Dense"),
        (lambda d: d.update(model={"@run": "os.system"}), "unknown mark '@run'"),
        (lambda d: d.update(model={"@object": "x"}), "malformed"),
        (lambda d: d.update(model=described("custom", "os.system")), "'os.system', which is not"),
        (lambda d: d.update(model={"@object": {"kind": "internal", "name": "Sequential", "config": {"layers": [3]}}}),
         "received 3"),
        (lambda d: d["compile"].update(optimizer={"@object": {"kind": "optimizer", "name": "adam",
                                                              "config": {"learning_rate": -1}}}), "learning rate"),
        (lambda d: d["compile"].update(loss={"@object": {"kind": "loss", "name": "msee", "config": {}}}), "'msee'"),
        (lambda d: d.update(preprocess={"steps": [{"class": "Popen", "config": {}}]}), "Popen"),
        (lambda d: d.update(input_spec={"shape": "x"}), "input specification"),
    ],
)  # fmt: skip
def test_hostile_descriptions(file, change, message):
    edited(file, change)
    with refused(message):
        nbnet.load(file)


@pytest.mark.parametrize("shape", [[None, "a"], [None, -3], [None, 2.5], 3, [], [None, None]])
def test_hostile_input_shapes(tmp_path, shape):
    path = tmp_path / "m.nbnet"
    model = Sequential([Dense(2)])
    model.build((None, 3))
    model.save(path)
    edited(path, lambda d: d.update(input_shape=shape))
    with refused("cannot be loaded"):
        nbnet.load(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000])
def test_descriptions_that_are_none(file, content):
    write(file, {**members(file), "model.json": content})
    with refused("description"):
        nbnet.load(file)


def test_encrypted_members(file):
    content = bytearray(file.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature)
        content[at + offset] |= 1
    file.write_bytes(content)
    with refused("is encrypted"):
        nbnet.load(file)


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
