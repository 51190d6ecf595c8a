"""Files of weights that are damaged, built to do harm, or pickles."""

from __future__ import annotations

import json
import pickle
import struct
import zipfile

import h5py
import numpy as np
import pytest

from nbnet.errors import SavedModelError
from tests.models.foreign_files import dense, keras2_file, keras_archive, keras_file, row, same, torch_file


@pytest.fixture
def path(tmp_path):
    return keras_file(tmp_path / "x.weights.h5", {"layers/dense": dense(2, 2), "layers/dense_1": dense(2, 2)})


@pytest.fixture
def refused():
    """Loading fails with a message, and changes nothing."""

    def check(path, match):
        model = row(2)
        before = model.get_weights()
        with pytest.raises(SavedModelError, match=match):
            model.load_weights(path)
        assert same(model.get_weights(), before)

    return check


def replaced(path, make, name="layers/dense/vars/0"):
    """Another node in place of one in a file."""
    with h5py.File(path, "a") as root:
        del root[name]
        make(root, name)


def test_links_out_of_the_file_are_not_followed(path, tmp_path, refused):
    with h5py.File(tmp_path / "secret.h5", "w") as root:
        root["key"] = np.ones((2, 2), "float32")
    replaced(path, lambda root, name: root.__setitem__(name, h5py.ExternalLink("secret.h5", "key")))
    refused(path, r"'/layers/dense/vars'/0 is a link to another place \(ExternalLink\)")
    replaced(path, lambda root, name: root.__setitem__(name, h5py.SoftLink("/layers/dense_1/vars/0")))
    refused(path, "SoftLink")
    replaced(path, lambda root, name: root.__setitem__(name, h5py.ExternalLink("secret.h5", "/")), "layers/dense_1")
    refused(path, "Link")


def test_numbers_kept_in_other_files_are_not_read(path, tmp_path, refused):
    (tmp_path / "secret").write_bytes(bytes(16))
    external = [(str(tmp_path / "secret"), 0, 16)]
    replaced(path, lambda root, name: root.create_dataset(name, (2, 2), "float32", external=external))
    refused(path, "keeps its numbers in another file")
    layout = h5py.VirtualLayout((2, 2), "float32")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "key", (2, 2))
    replaced(path, lambda root, name: root.create_virtual_dataset(name, layout))
    refused(path, "keeps its numbers in another file")


@pytest.mark.parametrize("options", [
    {}, {"chunks": (1 << 10, 1 << 10)}, {"chunks": (1 << 10, 1 << 10), "compression": "gzip", "fillvalue": 1.0},
])  # fmt: skip
def test_arrays_that_declare_more_than_there_is(path, refused, options):
    replaced(path, lambda root, name: root.create_dataset(name, (1 << 20, 1 << 20), "float32", **options))
    refused(path, r"declares 4,398,046,511,104 bytes, for which the file has 0")


def test_a_small_array_in_a_large_piece(path, refused):
    def make(root, name):
        whole = root.create_dataset(
            name, (2, 2), "float32", chunks=(1 << 13, 1 << 12), maxshape=(None, None), compression="gzip"
        )
        whole[:] = 1

    replaced(path, make)
    refused(path, "declares 16 bytes")


@pytest.mark.parametrize(
    "value", ["text", np.array(b"bytes"), np.array([(1, 2.0)], "i4,f4"), np.complex64(1), h5py.Empty("float32")]
)
def test_arrays_of_other_things(path, refused, value):
    replaced(path, lambda root, name: root.create_dataset(name, data=value))
    refused(path, "no array|not of numbers")


def test_groups_in_circles_and_in_place_of_arrays(path, refused):
    replaced(path, lambda root, name: root.__setitem__(name, root["layers"]))
    refused(path, "is no array")
    with h5py.File(path, "a") as root:
        root["layers/dense/again"] = root["/"]
    replaced(path, lambda root, name: root.__setitem__(name, np.ones((2, 2))))
    refused(path, "nested deeper")


def test_a_group_of_very_many(path, refused, monkeypatch):
    monkeypatch.setattr("nbnet.models.foreign.hdf5._MAX_ENTRIES", 1)
    refused(path, "2 entries, which no model needs")


def test_texts_that_are_none(path, refused, monkeypatch):
    with h5py.File(path, "a") as root:
        root["layers/dense/vars"].attrs["name"] = np.arange(3)
    row(2).load_weights(path)
    with h5py.File(path, "a") as root:
        root["layers/dense/vars"].attrs["name"] = b"\xff\x1b[31m"
        root["layers/extra/vars/0"] = 1.0
        root["layers/extra/vars"].attrs["name"] = b"\xff\x1b[31m"
    refused(path, r"No layer takes 'layers/extra' \(0")
    with h5py.File(path, "a") as root:
        root["layers/dense/vars"].attrs["name"] = "other"
    refused(path, r"No layer takes 'layers/extra' '\?\?\[31m' \(0")
    monkeypatch.setattr("nbnet.models.foreign.hdf5._MAX_TEXTS", 1)
    refused(path, "attribute 'name'")


@pytest.mark.parametrize(("change", "message"), [
    (lambda root: root.attrs.__setitem__("layer_names", [b"dense", b"none"]), "names the layer 'none'"),
    (lambda root: root["dense"].attrs.__setitem__("weight_names", [b"kernel:0", b"../x"]), r"the weight '\.\./x'"),
    (lambda root: root.__setitem__("dense/bias:0", h5py.SoftLink("/")), "is a link"),
    (lambda root: root.attrs.__setitem__("layer_names", [b"dense/kernel:0"]), "names the layer"),
])  # fmt: skip
def test_keras_2_files_that_name_what_is_not_there(tmp_path, refused, change, message):
    weights = {"kernel:0": np.ones((2, 2)), "bias:0": np.ones(2)}
    path = keras2_file(tmp_path / "x.h5", {"dense": weights, "last": weights}, group=None)
    row(2).load_weights(path)
    with h5py.File(path, "a") as root:
        if isinstance(root.get("dense/bias:0"), h5py.Dataset) and "link" in message:
            del root["dense/bias:0"]
        change(root)
    refused(path, message)


def test_cut_off_and_flipped(path, tmp_path, refused):
    content = path.read_bytes()
    expected = row(2)
    expected.load_weights(path)
    broken = tmp_path / "broken.h5"
    for size in range(8, len(content) - 1, 331):
        broken.write_bytes(content[:size])
        refused(broken, "damaged or cut off|holds no weights")
    rng = np.random.default_rng(0)
    for at in rng.integers(8, len(content), 150):
        damaged = bytearray(content)
        damaged[at] ^= 1 << int(rng.integers(8))
        broken.write_bytes(damaged)
        model = row(2)
        before = model.get_weights()
        try:
            model.load_weights(broken)
        except SavedModelError:
            assert same(model.get_weights(), before)  # HDF5 has no checksum for arrays: other numbers are not noticed


def test_archives(tmp_path, refused):
    layers = {"layers/dense": dense(2, 2), "layers/dense_1": dense(2, 2)}
    path = keras_archive(tmp_path / "m.keras", layers, zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("padding", bytes(1 << 16))
    refused(path, "is compressed")
    content = keras_archive(path, layers).read_bytes()
    for size in range(0, len(content) - 1, 977):
        path.write_bytes(content[:size])
        refused(path, "damaged or cut off|is none of")
    at = content.rindex(b"PK\x01\x02")
    damaged = bytearray(content)
    struct.pack_into("<II", damaged, at + 20, 0xF0000000, 0xF0000000)
    path.write_bytes(damaged)
    refused(path, "larger than the file")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", b"no HDF5")
    refused(path, "damaged or cut off")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("model.weights.h5", b"no HDF5")
    refused(path, "2 times")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", b"")
    refused(path, "0 times")
    refused(path.rename(tmp_path / "m.nbnet"), "was not written by nbnet")


class Boom:
    def __reduce__(self):
        return exec, ("raise SystemExit('executed')",)


@pytest.mark.parametrize(("name", "protocol"), [("m.pt", 0), ("m.pth", 2), ("m.bin", 4), ("model", 5)])
def test_pickles_are_not_executed(tmp_path, refused, name, protocol):
    path = tmp_path / name
    path.write_bytes(pickle.dumps({"weight": Boom()}, protocol))
    refused(path, r"is a pickle.*\n.*\n.*weights_only=True\), '(m|model)\.safetensors'")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Boom()))
    refused(path, "is a pickle")


def test_tensors_that_lie(tmp_path, refused):
    path = tmp_path / "m.safetensors"

    def write(header, data=b"", length=None):
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)

    for length in (1 << 62, 1 << 30, 200):
        write({}, length=length)
        refused(path, "header claims")
    write({"a.weight": {"dtype": "F32", "shape": [1 << 40, 2], "data_offsets": [0, 16]}}, bytes(16))
    refused(path, "does not fit the bytes")
    write({"a.weight": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}, bytes(1))
    refused(path, "malformed")
    path.write_bytes(b"")
    refused(path, "is cut off")
    arrays = {
        f"{n}.{name}": np.ones(shape, "float32") for n in (0, 1) for name, shape in (("weight", (2, 2)), ("bias", 2))
    }
    content = torch_file(path, arrays).read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        refused(path, "cut off|header claims|no JSON|does not fit the bytes")


def test_a_header_that_begins_like_a_pickle(tmp_path):
    arrays = {
        f"{n}.{name}": np.ones(shape, "float32") for n in (0, 1) for name, shape in (("weight", (2, 2)), ("bias", 2))
    }
    path = torch_file(tmp_path / "m.safetensors", arrays)
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    wanted = 0x280
    path.write_bytes(wanted.to_bytes(8, "little") + content[8 : 8 + size].ljust(wanted) + content[8 + size :])
    model = row(2)
    model.load_weights(path)
    assert same(model.get_weights(), [np.ones((2, 2)), np.ones(2)] * 2)


def test_what_is_no_file_of_weights(tmp_path, refused):
    refused(tmp_path / "none.h5", "There is no file")
    refused(tmp_path, "cannot be read")
    path = tmp_path / "x.weights.h5"
    path.write_bytes(b"<!doctype html>")
    refused(path, r"begins with b'<!doctyp' and is none of")
    with h5py.File(path, "w") as root:
        root["x"] = 1
    refused(path, "no weights where Keras keeps them")
