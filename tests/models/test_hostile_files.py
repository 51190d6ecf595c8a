"""Loading: what damaged, hostile or foreign files are told."""

from __future__ import annotations

import contextlib
import json
import struct
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest

import nbnet
from nbnet import Input, Model, Sequential, ops
from nbnet.errors import SavedModelError
from nbnet.layers import BatchNormalization, Dense, Normalization
from tests.models.saved import described, edited, equal, members, write


@contextlib.contextmanager
def refused(match) -> Iterator[None]:
    with pytest.raises(SavedModelError, match=match):
        yield


def test_missing_folder_and_foreign_files(tmp_path):
    with refused("There is no file"):
        nbnet.load(tmp_path / "none.nbnet")
    with refused("is a folder"):
        nbnet.load(tmp_path)
    (tmp_path / "x.nbnet").write_bytes(b"")
    with refused("x.nbnet' is empty"):
        nbnet.load(tmp_path / "x.nbnet")
    with refused("Expected the name of a .nbnet file to save to; received ''"):
        Sequential([Dense(1, input_shape=(1,))]).save("")
    for content in (b"\x89HDF\r\n", b"<!doctype html>"):
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


@pytest.fixture
def network(tmp_path):
    """The file of a model of symbols: the call of a layer, then an op."""
    path, x = tmp_path / "network.nbnet", Input((3,))
    Model(x, ops.maximum(Dense(3)(x), 0.0)).save(path)
    return path


def wiring(description):
    return description["model"]["@object"]["config"]["network"]["@object"]["config"]


def op(name, count=1, **attrs):
    """A change that puts an op at the end."""

    def change(description):
        config = wiring(description)
        place = len(config["units"])
        config["units"].append({"op": name, "inputs": [[0, 0]] * count, "attrs": attrs})
        config["outputs"] = ["symbol", place, 0]

    return change


def test_ops_as_they_should_be(network):
    edited(network, op("slice", starts=[0, 1], stops=[2, 3], steps=[1, 1]))
    assert nbnet.load(network).output_shape == (None, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (op("slice", starts=[0, 0], stops=[2, 100], steps=[1, 1]), "leaves an axis of size 3"),
        (op("slice", starts=[0, -4], stops=[2, 3], steps=[1, 1]), "leaves an axis|expects"),
        (op("broadcast", shape=[2, 10**12, 3]), "cannot repeat"),
        (op("embed", shape=[2, 10**15], starts=[0, 0], steps=[1, 1]), "GiB"),
        (op("embed", shape=[2, 4], starts=[0, 2], steps=[1, 1]), "cannot place"),
        (op("reshape", shape=[2, 4]), "not possible"),
        (op("reshape", shape=[2, 3.5]), "has the attribute 3.5"),
        (op("transpose", axes=[0, 0]), "each of the 2 axes"),
        (op("sum", axes=[5], keepdims=True), "asked for axis 5"),
        (op("sum", axis=[1]), "cannot be restored"),
        (op("cast", dtype="S100000000"), "not supported"),
        (op("concatenate", 0, axis=0), "at least one array"),
        (op("add", 3), "cannot be restored"),
        (op("formula", formula="os.system"), "cannot be restored"),
        (op("random_normal", shape=[2, 3]), "unknown op 'random_normal'"),
        (op("layer"), "unknown op 'layer'"),
        (op(3), "unknown op 3"),
        (lambda d: wiring(d)["units"][0].update(layer=7), "cannot be restored"),
        (lambda d: wiring(d)["units"][0].update(args=["tuple", ["symbol", 5, 0]]), "what does not exist"),
        (lambda d: wiring(d)["units"][0].update(args=["tuple", ["symbol", 0, 0]]), "what does not exist"),
        (lambda d: wiring(d)["units"][0].update(args=["run", 3]), "malformed"),
        (lambda d: wiring(d).update(units=[{"constant": None}]), "cannot be restored|what does not exist"),
        (lambda d: wiring(d).update(layers=[3]), "in place of a layer"),
        (lambda d: wiring(d).update(given=["symbol", 0, 0]), "too much"),
        (lambda d: wiring(d).update(given=["value", 1]), "expects inputs that are symbols"),
        (lambda d: wiring(d)["inputs"][0].update(shape=[10**30]), "more weights than its file|GiB"),
        (lambda d: wiring(d)["inputs"][0].update(dtype="U9"), "not supported"),
        (lambda d: wiring(d).pop("outputs"), "cannot be restored"),
        (lambda d: wiring(d).update(layers=[{"@same": 0}]), "cannot be restored"),
        (lambda d: wiring(d).update(layers=[{"@same": [1]}]), "cannot be restored"),
    ],
)
def test_hostile_networks(network, change, message):
    edited(network, change)
    with refused(message):
        nbnet.load(network)


def test_arrays_are_of_numbers(tmp_path):
    path = tmp_path / "m.nbnet"
    Sequential([Normalization(mean=[1.0, 2.0], variance=np.ones(2, "float16"), input_shape=(2,))]).save(path)
    assert nbnet.load(path).predict(np.ones((1, 2), "f")).tolist() == [[0.0, -1.0]]
    for dtype in ("U100000000", "V1000000000", "O"):
        edited(path, lambda d, dtype=dtype: d["model"]["@object"]["config"]["layers"][0]["@object"]["config"].update(
            mean={"@array": [dtype, [2], [0, 0]]}))  # fmt: skip
        with refused("has the dtype"):
            nbnet.load(path)


def doubled(depth):
    """Models in models, each of which is called twice by the next: a small file that asks for 2 ** depth calls."""

    def change(description):
        model = description["model"]
        call = {"layer": 0, "args": ["tuple", ["symbol", -1, 0]], "kwargs": ["dict", []]}
        for _ in range(depth):
            network = {"layers": [model], "given": ["symbol", -1, 0], "outputs": ["symbol", 1, 0],
                       "inputs": [{"shape": [3], "dtype": None, "name": "input"}],
                       "units": [call, {**call, "args": ["tuple", ["symbol", 0, 0]]}]}  # fmt: skip
            made = {"@object": {"kind": "internal", "name": "Network", "config": network}}
            config = {"network": made, "name": None, "trainable": True}
            model = {"@object": {"kind": "internal", "name": "Model", "config": config}}
        description["model"] = model

    return change


def test_a_small_file_cannot_ask_for_many_calls(network, monkeypatch):
    monkeypatch.setattr("nbnet.layers.restoring._MOST_CALLS", 2000)
    edited(network, doubled(60))
    with refused("calls layers more than 2,000 times"):
        nbnet.load(network)


def test_a_small_file_cannot_hold_many_layers(network):
    def sequential(number, *layers):
        return {"@object": {"kind": "internal", "name": "Sequential", "config": {"layers": layers}, "number": number}}

    def change(description):
        model = sequential(0, described("layer", "Dense", units=3))
        for depth in range(60):
            model = sequential(depth + 1, sequential(1000, model), sequential(1001, {"@same": depth}))
        description.update(model=model, input_shape=None)

    edited(network, change)
    with refused("too much"):  # each layer is looked at once; there are 2 ** 60 paths to the last
        nbnet.load(network)
