"""Reading .npy files, whole, damaged and hostile."""

import os
import pickle

import numpy as np
import pytest

from nbnet.data import read_npy
from nbnet.errors import DataError
from tests.data.hostile import header_of, mutants, npy_bytes, reads_or_refuses


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="float32").reshape(2, 3),
        np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
        np.arange(5, dtype=">i4"),
        np.arange(5, dtype=">f8")[:, None],
        np.array(7, "int64"),
        np.zeros((0, 3), "uint8"),
        np.array([True, False]),
        np.array(["cat", "dogs"]),
        np.arange(3, dtype="float16"),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_what_numpy_saves_is_read_back(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    result = read_npy(tmp_path / "a.npy")
    np.testing.assert_array_equal(result, array)
    assert result.shape == array.shape
    assert result.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_all_format_versions_are_read(tmp_path, version):
    path = tmp_path / "a.npy"
    with path.open("wb") as stream:
        np.lib.format.write_array(stream, np.arange(4.0), version=version)
    np.testing.assert_array_equal(read_npy(path), np.arange(4.0))


def test_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    np.save(tmp_path / "a.npy", np.array([Trap(), None], object), allow_pickle=True)
    with pytest.raises(DataError, match="Python objects"):
        read_npy(tmp_path / "a.npy")
    assert not (tmp_path / "executed").exists()


BODY = np.arange(6, dtype="<f4").tobytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no .npy data"),
        (b"\x93NUM", "no .npy data"),
        (b"PK\x03\x04" + b"\0" * 50, "no .npy data"),
        (pickle.dumps([1, 2]), "no .npy data"),
        (npy_bytes(header_of((2, 3)), BODY[:-1]), r"is truncated: its header declares \(2, 3\) of float32, 24 bytes"),
        (npy_bytes(header_of((2, 3)), BODY + b"x"), "more than one array"),
        (npy_bytes(header_of((2, 3)), BODY, version=(9, 9)), r"format version \(9, 9\)"),
        (npy_bytes(header_of((2, 3)))[:9], "truncated inside its header"),
        (npy_bytes(header_of((2, 3)))[:-5], "truncated inside its header"),
        (npy_bytes(header_of((2, 3)), BODY, version=(2, 0), length=2**32 - 1), "header of 4294967295 bytes"),
        (npy_bytes(header_of((2, 3)) + " " * 20_000, BODY), "header of 2"),
        (npy_bytes("{'descr': '<f4'}", BODY), "expected descr, fortran_order and shape"),
        (npy_bytes("__import__('os').abort()", BODY), "damaged header"),
        (npy_bytes("(" * 5000, BODY), "damaged header"),
        (npy_bytes("[" * 5000, BODY), "damaged header"),
        (npy_bytes(b"\xff\xfe{}", BODY), "damaged header"),
        (npy_bytes(header_of([2, 3]), BODY), "its shape is"),
        (npy_bytes(header_of((-2, 3)), BODY), "its shape is"),
        (npy_bytes(header_of((True, 6)), BODY), "its shape is"),
        (npy_bytes(header_of((2.0, 3)), BODY), "its shape is"),
        (npy_bytes(header_of((2, 3), order=1), BODY), "fortran_order is 1"),
        (npy_bytes(header_of((2, 3), descr="|O"), BODY), "never unpickles"),
        (npy_bytes(header_of((2, 3), descr="<c8"), BODY), "dtype '<c8'"),
        (npy_bytes(header_of((2, 3), descr="<V4"), BODY), "dtype '<V4'"),
        (npy_bytes(header_of((2, 3), descr="<M8[D]"), BODY), "dtype"),
        (npy_bytes(header_of((2, 3), descr=[("a", "<f4")]), BODY), "dtype"),
        (npy_bytes(header_of((2, 3), descr=7), BODY), "dtype '7'"),
        (npy_bytes(header_of((10**6, 10**6)), BODY), r"4.0 TB; the limit is 4.3 GB. .* max_bytes="),
        (npy_bytes(header_of((2**62, 2**62)), BODY), "the limit is"),
        (npy_bytes(header_of((0, 2**70)), b""), "declares an array"),
        (npy_bytes(header_of((1,) * 100, descr="|u1"), b"x"), "declares an array"),
    ],
)
def test_damaged_and_hostile_files_are_refused(tmp_path, content, words):
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_npy(path)
    assert "a.npy" in str(caught.value)


def test_the_limit_can_be_set(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(1000, "uint8"))
    assert read_npy(tmp_path / "a.npy", max_bytes=1000).size == 1000
    with pytest.raises(DataError, match=r"1.0 kB; the limit is 999 bytes"):
        read_npy(tmp_path / "a.npy", max_bytes=999)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(DataError, match=r"Expected the .npy file '.*gone.npy'; there is no such file"):
        read_npy(tmp_path / "gone.npy")
    with pytest.raises(DataError, match="it is a folder"):
        read_npy(tmp_path)
    with pytest.raises(DataError, match="cannot be opened"):
        read_npy("a\0b.npy")
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(DataError, match="not a regular file"):
        read_npy(tmp_path / "pipe.npy")


def test_changed_bytes_give_an_array_or_an_error(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.arange(12, dtype="float32").reshape(3, 4))
    for mutant in mutants(path.read_bytes(), 300, seed=1):
        path.write_bytes(mutant)
        reads_or_refuses(read_npy, path)
