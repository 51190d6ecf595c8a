"""Data sets in the form of CIFAR: photographs of 32x32 pixels in colour, in a binary and a Python version.

Each image is a run of 3,072 bytes: 1,024 of red, row by row, then green, then blue. The binary version has its labels,
a byte each, before it; the Python version is a pickle of a dict with ``data`` and lists of labels.

References
----------
Krizhevsky (2009), Learning multiple layers of features from tiny images, University of Toronto; the home page of the
data sets for the two layouts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nbnet.data.data import Data
from nbnet.data.reading import MAX_BYTES, PathLike, allocate, fill, opened
from nbnet.datasets.folder import data_root
from nbnet.datasets.restricted_pickle import read_pickle
from nbnet.errors import DataError

__all__ = ["Cifar", "load"]

_PIXELS = 3 * 32 * 32


class Cifar(NamedTuple):
    """One data set of this form."""

    name: str
    binary_folders: tuple[str, ...]
    python_folders: tuple[str, ...]
    # Without the ending .bin of the binary version.
    train_files: tuple[str, ...]
    test_file: str
    # Names of the lists of labels in the Python version, in the order of the bytes of the binary one.
    labels: tuple[str, ...]
    # How many classes each kind of label has.
    classes: tuple[int, ...]


def load(
    wanted: Cifar,
    label: str,
    class_names: Sequence[str],
    folder: PathLike | None,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None,
) -> Data:
    """Read all files of whichever version is there; the last tenth of the training samples is for validation.

    Raises
    ------
    DataError
        When files are missing, truncated, damaged or refused.
    """
    train, test = _find(wanted, folder)
    column = wanted.labels.index(label)
    pieces = [_read(path, wanted, column) for path in train]
    counts = [len(x) for x, _ in pieces]
    if len(set(counts)) > 1:
        few = counts.index(min(counts))
        raise DataError(
            f"'{train[few]}' is truncated: it has {counts[few]} images, and '{train[counts.index(max(counts))]}' "
            f"{max(counts)}. Download it again."
        )
    x, y = (np.concatenate([piece[which] for piece in pieces]) for which in (0, 1))
    if len(x) < 2:
        raise DataError(f"'{train[0].parent}' has {len(x)} training images; expected at least 2.")
    cut = len(x) - max(1, len(x) // 10)
    data = Data((x[:cut], y[:cut]), (x[cut:], y[cut:]), _read(test, wanted, column), preprocess, class_names)
    data.name = wanted.name
    return data


def _find(wanted: Cifar, folder: PathLike | None) -> tuple[list[Path], Path]:
    """The training files and the test file, in the first place that has all of one version."""
    root, told_by = data_root(folder)
    stems = (*wanted.train_files, wanted.test_file)
    best: list[Path] = []
    for places, suffix in ((wanted.binary_folders, ".bin"), (wanted.python_folders, "")):
        for place in (*(root / name for name in places), root):
            paths = [place / f"{stem}{suffix}" for stem in stems]
            lacking = [path for path in paths if not path.is_file()]
            if not lacking:
                return paths[:-1], paths[-1]
            if len(lacking) < len(paths) and (not best or len(lacking) < len(best)):
                best = lacking
    raise DataError(_missing(wanted, root, told_by, best))


def _missing(wanted: Cifar, root: Path, told_by: str, lacking: Sequence[Path]) -> str:
    """The message for a data set that is not there, or not whole."""
    function = wanted.name.replace("-", "")
    if lacking:
        found = f"of its files in '{lacking[0].parent}' these are missing: {', '.join(path.name for path in lacking)}"
    else:
        state = "" if root.is_dir() else f" (the folder '{root}' does not exist)"
        stems = (*wanted.train_files, wanted.test_file)
        found = (
            f"expected the files {', '.join(f'{stem}.bin' for stem in stems)} in '{root / wanted.binary_folders[0]}', "
            f"or the same without .bin in '{root / wanted.python_folders[0]}', or either in '{root}' ({told_by}){state}"
        )
    return (
        f"The data set {wanted.name} is not there: {found}.\n"
        f"Download its binary or Python version from the home page of the data set, unpack the archive there "
        f"(tar -xzf), or say where it is: --data-dir DIR, NBNET_DATA_DIR=DIR, or nbnet.datasets.{function}('DIR')."
    )


def _read(path: Path, wanted: Cifar, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 32, 32, 3) uint8 and labels (N,) int64 of one file."""
    if path.suffix == ".bin":
        flat, labels = _read_binary(path, len(wanted.labels), column)
    else:
        flat, labels = _read_python(path, wanted.labels[column])
    classes = wanted.classes[column]
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        sample = int(np.argmax((labels < 0) | (labels >= classes)))
        raise DataError(
            f"'{path}': expected labels 0 to {classes - 1} of {wanted.name}; received {labels[sample]} at sample "
            f"{sample}."
        )
    return np.ascontiguousarray(flat.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), labels


def _read_binary(path: Path, label_bytes: int, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, 3072) and one kind of label of a file of the binary version."""
    record = label_bytes + _PIXELS
    with opened(path, "CIFAR file") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size == 0 or size % record:
            raise DataError(
                f"'{path}' is truncated or no file of this data set: it has {size} bytes, which is no multiple of the "
                f"{record} bytes of an image with its labels. Download it again."
            )
        records = allocate((size // record, record), np.dtype("u1"), f"'{path}'", MAX_BYTES)
        if fill(stream, records) != size:
            raise DataError(f"'{path}' became shorter while it was read.")
    return records[:, label_bytes:], records[:, column].astype(np.int64)


def _read_python(path: Path, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, 3072) and one kind of label of a file of the Python version."""
    content = read_pickle(path)
    if not isinstance(content, dict):
        raise DataError(f"'{path}': expected a dict; received {type(content).__name__}.")
    # Python 2 wrote the keys as bytes.
    named = {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in content.items()}
    flat, labels = named.get("data"), named.get(label)
    if not isinstance(flat, np.ndarray) or flat.dtype != np.uint8 or flat.ndim != 2 or flat.shape[1] != _PIXELS:
        kind = f"{flat.dtype} {flat.shape}" if isinstance(flat, np.ndarray) else type(flat).__name__
        raise DataError(f"'{path}': expected 'data', uint8 of shape (N, {_PIXELS}); received {kind}.")
    if not isinstance(labels, list) or not all(type(value) is int and abs(value) < 2**31 for value in labels):
        raise DataError(
            f"'{path}': expected {label!r}, a list of integers; it has {', '.join(map(repr, sorted(named)))}."
        )
    if len(labels) != len(flat):
        raise DataError(f"'{path}' has {len(flat)} images and {len(labels)} labels.")
    return flat, np.asarray(labels, np.int64)
