"""Reading .npz archives, whole, damaged and hostile."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest

from nbnet.data import npz_names, read_npz
from nbnet.errors import DataError
from tests.data.hostile import header_of, mutants, npy_bytes, reads_or_refuses


@pytest.fixture
def archive(tmp_path):
    """Write a zip archive of given members."""

    def write(members, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "a.npz"
        with zipfile.ZipFile(path, "w", compression) as target:
            for name, content in members:
                target.writestr(name, content)
        return path

    return write


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saves_is_read_back(tmp_path, save):
    x, y = np.arange(12, dtype="float32").reshape(4, 3), np.arange(4)
    save(tmp_path / "a.npz", x=x, y=y)
    arrays = read_npz(tmp_path / "a.npz")
    assert list(arrays) == npz_names(tmp_path / "a.npz") == ["x", "y"]
    np.testing.assert_array_equal(arrays["x"], x)
    np.testing.assert_array_equal(arrays["y"], y)


def test_large_members_are_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("nbnet.data.reading._CHUNK", 1000)
    x = np.random.default_rng(0).integers(0, 256, 12345).astype("uint8")
    np.savez_compressed(tmp_path / "a.npz", x=x)
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz")["x"], x)


def test_named_arrays_only(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(3), other=np.array([None], object))
    assert list(read_npz(tmp_path / "a.npz", ["x"])) == ["x"]
    with pytest.raises(DataError, match=r"array 'other', holds Python objects"):
        read_npz(tmp_path / "a.npz")
    with pytest.raises(DataError, match=r"has no array 'othr'. Did you mean 'other'\?"):
        read_npz(tmp_path / "a.npz", ["othr"])


def test_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    np.savez(tmp_path / "a.npz", x=np.array([Trap()], object))
    with pytest.raises(DataError, match="never unpickles"):
        read_npz(tmp_path / "a.npz")
    assert not (tmp_path / "executed").exists()


def test_a_zip_bomb_is_refused_by_what_it_declares(archive):
    zeros = npy_bytes(header_of((10**7,), "|u1"), bytes(10**7))
    path = archive([(f"a{i}.npy", zeros) for i in range(3)])
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match=r"declares arrays of 30.0 MB; the limit is 25.0 MB"):
        read_npz(path, max_bytes=25 * 10**6)
    assert len(read_npz(path, ["a0", "a1"], max_bytes=25 * 10**6)) == 2


def test_a_bomb_that_lies_about_its_size_is_cut_off(archive):
    path = archive([("x.npy", npy_bytes(header_of((10**6,), "|u1"), bytes(10**6)))])
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 200)
    path.write_bytes(content)
    with pytest.raises(DataError, match="truncated"):
        read_npz(path, max_bytes=1000)


def test_a_header_that_declares_more_than_the_member_is_refused(archive):
    path = archive([("x.npy", npy_bytes(header_of((2**40,), "|u1"), b"123"))])
    with pytest.raises(DataError, match=r"array 'x', declares an array \(1099511627776,\) of uint8, 1.1 TB"):
        read_npz(path)
    path = archive([("x.npy", npy_bytes(header_of((10**6,), "|u1"), b"123"))])
    with pytest.raises(DataError, match="truncated"):
        read_npz(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_flipped_data_fails_its_checksum(archive, compression):
    rng = np.random.default_rng(3)
    path = archive([("x.npy", npy_bytes(header_of((4000,), "|u1"), rng.bytes(4000)))], compression)
    content = bytearray(path.read_bytes())
    content[2000] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        read_npz(path)


@pytest.mark.parametrize(("compression", "number"), [(zipfile.ZIP_BZIP2, 12), (zipfile.ZIP_LZMA, 14)])
def test_compression_that_numpy_does_not_write_is_refused(archive, compression, number):
    path = archive([("x.npy", npy_bytes(header_of((1,), "|u1"), b"x"))], compression)
    with pytest.raises(DataError, match=rf"compression method {number}; expected 0 \(stored\) or 8"):
        read_npz(path)


def test_a_member_cannot_declare_more_than_its_bytes_can_hold(archive, monkeypatch):
    path = archive([("x.npy", npy_bytes(header_of((10**9,), "|u1"), b"123"))])
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 10**9 + 128)
    path.write_bytes(content)
    monkeypatch.setattr(np, "empty", None)  # memory must not even be asked for
    with pytest.raises(DataError, match=r"cannot hold the 1.0 GB that it declares"):
        read_npz(path)


def test_other_members_and_twins_are_refused(archive):
    with pytest.raises(DataError, match=r"has the member '../evil.txt'"):
        read_npz(archive([("../evil.txt", b"x")]))
    body = npy_bytes(header_of((1,), "|u1"), b"x")
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = archive([("x.npy", body), ("x.npy", body)])
    with pytest.raises(DataError, match="two arrays 'x'"):
        read_npz(path)


def test_too_many_members_are_refused(archive):
    path = archive([(f"{i}.npy", b"") for i in range(10_001)], zipfile.ZIP_STORED)
    with pytest.raises(DataError, match="10001 members"):
        read_npz(path)


def test_an_encrypted_member_is_refused(archive):
    path = archive([("x.npy", npy_bytes(header_of((1,), "|u1"), b"x"))])
    content = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + offset] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="is encrypted"):
        read_npz(path)


def test_what_is_no_archive_is_named(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"hello world")
    with pytest.raises(DataError, match=r"no .npz archive: .* received b'hello '"):
        read_npz(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"no .npz archive"):
        read_npz(path)
    path.write_bytes(npy_bytes(header_of((1,), "|u1"), b"x"))
    with pytest.raises(DataError, match="single array"):
        read_npz(path)
    with pytest.raises(DataError, match="there is no such file"):
        read_npz(tmp_path / "gone.npz")


def test_a_truncated_archive_is_refused(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, x=np.arange(1000))
    path = tmp_path / "a.npz"
    for length in (10, 500, len(buffer.getvalue()) - 5):
        path.write_bytes(buffer.getvalue()[:length])
        with pytest.raises(DataError, match="damaged, truncated"):
            read_npz(path)


def test_a_directory_outside_the_file_is_damage(archive):
    path = archive([("x.npy", npy_bytes(header_of((1,), "|u1"), b"x"))])
    content = bytearray(path.read_bytes())
    end = content.rindex(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<I", 10**6)
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged, truncated or encrypted"):
        read_npz(path)


def test_changed_bytes_give_arrays_or_an_error(tmp_path):
    path = tmp_path / "a.npz"
    for save in (np.savez, np.savez_compressed):
        save(path, x=np.arange(12, dtype="float32").reshape(3, 4), y=np.arange(3))
        for mutant in mutants(path.read_bytes(), 300, seed=2):
            path.write_bytes(mutant)
            reads_or_refuses(read_npz, path)
