"""HDF5 files read with care: nothing but groups, arrays and texts that are in the file itself."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np

from nbnet.errors import MissingPackageError, SavedModelError
from nbnet.models.foreign.stored import Stored, from_bfloat16

__all__ = ["children", "is_group", "opened_hdf5", "stored_in", "text_of", "texts_of", "written_hdf5"]

_MAX_ENTRIES = 100_000  # of one group
_MAX_TEXTS = 16 << 20  # bytes of one attribute
_DEFLATE_RATIO = 1032  # the most bytes that one byte of a deflate stream can stand for (RFC 1951)
_MAX_CHUNK = 64 << 20  # bytes of a piece that is unpacked at once


def _h5py() -> Any:
    """The package, or what to do to get it."""
    if importlib.util.find_spec("h5py") is None:
        raise MissingPackageError(
            "Weights of Keras need h5py, which is not installed. Get it with: pip install nbnet[keras]"
        )
    import h5py

    return h5py


@contextmanager
def opened_hdf5(file: IO[bytes]) -> Iterator[Any]:
    """The root of a file that is read inside; what the library finds wrong comes out as SavedModelError.

    Raises
    ------
    MissingPackageError
        When h5py is not installed.
    SavedModelError
        When the file is cut off or damaged.
    """
    h5py = _h5py()
    try:
        with h5py.File(file, "r") as root:
            yield root
    except SavedModelError:
        raise
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise SavedModelError(f"It is damaged or cut off: {error!s:.200}. Copy it again.") from error


@contextmanager
def written_hdf5(file: IO[bytes]) -> Iterator[Any]:
    """The root of a new file.

    Raises
    ------
    MissingPackageError
        When h5py is not installed.
    """
    with _h5py().File(file, "w") as root:
        yield root


def is_group(node: Any) -> bool:
    """Whether a node has others in it."""
    return isinstance(node, _h5py().Group)


def children(group: Any) -> dict[str, Any]:
    """What is in a group, by name.

    Raises
    ------
    SavedModelError
        When an entry leads elsewhere, such as to another file, or there are too many.
    """
    h5py = _h5py()
    if len(group) > _MAX_ENTRIES:
        raise SavedModelError(f"{_place(group)} has {len(group):,} entries, which no model needs. It is not read.")
    found = {}
    for name in group:
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise SavedModelError(
                f"{_place(group)}/{name} is a link to another place ({type(link).__name__}), which is not followed."
            )
        found[name] = group[name]
    return found


def stored_in(dataset: Any) -> Stored:
    """An array in the file.

    Raises
    ------
    SavedModelError
        When it is no array of numbers, keeps them outside the file, or declares more than the file has.
    """
    place = _place(dataset)
    if not isinstance(dataset, _h5py().Dataset) or dataset.shape is None:
        raise SavedModelError(f"{place} is no array.")
    if dataset.external or dataset.is_virtual:
        raise SavedModelError(f"{place} keeps its numbers in another file, which is not read.")
    dtype = dataset.dtype
    half = dtype.kind == "V" and dtype.itemsize == 2 and text_of(dataset, "dtype") == "bfloat16"
    if not half and (dtype.kind not in "fiub" or dtype.itemsize > 8):
        raise SavedModelError(f"{place} is an array of {dtype!s:.40}, not of numbers.")
    size, kept = math.prod(dataset.shape) * dtype.itemsize, dataset.id.get_storage_size()
    chunk = math.prod(dataset.chunks or ()) * dtype.itemsize
    if size > kept * (_DEFLATE_RATIO if dataset.chunks else 1) or chunk > max(2 * size, _MAX_CHUNK):
        raise SavedModelError(f"{place} declares {size:,} bytes, for which the file has {kept:,}. It is not read.")

    def read() -> np.ndarray:
        array = np.asarray(dataset[()])
        return from_bfloat16(array.view("<u2")) if half else array

    return Stored(tuple(dataset.shape), read)


def text_of(node: Any, name: str) -> str | None:
    """An attribute that is a text; None where there is none."""
    found = texts_of(node, name)
    return found[0] if found is not None and len(found) == 1 else None


def texts_of(node: Any, name: str) -> list[str] | None:
    """An attribute that is a text, or an array of them; None where there is none.

    Raises
    ------
    SavedModelError
        When it is larger than any that Keras writes.
    """
    if name not in node.attrs:
        return None
    declared = node.attrs.get_id(name)
    if math.prod(declared.shape) * max(declared.dtype.itemsize, 1) > _MAX_TEXTS:
        raise SavedModelError(f"{_place(node)} has an attribute '{name}' of {declared.shape}. It is not read.")
    value = node.attrs[name]
    items = [value] if isinstance(value, (str, bytes)) else np.asarray(value).reshape(-1).tolist()
    return [item.decode("utf-8") if isinstance(item, bytes) else str(item) for item in items]


def _place(node: Any) -> str:
    """Where a node is, for messages."""
    return f"'{str(node.name)[:200]}'"
