"""IDX files, plain or gzipped: the format of MNIST and its relatives.

Two zero bytes, a type byte, the number of axes, one big-endian 32-bit extent for each axis, then the numbers.

References
----------
LeCun, Cortes and Burges (1998), The MNIST database of handwritten digits, "File formats".
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib

import numpy as np

from nbnet.data.reading import DEFLATE_RATIO, MAX_BYTES, BinaryStream, PathLike, allocate, byte_size, fill, opened
from nbnet.errors import DataError

__all__ = ["looks_like_idx", "read_idx"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"


def read_idx(path: PathLike, max_bytes: int = MAX_BYTES) -> np.ndarray:
    """The array in an IDX file; gzip compression is recognised by content, not by name.

    Parameters
    ----------
    path : path-like
        The file.
    max_bytes : int
        Refuse an array that is larger.

    Returns
    -------
    ndarray
        uint8, int8, int16, int32, float32 or float64, in the byte order of this machine.

    Raises
    ------
    DataError
        When the file is missing, has another magic number, is truncated or damaged, has bytes after its data, or
        declares more than `max_bytes` or than a compressed file of its size can hold.
    """
    with opened(path, "IDX file") as stream:
        size = os.fstat(stream.fileno()).st_size
        zipped = stream.read(2) == _GZIP
        stream.seek(0)
        if not zipped:
            return _read(stream, path, size, size, max_bytes)
        try:
            with gzip.GzipFile(fileobj=stream, mode="rb") as unzipped:
                return _read(unzipped, path, None, size * DEFLATE_RATIO, max_bytes)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise DataError(
                f"The gzipped IDX file '{path}' is damaged or truncated: {error}. Download it again."
            ) from error


def looks_like_idx(start: bytes) -> bool:
    """Whether a file that begins with `start` is gzipped or has the magic number of IDX."""
    return start[:2] == _GZIP or (start[:2] == b"\0\0" and len(start) > 2 and start[2] in _TYPES)


def _read(stream: BinaryStream, path: PathLike, size: int | None, at_most: int, max_bytes: int) -> np.ndarray:
    """Parse one stream of `size` bytes (None: unknown, as it is compressed, and not above `at_most`)."""
    where = f"The IDX file '{path}'"
    dtype, shape, header = _read_header(stream, where)
    declared = byte_size(shape, dtype.itemsize)
    if (size is not None and declared + header > size) or (declared <= max_bytes and declared + header > at_most):
        raise DataError(
            f"{where} is truncated: its header declares {shape} of {dtype}, {declared} bytes, and the file cannot hold "
            "them. Download it again."
        )
    array = allocate(shape, dtype, where, max_bytes)
    done = fill(stream, array)
    if done < declared:
        raise DataError(
            f"{where} is truncated: its header declares {shape} of {dtype}, {declared} bytes; received {done}. "
            "Download it again."
        )
    # Reading on also makes gzip compare its checksum.
    if stream.read(1):
        raise DataError(f"{where} is damaged: bytes follow the {declared} that its header {shape} declares.")
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read_header(stream: BinaryStream, where: str) -> tuple[np.dtype, tuple[int, ...], int]:
    """dtype, shape and length of the header."""
    start = stream.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES:
        raise DataError(
            f"{where} has the wrong magic number: expected 00 00, a type (08, 09, 0b, 0c, 0d or 0e) and the number of "
            f"axes; received {start.hex(' ') or 'an empty file'}. Check that it is the right file."
        )
    axes = start[3]
    extents = stream.read(4 * axes)
    if axes == 0 or len(extents) < 4 * axes:
        raise DataError(f"{where} is truncated or damaged: its header announces {axes} axes.")
    return np.dtype(_TYPES[start[2]]), struct.unpack(f">{axes}I", extents), 4 + 4 * axes
