"""Weights as safetensors, with the header checked against what is expected before an array is made of the data."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors.numpy import save as save_tensors

from nbnet.errors import SavedModelError

__all__ = ["Declared", "declared", "read_tensors", "write_tensors"]

Declared = dict[str, tuple[np.dtype, tuple[int, ...], int, int]]

_MAX_HEADER = 100 << 20  # the format's own limit
_LENGTH = 8  # bytes of the header's length
_DTYPES = {"BOOL": "bool", "U8": "uint8", "I32": "int32", "I64": "int64", "F32": "float32", "F64": "float64"}


def write_tensors(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The arrays in the safetensors format; equal arrays give equal bytes."""
    content: bytes = save_tensors(
        {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    )
    return content


def declared(content: bytes, member: str, size: int | None = None, dtypes: Mapping[str, str] = _DTYPES) -> Declared:
    """Dtype, shape, first and last byte of each array that the header declares.

    Parameters
    ----------
    content : bytes
        All, or the beginning with the header.
    member : str
        For messages.
    size : int, optional
        Bytes of the whole, where `content` is its beginning.
    dtypes : mapping of str to str
        The format's names of dtypes that are taken, and NumPy's.

    Raises
    ------
    SavedModelError
        When the header does not fit the data.
    """

    def refuse(reason: str) -> SavedModelError:
        return SavedModelError(f"{member} is damaged: {reason}. Take another copy or checkpoint.")

    total = len(content) if size is None else size
    if len(content) < _LENGTH:
        raise refuse("it is cut off")
    begin = _LENGTH + int.from_bytes(content[:_LENGTH], "little")
    if begin > min(_MAX_HEADER + _LENGTH, total):
        raise refuse(f"its header claims {begin - _LENGTH} bytes of {total}")
    try:
        header = json.loads(content[_LENGTH:begin].decode("utf-8"), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise refuse(f"its header is no JSON ({error})") from error
    if not isinstance(header, dict):
        raise refuse("its header is no table")
    header.pop("__metadata__", None)
    found: Declared = {}
    for name, entry in header.items():
        try:
            dtype = np.dtype(dtypes[entry["dtype"]])
            shape, (start, stop) = entry["shape"], entry["data_offsets"]
            whole = all(type(item) is int and item >= 0 for item in (*shape, start, stop))
            if not whole or stop - start != math.prod(shape) * dtype.itemsize or stop > total - begin:
                raise ValueError(f"shape {shape} does not fit the bytes {start} to {stop}")
        except (KeyError, TypeError, ValueError) as error:
            raise refuse(f"the entry {name!r:.60} is malformed ({error})") from error
        found[name] = (dtype, tuple(shape), begin + start, begin + stop)
    spans = sorted((start, stop) for _, _, start, stop in found.values())
    if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans)):
        raise refuse("two arrays share bytes")
    return found


def read_tensors(content: bytes, entries: Declared, expected: Mapping[str, Any], member: str) -> dict[str, np.ndarray]:
    """The arrays, if they are those that are expected.

    Parameters
    ----------
    content : bytes
    entries : Declared
        From :func:`declared`.
    expected : mapping of str to object with shape and dtype
    member : str
        For messages.

    Raises
    ------
    SavedModelError
        When names, shapes or dtypes differ.
    """
    missing, extra = sorted(set(expected) - set(entries)), sorted(set(entries) - set(expected))
    if missing or extra:
        what = f"lacks {missing[0]!r}" if missing else f"has {extra[0]!r:.80} too much"
        raise SavedModelError(f"{member} in the saved model does not fit its layers: it {what}. The file was changed.")
    arrays = {}
    for name, target in expected.items():
        dtype, shape, start, stop = entries[name]
        if shape != tuple(target.shape) or dtype != target.dtype:
            raise SavedModelError(
                f"{member} in the saved model has {name!r} as {dtype} {shape}; its layer needs {target.dtype} "
                f"{tuple(target.shape)}. The file was changed, or a custom class is another than when it was saved."
            )
        arrays[name] = np.frombuffer(content[start:stop], dtype).reshape(shape)
    return arrays


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON table in which each name stands once."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name stands twice")
    return table
