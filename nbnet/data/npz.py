"""NumPy's ``.npz`` archives (zip files of ``.npy`` members), read without ever unpickling or extracting.

A zip bomb is refused by what its members declare, before any of them is decompressed; a member that lies about its
size is cut off where it said that it ends, and fails its checksum.
"""

from __future__ import annotations

import errno
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np

from nbnet.data.npy import MAGIC, read_array
from nbnet.data.reading import DEFLATE_RATIO, MAX_BYTES, PathLike, human, opened
from nbnet.errors import DataError, suggest

__all__ = ["npz_names", "read_npz"]

_MAX_MEMBERS = 10_000
# What zipfile and the decompressors raise on damaged or hostile archives.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    ValueError,
    struct.error,
)


def read_npz(path: PathLike, names: Iterable[str] | None = None, max_bytes: int = MAX_BYTES) -> dict[str, np.ndarray]:
    """The arrays in an ``.npz`` archive.

    Parameters
    ----------
    path : path-like
        The archive.
    names : iterable of str, optional
        Read these arrays only; default all.
    max_bytes : int
        Refuse an archive whose arrays are larger in total.

    Returns
    -------
    dict of str to ndarray
        In the order of the archive, or of `names`.

    Raises
    ------
    DataError
        When the file is missing, no zip archive, damaged, truncated or encrypted, declares more than `max_bytes`,
        lacks one of `names`, or holds Python objects.

    Examples
    --------
    >>> import tempfile, os, numpy as np
    >>> path = os.path.join(tempfile.mkdtemp(), "data.npz")
    >>> np.savez_compressed(path, x=np.zeros((4, 2), "float32"), y=np.arange(4))
    >>> {name: array.shape for name, array in read_npz(path).items()}
    {'x': (4, 2), 'y': (4,)}
    """
    with _archive(path) as archive:
        members = _members(archive, path)
        wanted = list(members) if names is None else list(names)
        for name in wanted:
            if name not in members:
                raise DataError(f"'{path}' has no array {name!r}. {suggest(name, members, noun='array')}")
        _check_total([members[name] for name in wanted], path, max_bytes)
        return {name: _read(archive, members[name], f"'{path}', array {name!r},", max_bytes) for name in wanted}


def npz_names(path: PathLike) -> list[str]:
    """The names of the arrays in an ``.npz`` archive, without reading them.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of str

    Raises
    ------
    DataError
        When the file is missing, no zip archive, or holds something else than arrays.
    """
    with _archive(path) as archive:
        return list(_members(archive, path))


@contextmanager
def _archive(path: PathLike) -> Iterator[zipfile.ZipFile]:
    """Open an archive; what zipfile finds wrong with it comes out as DataError."""
    with opened(path, ".npz archive") as stream:
        _check_magic(stream.read(len(MAGIC)), path)
        stream.seek(0)
        try:
            with zipfile.ZipFile(stream) as archive:
                yield archive
        except DataError:
            raise
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            raise _damaged(path, "it refers to places outside itself") from error
        except _DAMAGE as error:
            raise _damaged(path, error) from error


def _damaged(path: PathLike, reason: object) -> DataError:
    """The error for an archive that zipfile cannot take apart."""
    return DataError(
        f"The .npz archive '{path}' is damaged, truncated or encrypted: {reason}. Write or download it again."
    )


def _check_magic(start: bytes, path: PathLike) -> None:
    """Refuse what is not a zip archive, naming what it seems to be."""
    if start[:2] == b"PK":
        return
    if start == MAGIC:
        raise DataError(f"'{path}' is a single array (.npy), not an .npz archive. Read it with nbnet.data.read_npy.")
    raise DataError(
        f"'{path}' is no .npz archive: expected it to begin with b'PK'; received {start!r}. "
        "Write it with numpy.savez or numpy.savez_compressed."
    )


def _members(archive: zipfile.ZipFile, path: PathLike) -> dict[str, zipfile.ZipInfo]:
    """Array name → member."""
    listed = archive.infolist()
    if len(listed) > _MAX_MEMBERS:
        raise DataError(f"'{path}' has {len(listed)} members; expected at most {_MAX_MEMBERS} arrays.")
    members: dict[str, zipfile.ZipInfo] = {}
    for member in listed:
        if not member.filename.endswith(".npy"):
            raise DataError(
                f"'{path}' has the member {member.filename!r}; an .npz archive has .npy members only. "
                "Write it with numpy.savez."
            )
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(
                f"'{path}' has the member {member.filename!r} with compression method {member.compress_type}; expected "
                "0 (stored) or 8 (deflated), as NumPy writes them."
            )
        name = member.filename.removesuffix(".npy")
        if name in members:
            raise DataError(f"'{path}' has two arrays {name!r}; it is damaged or not to be trusted.")
        members[name] = member
    return members


def _check_total(members: list[zipfile.ZipInfo], path: PathLike, max_bytes: int) -> None:
    """Refuse what decompresses to more than the limit."""
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise DataError(
            f"'{path}' ({human(os.path.getsize(path))}) declares arrays of {human(total)}; the limit is "
            f"{human(max_bytes)}. If you trust the file, read it with a higher max_bytes=."
        )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, max_bytes: int) -> np.ndarray:
    """One member; with its last byte zipfile compares the checksum."""
    if member.file_size > member.compress_size * DEFLATE_RATIO + 64:
        raise DataError(
            f"{where} is damaged or not to be trusted: {human(member.compress_size)} in the archive cannot hold the "
            f"{human(member.file_size)} that it declares."
        )
    with cast(zipfile.ZipExtFile, archive.open(member)) as stream:
        return read_array(stream, where, member.file_size, max_bytes)
