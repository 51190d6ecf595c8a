"""The disk cache of compiled kernels: one file a kernel, named by its key.

The folder is `$NBNET_CACHE_DIR/kernels`, or `nbnet/kernels` in the user's cache folder. What lies in it is machine code
that nbnet will run, so the folder must be private: owned by the user (or by root) and writable by nobody else, or it is
not used.

An entry is

    magic (16 bytes) | SHA-256 of the rest (32 bytes) | length of the header (4 bytes, little-endian) | header (JSON) |
    object code

and nothing of it is used before the checksum and the key in the header are verified. Entries are written under a
temporary name and renamed, so several processes may use one folder. A folder that cannot be written is read; a full
disk costs the entry only.
"""

import hashlib
import json
import logging
import os
import re
import secrets
import stat
import struct
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nbnet.errors import CacheError

MAGIC = b"nbnet kernel 01\n"
_ENTRY = re.compile(r"[0-9a-f]{64}\.nbk")
_TEMPORARY = re.compile(r"[0-9a-f]{64}\.[0-9a-f]{16}\.tmp")
_log = logging.getLogger(__name__)
_told: set[tuple[Path, str]] = set()  # a process says each thing once


@dataclass(frozen=True)
class Entry:
    """What the cache keeps of a kernel: its name, the symbol to call, the symbols it imports, and its object code."""

    name: str
    symbol: str
    imports: tuple[str, ...]
    code: bytes


class CacheInfo(NamedTuple):
    """The state of the cache: its folder, how many entries and bytes it holds, and whether it can be written."""

    path: Path
    entries: int
    bytes: int
    writable: bool


def folder() -> Path:
    """The folder of the cache; it need not exist yet."""
    if chosen := os.environ.get("NBNET_CACHE_DIR"):
        return Path(chosen).expanduser() / "kernels"
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nbnet" / "kernels"


def _distrust(path: Path) -> str | None:
    """Why the folder's content must not be run, or None. It must exist."""
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode):
        return "it is not a folder"
    if os.name != "posix":
        return None  # the user's profile folder is private by its access list
    if state.st_uid not in (os.geteuid(), 0):
        return f"it belongs to user id {state.st_uid}"
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others may write it (mode {stat.S_IMODE(state.st_mode):04o})"
    return None


def _trusted(path: Path) -> bool:
    """Whether the folder exists and may be used; says once why not."""
    try:
        reason = _distrust(path)
    except OSError:
        return False
    if reason and (path, "distrust") not in _told:
        _told.add((path, "distrust"))
        warnings.warn(
            f"nbnet does not use its kernel cache {path}: {reason}, so its machine code cannot be trusted. Kernels are "
            "compiled anew in every run; remove the folder, or set NBNET_CACHE_DIR to a folder of your own (mode 0700)",
            RuntimeWarning,
            stacklevel=2,
        )
    return reason is None


def encode(key: str, entry: Entry) -> bytes:
    """The content of an entry's file."""
    header = json.dumps(
        {"key": key, "name": entry.name, "symbol": entry.symbol, "imports": list(entry.imports)}
    ).encode()
    rest = struct.pack("<I", len(header)) + header + entry.code
    return MAGIC + hashlib.sha256(rest).digest() + rest


def decode(key: str, content: bytes) -> Entry | None:
    """The entry in a file's content, or None when the content is damaged or belongs to another key."""
    start = len(MAGIC) + hashlib.sha256().digest_size
    rest = content[start:]
    if content[: len(MAGIC)] != MAGIC or hashlib.sha256(rest).digest() != content[len(MAGIC) : start]:
        return None
    (size,) = struct.unpack_from("<I", rest)
    header = json.loads(rest[4 : 4 + size])
    if header["key"] != key:
        return None
    return Entry(header["name"], header["symbol"], tuple(header["imports"]), rest[4 + size :])


def read(key: str) -> Entry | None:
    """The entry of a key, or None when there is none, or it is damaged, or the folder is not to be trusted."""
    path = folder()
    if not _trusted(path):
        return None
    try:
        content = (path / f"{key}.nbk").read_bytes()
    except OSError:
        return None
    entry = decode(key, content)
    if entry is None and (path, "damaged") not in _told:
        _told.add((path, "damaged"))
        _log.warning(
            "the kernel cache's entry %s is damaged and will be compiled anew, as will others like it",
            path / f"{key}.nbk",
        )
    return entry


def write(key: str, entry: Entry) -> bool:
    """Keep an entry, replacing one of the same key; False when the folder does not take it, which is no error."""
    path = folder()
    temporary = path / f"{key}.{secrets.token_hex(8)}.tmp"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _trusted(path):
            return False
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with open(handle, "wb") as file:
                file.write(encode(key, entry))
            os.replace(temporary, path / f"{key}.nbk")
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        if (path, "full") not in _told:
            _told.add((path, "full"))
            _log.warning(
                "the kernel cache %s cannot be written (%s), so kernels are compiled anew in every run",
                path,
                error.strerror or error,
            )
        return False
    return True


def _files(path: Path, pattern: re.Pattern[str]) -> list[Path]:
    """The folder's files whose names match."""
    try:
        return [file for file in path.iterdir() if pattern.fullmatch(file.name) and file.is_file()]
    except OSError:
        return []


def info() -> CacheInfo:
    """The state of the cache, for `nbnet cache info`."""
    path = folder()
    files = _files(path, _ENTRY)
    nearest = next((parent for parent in (path, *path.parents) if parent.exists()), path)
    writable = os.access(nearest, os.W_OK | os.X_OK) and (nearest != path or _distrust(path) is None)
    return CacheInfo(path, len(files), sum(file.stat().st_size for file in files), writable)


def clear() -> tuple[int, int]:
    """
    Remove all entries; files that nbnet did not write stay.

    Returns
    -------
    (int, int)
        How many entries were removed, and their size in bytes.

    Raises
    ------
    CacheError
        When the folder's files cannot be removed.
    """
    path = folder()
    entries = _files(path, _ENTRY)
    size = sum(file.stat().st_size for file in entries)
    try:
        for file in entries + _files(path, _TEMPORARY):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise CacheError(
            f"the kernel cache {path} could not be cleared: {error}; check the folder's permissions"
        ) from error
    return len(entries), size
