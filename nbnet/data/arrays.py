"""What may come in as data: arrays of numbers, not empty, with every value finite.

Each message says which split and which of x and y it speaks of, and at which sample.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbnet.errors import DataError, DTypeError
from nbnet.graph.dtypes import as_array

__all__ = ["check_finite", "checked_array", "surely_finite"]

_CHUNK = 1 << 22
_PLAIN = {np.dtype(name) for name in ("bool", "uint8", "int32", "int64", "float32", "float64")}
_LABEL_HINT = " Number the classes: names, y = numpy.unique(y, return_inverse=True)."


def checked_array(value: Any, where: str) -> np.ndarray:
    """`value` as an array of a supported dtype with at least one sample, all of it finite.

    Parameters
    ----------
    value : array_like
        Samples along the first axis.
    where : str
        What it is, for messages, e.g. ``"train x"``.

    Returns
    -------
    ndarray
        bool, uint8, int32, int64, float32 or float64. Smaller integers become int32, float16 becomes float32, other
        byte orders this machine's; nested lists of floats become float32. No copy where none is needed.

    Raises
    ------
    DataError
        For masked and sparse arrays, objects, text, dates, complex numbers, ragged lists, no axis, no sample, empty
        samples, NaN and infinity.
    """
    array = value if type(value) is np.ndarray and value.dtype in _PLAIN else _as_numbers(value, where)
    if array.ndim == 0:
        raise DataError(f"{where}: expected an array with samples along its first axis; received the number {array}.")
    if array.shape[0] == 0:
        raise DataError(f"{where}: expected at least one sample; received an empty array {array.shape}.")
    if array.size == 0:
        raise DataError(f"{where}: expected samples with values; received shape {array.shape}, which has none.")
    check_finite(array, where)
    return array


def check_finite(array: np.ndarray, where: str) -> None:
    """Refuse NaN and infinity, saying how many there are and where the first one is."""
    if array.dtype.kind != "f" or surely_finite(array):
        return
    rows = max(1, _CHUNK // max(1, array.size // len(array)))
    first: tuple[int, ...] | None = None
    bad = 0
    for start in range(0, len(array), rows):
        finite = np.isfinite(array[start : start + rows])
        if finite.all():
            continue
        missing = np.argwhere(~finite)
        bad += len(missing)
        if first is None:
            first = (start + int(missing[0][0]), *map(int, missing[0][1:]))
    if first is None:
        return
    value = array[first]
    shown = "NaN" if np.isnan(value) else str(value)
    place = f"sample {first[0]}" + (f", position {first[1:]}" if len(first) > 1 else "")
    raise DataError(
        f"{where}: expected finite numbers; received {shown} at {place} ({bad} of {array.size} values are not finite). "
        "Remove these samples or replace the values, e.g. with numpy.nan_to_num."
    )


def surely_finite(array: np.ndarray) -> bool:
    """Whether a sum over an array of floats is finite, and so every number in it.

    One pass, which stores nothing. A sum of large finite numbers may overflow: False says nothing.
    """
    if array.flags.c_contiguous:
        return math.isfinite(np.vdot(array, array))  # of squares, as BLAS does it at the speed of memory
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(array.sum())


def _as_numbers(value: Any, where: str) -> np.ndarray:
    """`value` as an array of numbers, or the reason why it is none."""
    if isinstance(value, np.ma.MaskedArray):
        raise DataError(f"{where}: expected an array without mask; received a masked array. Fill it: x.filled(0).")
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise DataError(f"{where}: expected a dense array; received a sparse matrix. Convert it: x.toarray().")
    if isinstance(value, (str, bytes)):
        raise DataError(f"{where}: expected an array; received the text {value!r:.60}. Read the file first.")
    if not isinstance(value, (np.ndarray, list, tuple)):
        value = _convert(value, where)
    try:
        if isinstance(value, np.ndarray):
            _check_kind(value, where)
            return as_array(value.astype(value.dtype.newbyteorder("="), copy=False))
        array = np.asarray(value)
        _check_kind(array, where)
        return as_array(value) if array.dtype.kind == "f" else as_array(array)
    except DTypeError as error:
        raise DataError(f"{where}: {error}") from error
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{where}: expected samples of one shape; received a nesting of different lengths ({error}). "
            "Pad, crop or resize the samples to one shape."
        ) from error


def _convert(value: Any, where: str) -> np.ndarray:
    """An array from a data frame, a tensor of another library, or whatever NumPy accepts."""
    try:
        return np.asarray(value)
    except Exception as error:  # the conversion is the other library's code
        raise DataError(
            f"{where}: expected an array; received {type(value).__name__}, which NumPy cannot convert: {error}"
        ) from error


def _check_kind(array: np.ndarray, where: str) -> None:
    """Refuse what is not made of real numbers."""
    kind = array.dtype.kind
    if kind in "biuf":
        if array.dtype == np.uint64 and array.size and array.max() > np.iinfo(np.int64).max:
            raise DataError(f"{where}: expected integers below 2**63; received {array.max()}.")
        return
    if kind == "O":
        raise DataError(f"{where}: expected numbers; received an object array{_first_object(array)}.")
    if kind in "SU":
        hint = _LABEL_HINT if where.endswith("y") else " Encode text as numbers first."
        raise DataError(f"{where}: expected numbers; received text such as {array.reshape(-1)[:1].tolist()}.{hint}")
    raise DataError(f"{where}: expected real numbers; received dtype {array.dtype}. Convert it, e.g. to float32.")


def _first_object(array: np.ndarray) -> str:
    """What is in an object array and where, as the tail of a message."""
    for flat, item in enumerate(array.reshape(-1)):
        if isinstance(item, (int, float, np.number, np.bool_)):
            continue
        position = tuple(map(int, np.unravel_index(flat, array.shape)))
        hint = ""
        if isinstance(item, (list, np.ndarray)):
            hint = "; samples of different shapes must be padded, cropped or resized to one shape"
        elif item is None:
            hint = "; remove or fill missing values"
        return f" with {type(item).__name__} {item!r:.40} at {position}{hint}"
    return "; all of its items are numbers, so convert it: x.astype('float32')"
