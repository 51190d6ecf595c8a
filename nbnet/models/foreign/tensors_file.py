"""Safetensors files: which arrays they hold, each read when it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nbnet.errors import SavedModelError
from nbnet.models.foreign.stored import Group, Stored, from_bfloat16
from nbnet.models.tensors import declared

__all__ = ["grouped", "opened_tensors", "tensors_in"]

_LENGTH = 8  # bytes of the header's length
_MAX_HEADER = 100 << 20
_DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32",
    "U64": "uint64", "I64": "int64", "F16": "float16", "BF16": "V2", "F32": "float32", "F64": "float64",
}  # fmt: skip


@contextmanager
def opened_tensors(path: Path) -> Iterator[dict[str, Stored]]:
    """The arrays of a safetensors file by name; they can be read inside.

    Raises
    ------
    SavedModelError
        When the file is cut off, or its header does not fit it.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_LENGTH)
        header += file.read(min(int.from_bytes(header, "little"), _MAX_HEADER, size))

        def read(start: int, stop: int) -> bytes:
            file.seek(start)
            content = file.read(stop - start)
            if len(content) != stop - start:
                raise SavedModelError("The file became shorter while it was read.")
            return content

        yield _arrays(header, size, read)


def tensors_in(content: bytes) -> dict[str, Stored]:
    """The arrays of safetensors that are in memory, by name."""
    return _arrays(content, len(content), lambda start, stop: content[start:stop])


def grouped(arrays: dict[str, Stored], separator: str) -> list[Group]:
    """Arrays by the part of their names before the last separator."""
    found: dict[str, dict[str, Stored]] = {}
    for name, stored in arrays.items():
        place, _, short = name.rpartition(separator)
        found.setdefault(place, {})[short] = stored
    return [Group(place, members, (place,)) for place, members in found.items()]


def _arrays(beginning: bytes, size: int, read: Callable[[int, int], bytes]) -> dict[str, Stored]:
    """What the header declares."""

    def stored(dtype: np.dtype, shape: tuple[int, ...], start: int, stop: int) -> Stored:
        def array() -> np.ndarray:
            content = read(start, stop)
            if dtype.kind == "V":
                return from_bfloat16(np.frombuffer(content, "<u2")).reshape(shape)
            return np.frombuffer(content, dtype.newbyteorder("<")).reshape(shape)

        return Stored(shape, array)

    found = declared(beginning, "The file", size, _DTYPES)
    return {name: stored(*entry) for name, entry in found.items()}
