"""The disk cache: nothing damaged, foreign or half-written is ever used, and no folder stops nbnet from working."""

import ctypes
import errno
import os
import stat

import numpy as np
import pytest

from nbnet.errors import CacheError
from nbnet.kernels import cache, jit
from nbnet.kernels.memory import view_float64, word

KEY, OTHER = "0123456789abcdef" * 4, "f" * 64
ENTRY = cache.Entry("matmul", "nbnet_matmul", ("expf", "tanhf"), b"\x7fELF" + bytes(range(256)))
posix = pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NBNET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_told", set())
    return tmp_path / "cache" / "kernels"


def entry_file(folder, key=KEY):
    return folder / f"{key}.nbk"


def test_an_entry_comes_back_as_it_went(folder):
    assert cache.read(KEY) is None
    assert cache.write(KEY, ENTRY)
    assert cache.read(KEY) == ENTRY
    assert cache.read(OTHER) is None
    assert cache.write(KEY, cache.Entry("matmul", "nbnet_matmul", (), b"new"))
    assert cache.read(KEY).code == b"new"
    assert [file.name for file in folder.iterdir()] == [f"{KEY}.nbk"]


def test_every_flipped_bit_is_recognised():
    content = cache.encode(KEY, ENTRY)
    assert cache.decode(KEY, content) == ENTRY
    for place in range(len(content)):
        for bit in (1, 128):
            damaged = bytearray(content)
            damaged[place] ^= bit
            assert cache.decode(KEY, bytes(damaged)) is None, place


def test_every_truncation_and_extension_is_recognised():
    content = cache.encode(KEY, ENTRY)
    for length in range(len(content)):
        assert cache.decode(KEY, content[:length]) is None, length
    assert cache.decode(KEY, content + b"\0") is None


def test_an_entry_under_another_key_is_not_used(folder):
    cache.write(KEY, ENTRY)
    os.rename(entry_file(folder), entry_file(folder, OTHER))
    assert cache.read(OTHER) is None


def number_kernel(words, start, stop):
    view_float64(word(words, 0), 1)[0] = 17.0


def run(compiled):
    out = np.zeros(1)
    words = np.array([out.ctypes.data], np.int64)
    ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 3)(compiled.address)(words.ctypes.data, 0, 1)
    return out[0]


@pytest.mark.parametrize("harm", ["flip", "truncate", "empty"])
def test_a_damaged_kernel_is_compiled_anew_and_replaced(harm, folder, caplog):
    good = jit.compile_c(number_kernel)
    file = entry_file(folder, good.key)
    content = bytearray(file.read_bytes())
    if harm == "flip":
        content[-1] ^= 1
    file.write_bytes(content[: {"flip": None, "truncate": len(content) // 2, "empty": 0}[harm]])
    again = jit.compile_c(number_kernel)
    assert not again.hit
    assert "damaged" in caplog.text
    assert run(again) == 17.0
    assert jit.compile_c(number_kernel).hit


def works_without_the_disk():
    """A kernel compiles and runs, and nothing is kept."""
    compiled = jit.compile_c(number_kernel)
    return run(compiled) == 17.0 and not compiled.hit and not jit.compile_c(number_kernel).hit


@posix
def test_the_folder_and_its_entries_are_private(folder):
    before = os.umask(0)
    try:
        cache.write(KEY, ENTRY)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(entry_file(folder).stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_is_not_used(mode, folder):
    cache.write(KEY, ENTRY)
    folder.chmod(mode)
    with pytest.warns(RuntimeWarning, match=f"others may write it .mode {mode:04o}.*NBNET_CACHE_DIR"):
        assert cache.read(KEY) is None
    assert cache.write(OTHER, ENTRY) is False  # said once
    assert works_without_the_disk()
    assert not cache.info().writable
    folder.chmod(0o755)
    assert cache.read(KEY) == ENTRY


@posix
def test_a_folder_of_another_user_is_not_used(folder, monkeypatch):
    cache.write(KEY, ENTRY)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1000)
    if folder.stat().st_uid == 0:
        os.chown(folder, 4321, -1)
    with pytest.warns(RuntimeWarning, match="belongs to user id"):
        assert cache.read(KEY) is None
    assert works_without_the_disk()


@posix
def test_a_link_in_place_of_the_folder_is_not_used(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.warns(RuntimeWarning, match="not a folder"):
        assert cache.write(KEY, ENTRY) is False
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_in_place_of_the_folder_costs_the_cache_only(folder):
    folder.parent.mkdir()
    folder.write_bytes(b"")
    with pytest.warns(RuntimeWarning, match="not a folder"):
        assert cache.read(KEY) is None
    assert works_without_the_disk()
    assert cache.info()[1:] == (0, 0, False)
    assert cache.clear() == (0, 0)


def failing(code):
    def fail(*args, **options):
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_folder_that_takes_no_files_is_still_read(code, folder, monkeypatch):
    kept = jit.compile_c(number_kernel)
    monkeypatch.setattr(os, "open", failing(code))
    assert cache.write(OTHER, ENTRY) is False
    assert cache.read(kept.key) is not None
    assert jit.compile_c(number_kernel).hit


def test_a_folder_that_cannot_be_made_costs_the_cache_only(monkeypatch):
    monkeypatch.setattr(os, "mkdir", failing(errno.EROFS))
    assert works_without_the_disk()


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_disk_that_fills_up_leaves_no_rest(step, folder, monkeypatch):
    cache.write(OTHER, ENTRY)
    if step == "replace":
        monkeypatch.setattr(os, "replace", failing(errno.ENOSPC))
    else:
        monkeypatch.setattr(cache, "encode", failing(errno.ENOSPC))
    assert cache.write(KEY, ENTRY) is False
    assert [file.name for file in folder.iterdir()] == [f"{OTHER}.nbk"]


def test_clear_removes_what_nbnet_wrote_and_nothing_else(folder):
    cache.write(KEY, ENTRY)
    cache.write(OTHER, ENTRY)
    (folder / f"{KEY}.0123456789abcdef.tmp").write_bytes(b"left by a process that was killed")
    others = ["notes.txt", "short.nbk", f"{KEY}.txt", f"{KEY}.tmp"]
    for name in others:
        (folder / name).write_text("mine")
    (folder / f"{'a' * 64}.nbk").mkdir()
    size = 2 * len(cache.encode(KEY, ENTRY))
    assert cache.info() == (folder, 2, size, True)
    assert cache.clear() == (2, size)
    assert sorted(file.name for file in folder.iterdir()) == sorted([*others, f"{'a' * 64}.nbk"])
    assert cache.clear() == (0, 0)


def test_clear_says_why_it_cannot(folder, monkeypatch):
    cache.write(KEY, ENTRY)
    monkeypatch.setattr("pathlib.Path.unlink", failing(errno.EACCES))
    with pytest.raises(CacheError, match="could not be cleared"):
        cache.clear()


def test_info_of_a_cache_that_is_not_there_yet(folder):
    assert cache.info() == (folder, 0, 0, True)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "base/nbnet/kernels"),
        ("win32", "LOCALAPPDATA", "base/nbnet/kernels"),
        ("darwin", None, "home/Library/Caches/nbnet/kernels"),
        ("linux", None, "home/.cache/nbnet/kernels"),
        ("win32", None, "home/AppData/Local/nbnet/kernels"),
    ],
)
def test_the_default_folder_is_the_users_cache(platform, variable, expected, tmp_path, monkeypatch):
    for name in ("NBNET_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path / "home")
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "base"))
    assert cache.folder() == tmp_path / expected
