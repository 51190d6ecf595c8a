"""Reading IDX files, plain and gzipped, whole, damaged and hostile."""

import gzip
import struct

import numpy as np
import pytest

from nbnet.data import read_idx
from nbnet.errors import DataError
from tests.data.hostile import mutants, reads_or_refuses

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}


def idx_bytes(array, code=None, extents=None):
    """An IDX file, with another type or other extents than the array has if wanted."""
    shape = array.shape if extents is None else extents
    code = CODES[array.dtype.newbyteorder(">").str.replace("|", "")] if code is None else code
    return (
        struct.pack(f">BBBB{len(shape)}I", 0, 0, code, len(shape), *shape)
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


IMAGES = np.arange(24, dtype="uint8").reshape(2, 3, 4)


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "float32", "float64"])
def test_all_types(tmp_path, dtype, compress):
    array = np.arange(-6, 6).astype(dtype).reshape(3, 2, 2)
    path = tmp_path / "a-idx"
    path.write_bytes(compress(idx_bytes(array)))
    result = read_idx(path)
    np.testing.assert_array_equal(result, array)
    assert result.dtype == np.dtype(dtype)


def test_an_empty_array(tmp_path):
    (tmp_path / "a").write_bytes(idx_bytes(np.zeros((0, 28, 28), "uint8")))
    assert read_idx(tmp_path / "a").shape == (0, 28, 28)


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\0", "wrong magic number"),
        (b"\x89PNG\r\n\x1a\n", "received 89 50 4e 47"),
        (idx_bytes(IMAGES, code=0x0A), "wrong magic number: .* received 00 00 0a 03"),
        (idx_bytes(IMAGES, extents=()), "announces 0 axes"),
        (idx_bytes(IMAGES)[:10], "announces 3 axes"),
        (idx_bytes(IMAGES)[:-1], r"is truncated: its header declares \(2, 3, 4\) of uint8, 24 bytes"),
        (idx_bytes(IMAGES) + b"x", r"bytes follow the 24 that its header \(2, 3, 4\) declares"),
        (idx_bytes(IMAGES, extents=(2**32 - 1,) * 3), "the limit is 4.3 GB|truncated"),
        (idx_bytes(IMAGES, extents=(2**31, 1)), "truncated"),
        (idx_bytes(np.zeros(1, "uint8"), extents=(1,) * 255), "declares an array"),
    ],
)
def test_damaged_and_hostile_files_are_refused(tmp_path, content, words, compress):
    path = tmp_path / "images"
    path.write_bytes(compress(content))
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path)
    assert "images" in str(caught.value)


def test_an_empty_file(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(DataError, match="an empty file"):
        read_idx(tmp_path / "a")


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((20, 1000, 1000), "uint8")), 9))
    monkeypatch.setattr(np, "empty", None)  # memory must not even be asked for
    with pytest.raises(DataError, match=r"20.0 MB; the limit is 10.0 MB"):
        read_idx(path, max_bytes=10 * 10**6)


def test_a_gzip_bomb_behind_a_small_header_is_not_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros(10**7, "uint8"), extents=(4,)), 9))
    seen = []
    original = gzip.GzipFile.read

    def counted(self, size=-1):
        result = original(self, size)
        seen.append(len(result))
        return result

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    with pytest.raises(DataError, match="bytes follow"):
        read_idx(path)
    assert sum(seen) < 100


def test_a_small_gzip_file_cannot_declare_gigabytes(tmp_path, monkeypatch):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(idx_bytes(IMAGES, extents=(2**31,))))
    monkeypatch.setattr(np, "empty", None)
    with pytest.raises(DataError, match="the file cannot hold them"):
        read_idx(path)


@pytest.mark.parametrize("cut", [5, 15, -1, -8])
def test_truncated_gzip(tmp_path, cut):
    whole = gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 256, (50, 8, 8)).astype("uint8")))
    (tmp_path / "a.gz").write_bytes(whole[:cut])
    with pytest.raises(DataError, match=r"damaged or truncated|wrong magic"):
        read_idx(tmp_path / "a.gz")


def test_a_wrong_checksum(tmp_path):
    whole = bytearray(gzip.compress(idx_bytes(IMAGES)))
    whole[-6] ^= 1
    (tmp_path / "a.gz").write_bytes(whole)
    with pytest.raises(DataError, match="CRC"):
        read_idx(tmp_path / "a.gz")


def test_changed_bytes_give_an_array_or_an_error(tmp_path):
    path = tmp_path / "a"
    for content in (idx_bytes(IMAGES), gzip.compress(idx_bytes(IMAGES))):
        for mutant in mutants(content, 300, seed=3):
            path.write_bytes(mutant)
            reads_or_refuses(read_idx, path)
