"""What every reader shares: opening a file, bounded reading into memory that was asked for once, and messages.

No reader executes anything from a file, and none asks for memory before the declared size was compared with the
limit and with the file.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Protocol

import numpy as np

from nbnet.errors import DataError

__all__ = ["DEFLATE_RATIO", "MAX_BYTES", "BinaryStream", "PathLike", "allocate", "byte_size", "fill", "human", "opened"]

PathLike = str | os.PathLike[str]

# A file that declares more is refused unless the caller raises the limit.
MAX_BYTES = 4 * 2**30

# The most bytes that one byte of a deflate stream can stand for (Deutsch 1996, RFC 1951: 258 bytes from 2 bits).
DEFLATE_RATIO = 1032

_CHUNK = 1 << 24


class BinaryStream(Protocol):
    """What the parsers need of a file, an archive member or a decompressor."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Read up to ``len(buffer)`` bytes into `buffer`."""


@contextmanager
def opened(path: PathLike, noun: str) -> Iterator[BufferedReader]:
    """Open a regular file for reading; failures of the file system come out as DataError with the path.

    Parameters
    ----------
    path : path-like
        The file.
    noun : str
        What is expected there, e.g. ``".npz archive"``.

    Raises
    ------
    DataError
        When there is no such file, it is a folder or a device, or it cannot be read.
    """
    try:
        place = Path(path)
        mode = place.stat().st_mode
    except FileNotFoundError as error:
        raise DataError(
            f"Expected the {noun} '{path}'; there is no such file (the current folder is '{Path.cwd()}')."
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"Expected the {noun} {str(path)!r}; it cannot be opened: {error}.") from error
    try:
        if stat.S_ISDIR(mode):
            raise DataError(f"Expected the {noun} '{place}'; it is a folder. Give the path of a file in it.")
        if not stat.S_ISREG(mode):
            raise DataError(f"Expected the {noun} '{place}'; it is not a regular file.")
        with place.open("rb") as stream:
            yield stream
    except PermissionError as error:
        raise DataError(f"The {noun} '{place}' may not be read: {error.strerror}. Check its permissions.") from error
    except OSError as error:
        raise DataError(f"The {noun} '{place}' cannot be read: {error.strerror or error}.") from error


def byte_size(shape: tuple[int, ...], itemsize: int) -> int:
    """Bytes of an array, in Python integers that do not overflow."""
    return math.prod(shape) * itemsize


def human(size: int) -> str:
    """A byte count for people: ``"1.2 MB"``."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


def allocate(shape: tuple[int, ...], dtype: np.dtype, where: str, max_bytes: int) -> np.ndarray:
    """An uninitialised array, once its size is known to be within the limit.

    Raises
    ------
    DataError
        When it is larger than `max_bytes`, or than the memory there is, or NumPy cannot have such a shape.
    """
    size = byte_size(shape, dtype.itemsize)
    if size > max_bytes:
        raise DataError(
            f"{where} declares an array {shape} of {dtype}, {human(size)}; the limit is {human(max_bytes)}. "
            "If you trust the file, read it with a higher max_bytes=."
        )
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError) as error:
        raise DataError(f"{where} declares an array {shape} of {dtype}, {human(size)}: {error}.") from error


def fill(stream: BinaryStream, array: np.ndarray) -> int:
    """Read bytes into a C-contiguous array until it is full or the stream ends; the number of bytes read."""
    if array.nbytes == 0:
        return 0
    buffer = array.reshape(-1).data.cast("B")
    done = 0
    while done < len(buffer):
        count = stream.readinto(buffer[done : done + _CHUNK])
        if not count:
            break
        done += count
    return done
