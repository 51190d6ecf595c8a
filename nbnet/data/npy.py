"""NumPy's ``.npy`` files, read without ever unpickling.

The header is parsed here, and not by ``numpy.load``, so that its length, its dtype and the size that it declares
are checked before anything is read or memory is asked for.

References
----------
NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays" (Kern 2007).
"""

from __future__ import annotations

import ast
import os
import re
import struct
from io import BufferedReader
from typing import Any, Literal, NamedTuple, cast

import numpy as np

from nbnet.data.reading import MAX_BYTES, BinaryStream, PathLike, allocate, byte_size, fill, human, opened
from nbnet.errors import DataError

__all__ = ["MAGIC", "read_npy"]

MAGIC = b"\x93NUMPY"
_MAX_HEADER = 10_000
# Booleans, integers, floats and fixed-width text (class names); everything else is refused.
_DTYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|[SU]\d{1,6})")


class Header(NamedTuple):
    """What stands before the numbers."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool
    length: int


def read_npy(path: PathLike, max_bytes: int = MAX_BYTES, mmap: bool = False) -> np.ndarray:
    """The array in a ``.npy`` file.

    Parameters
    ----------
    path : path-like
        The file.
    max_bytes : int
        Refuse an array that is larger; a mapped one may have any size.
    mmap : bool
        Map the file into memory, read-only: rows are read from disk when they are used. The file must stay as it is as
        long as the array is in use. An array of another byte order than this machine's is read and converted all the
        same.

    Returns
    -------
    ndarray
        Booleans, integers, floats or fixed-width text, in the byte order of this machine.

    Raises
    ------
    DataError
        When the file is missing, no ``.npy`` file, truncated, longer than it declares, too large, or holds Python
        objects.
    """
    with opened(path, ".npy file") as stream:
        size = os.fstat(stream.fileno()).st_size
        return _mapped(stream, f"'{path}'", size) if mmap else read_array(stream, f"'{path}'", size, max_bytes)


def read_array(stream: BinaryStream, where: str, size: int, max_bytes: int) -> np.ndarray:
    """The array in a stream of `size` bytes that begins with a ``.npy`` header."""
    header = read_header(stream, where)
    declared = byte_size(header.shape, header.dtype.itemsize)
    if declared <= max_bytes:
        _check_size(header, where, size)
    order = header.shape[::-1] if header.fortran_order else header.shape
    array = allocate(order, header.dtype, where, max_bytes)
    done = fill(stream, array)
    if done != declared:
        raise DataError(f"{where} is truncated: {human(declared)} were expected and {human(done)} came.")
    if header.fortran_order:
        array = array.T
    return array.astype(header.dtype.newbyteorder("="), copy=False)


def _mapped(stream: BufferedReader, where: str, size: int) -> np.ndarray:
    """The array in a file, mapped into memory: a plain array that keeps the map open."""
    header = read_header(stream, where)
    _check_size(header, where, size)
    order: Literal["C", "F"] = "F" if header.fortran_order else "C"
    if size == header.length:  # an empty file cannot be mapped, and need not
        return np.empty(header.shape, header.dtype)
    try:
        mapped = np.memmap(cast(Any, stream), header.dtype, "r", header.length, header.shape, order)
    except (ValueError, OverflowError, MemoryError) as error:
        raise DataError(f"{where} cannot be mapped into memory: {error}.") from error
    return np.asarray(mapped).astype(header.dtype.newbyteorder("="), copy=False)


def _check_size(header: Header, where: str, size: int) -> None:
    """Refuse a file of `size` bytes that is shorter or longer than its header declares."""
    declared = byte_size(header.shape, header.dtype.itemsize)
    present = size - header.length
    if declared != present:
        verb = "is truncated" if present < declared else "is damaged, or holds more than one array"
        raise DataError(
            f"{where} {verb}: its header declares {header.shape} of {header.dtype}, {declared} bytes, and {present} "
            "follow. Write or download it again."
        )


def read_header(stream: BinaryStream, where: str) -> Header:
    """Parse the header; the stream then stands at the first number."""
    start = stream.read(8)
    if start[: len(MAGIC)] != MAGIC:
        raise DataError(
            f"{where} is no .npy data: expected it to begin with {MAGIC!r}; received {start[:6]!r}. "
            "Write it with numpy.save or numpy.savez."
        )
    version = tuple(start[6:8])
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise DataError(f"{where} has .npy format version {version}; versions (1, 0) to (3, 0) can be read.")
    wide = version > (1, 0)
    raw = stream.read(4 if wide else 2)
    if len(raw) < (4 if wide else 2):
        raise DataError(f"{where} is truncated inside its header.")
    (length,) = struct.unpack("<I" if wide else "<H", raw)
    if length > _MAX_HEADER:
        raise DataError(
            f"{where} has a header of {length} bytes; expected at most {_MAX_HEADER}. It is damaged, or not to be "
            "trusted."
        )
    text = stream.read(length)
    if len(text) < length:
        raise DataError(f"{where} is truncated inside its header.")
    return _parse(text, where, len(start) + len(raw) + length)


def _parse(text: bytes, where: str, length: int) -> Header:
    """The header's dictionary literal, checked field by field."""
    try:
        fields = ast.literal_eval(text.decode("utf-8").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise DataError(f"{where} has a damaged header: {text[:60]!r}.") from error
    if not isinstance(fields, dict) or set(fields) != {"descr", "fortran_order", "shape"}:
        raise DataError(
            f"{where} has a damaged header: expected descr, fortran_order and shape; received {text[:60]!r}."
        )
    shape: Any = fields["shape"]
    if not isinstance(shape, tuple) or not all(type(extent) is int and extent >= 0 for extent in shape):
        raise DataError(f"{where} has a damaged header: its shape is {str(shape)[:60]}.")
    if not isinstance(fields["fortran_order"], bool):
        raise DataError(f"{where} has a damaged header: fortran_order is {str(fields['fortran_order'])[:60]}.")
    return Header(shape, _dtype(fields["descr"], where), fields["fortran_order"], length)


def _dtype(descr: Any, where: str) -> np.dtype:
    """The dtype that the header names, if it is one of plain numbers or text."""
    if isinstance(descr, str) and descr.lstrip("<>|=").startswith("O"):
        raise DataError(
            f"{where} holds Python objects (dtype object), which nbnet never unpickles. Save arrays of numbers: "
            "convert with numpy.asarray(values, dtype='float32'), and pad or split arrays of unequal shapes."
        )
    if not isinstance(descr, str) or _DTYPE.fullmatch(descr) is None:
        raise DataError(f"{where} holds the dtype {str(descr)[:60]!r}; expected booleans, integers or real numbers.")
    return np.dtype(descr)
