"""Inputs for predictions and labelled samples for an evaluation, from files whose format is told by their content."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.data.checked_splits import checked_inputs
from nbnet.data.csv_table import read_matrix
from nbnet.data.idx import looks_like_idx, read_idx
from nbnet.data.images import SUFFIXES, read_image
from nbnet.data.labelled_csv import read_labelled_like, read_like
from nbnet.data.npy import MAGIC, read_npy
from nbnet.data.npz import npz_names, read_npz
from nbnet.data.reading import PathLike, opened
from nbnet.data.spec import InputSpec
from nbnet.errors import DataError
from nbnet.preprocessing.table import Table

__all__ = ["Inputs", "read_inputs", "read_labelled"]

_INPUT_NAMES = ("x", "x_test", "inputs", "images")
_SPLITS = {"validation": ("validation", "val", "valid")}
_PAIRS = (("x_test", "y_test"), ("x", "y"))
_CSV = (".csv", ".tsv")
_DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")


class Inputs(NamedTuple):
    """Samples and where each comes from.

    Attributes
    ----------
    names : list of str
        One for each sample: an image's path, or ``"digits.npz[3]"``.
    x : ndarray, shape (N, *spec.shape), or Table
        Raw inputs: preprocessing is still to be applied.
    """

    names: list[str]
    x: Any


def read_inputs(paths: Iterable[PathLike], spec: InputSpec, invert: bool = False, missing: bool = False) -> Inputs:
    """Read input samples from ``.npy``, ``.npz``, CSV, IDX and image files, and from folders of images.

    Parameters
    ----------
    paths : iterable of path-like
        The files and folders. An archive's inputs are its array ``x`` (or ``x_test``, ``inputs``, ``images``), or its
        only array. A CSV file (``.csv``, ``.tsv``) has a row of numbers for each sample, whose order is that of the
        sample's values, with or without a line of names; for a model that was trained on a table it has that table's
        columns, found by their names, and whatever others.
    spec : InputSpec
        What the model expects. Images are converted and resized to its shape, and black to white mapped to its range.
    invert : bool
        Make light of dark in images, and the reverse.
    missing : bool
        Let inputs hold NaN, since the preprocessing fills it in.

    Returns
    -------
    Inputs

    Raises
    ------
    DataError
        When there is no sample, a file cannot be read, or its samples have another shape.

    Warns
    -----
    UserWarning
        Once, when images look like negatives of the training samples by their mean brightness.
    """
    if spec.table is not None:
        return _read_tables([*paths], spec)
    names: list[str] = []
    parts: list[np.ndarray] = []
    negatives: list[Path] = []
    for path in _files(paths):
        kind = _kind(path)
        x = checked_inputs(spec.check(_read_input(path, kind, spec), f"'{path}'"), f"'{path}'", missing)
        if kind == "image":
            if invert:
                x = (spec.minimum + spec.maximum - x).astype(x.dtype)
            if spec.looks_negative(x):
                negatives.append(path)
        names += [str(path)] if kind == "image" else [f"{path}[{row}]" for row in range(len(x))]
        parts.append(x)
    if not parts:
        raise DataError("Expected at least one input file; received none.")
    if negatives:
        others = f" and {len(negatives) - 1} others" if len(negatives) > 1 else ""
        warnings.warn(
            f"'{negatives[0]}'{others}: by the mean brightness more like a negative of the training samples. Images "
            f"are read as they are{', inverted as asked' if invert else '; --invert swaps light and dark'}.",
            UserWarning,
            stacklevel=2,
        )
    return Inputs(names, np.concatenate(parts))


def read_labelled(
    path: PathLike, split: str | None = None, spec: InputSpec | None = None, missing: bool = False
) -> tuple[Any, np.ndarray]:
    """Samples with labels from an ``.npz`` archive, or for a model that was trained on a table from a CSV file.

    Parameters
    ----------
    path : path-like
        An archive with the arrays ``x_test`` and ``y_test``, or ``x`` and ``y``.
    split : "train", "validation" or "test", optional
        Read ``x_train`` and ``y_train``, and so on; a CSV file has no splits.
    spec : InputSpec, optional
        What the model expects; it says how a table is read and which column is the label.
    missing : bool
        Let inputs hold NaN, since the preprocessing fills it in.

    Returns
    -------
    x : ndarray or Table
    y : ndarray

    Raises
    ------
    DataError
        When the archive cannot be read, lacks the arrays, or they differ in length.
    """
    if Path(path).suffix.lower() in _CSV:
        if spec is None or spec.table is None:
            raise DataError(
                f"'{path}': labels can be read from a CSV file for models only that were trained on one. Give an .npz "
                "archive: numpy.savez(path, x=inputs, y=labels)."
            )
        if split is not None:
            raise DataError(f"'{path}' has no {split} samples: a CSV file has no splits. Leave out the split.")
        return read_labelled_like(path, spec.table)[:2]
    present = npz_names(path)
    for pair in _PAIRS if split is None else [(f"x_{name}", f"y_{name}") for name in _SPLITS.get(split, (split,))]:
        if set(pair) <= set(present):
            found = read_npz(path, pair)
            x = checked_inputs(found[pair[0]], f"'{path}' {pair[0]}", missing)
            y = checked_array(found[pair[1]], f"'{path}' {pair[1]}")
            if len(x) != len(y):
                raise DataError(f"'{path}': expected as many inputs as labels; received {len(x)} and {len(y)}.")
            return x, y
    if split is not None:
        raise DataError(
            f"'{path}' has no {split} samples: expected the arrays x_{split} and y_{split}; received "
            f"{', '.join(present) or 'none'}. Leave out the split to take all samples of a file with x and y."
        )
    raise DataError(
        f"'{path}': expected the arrays x and y, or x_test and y_test; received {', '.join(present) or 'none'}. Write "
        "them with numpy.savez(path, x=inputs, y=labels)."
    )


def _files(paths: Iterable[PathLike]) -> Iterable[Path]:
    """The files, with folders replaced by the images in them."""
    for given in paths:
        path = Path(given)
        if not path.is_dir():
            yield path
            continue
        images = sorted(item for item in path.iterdir() if item.suffix.lower() in SUFFIXES and item.is_file())
        if not images:
            raise DataError(f"The folder '{path}' has no image: expected files that end in {', '.join(SUFFIXES)}.")
        yield from images


def _kind(path: Path) -> str:
    """``"npy"``, ``"npz"``, ``"idx"`` or ``"image"``, by the first bytes; ``"csv"`` by the ending."""
    with opened(path, "input file") as stream:
        start = stream.read(len(MAGIC))
    if not start:
        raise DataError(f"The input file '{path}' is empty. Write or download it again.")
    if start == MAGIC:
        return "npy"
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "npz"
    if path.suffix.lower() in (".npy", ".npz"):
        return path.suffix.lower()[1:]  # its reader says what is wrong with it
    if path.suffix.lower() in _CSV:
        return "csv"
    return "idx" if looks_like_idx(start) else "image"


def _read_input(path: Path, kind: str, spec: InputSpec) -> np.ndarray:
    """The array that one file gives."""
    if kind == "npy":
        return read_npy(path)
    if kind == "idx":
        return read_idx(path)
    if kind == "image":
        return read_image(path, spec.shape, (spec.minimum, spec.maximum))
    if kind == "csv":
        return _read_vectors(path, spec)
    present = npz_names(path)
    found = [name for name in _INPUT_NAMES if name in present] or (present if len(present) == 1 else [])
    if not found:
        raise DataError(
            f"'{path}': expected the inputs as array x (or {', '.join(_INPUT_NAMES[1:])}), or one array alone; "
            f"received {', '.join(present) or 'none'}."
        )
    return read_npz(path, found[:1])[found[0]]


def _read_vectors(path: Path, spec: InputSpec) -> np.ndarray:
    """The rows of a CSV file as samples of the dtype that the model was trained on, where it holds them."""
    rows = read_matrix(path)
    size = math.prod(spec.shape)
    if rows.shape[1] != size:
        raise DataError(
            f"'{path}': expected {size} numbers in each row, as a sample has the shape {spec.shape}; received "
            f"{rows.shape[1]} columns. Remove columns that are no inputs, such as a label."
        )
    if spec.dtype not in _DTYPES:
        return rows.reshape(len(rows), *spec.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        narrow = rows.astype(spec.dtype)
    # The text of a float32 is read as the float64 next to it; a fraction where integers are expected stays one.
    exact = narrow.dtype.kind == "f" or np.array_equal(narrow, rows)
    return (narrow if exact else rows).reshape(len(rows), *spec.shape)


def _read_tables(paths: list[PathLike], spec: InputSpec) -> Inputs:
    """The rows of CSV files, read as the table of the training was."""
    assert spec.table is not None
    if not paths:
        raise DataError("Expected at least one input file; received none.")
    names: list[str] = []
    tables: list[Table] = []
    for path in map(Path, paths):
        if path.suffix.lower() not in _CSV:
            raise DataError(
                f"'{path}': this model was trained on a table; expected a .csv or .tsv file with the columns "
                f"{', '.join(name for name, _ in spec.table.columns[:12])}."
            )
        tables.append(read_like(path, spec.table))
        names += [f"{path}[{row}]" for row in range(len(tables[-1]))]
    return Inputs(names, Table.joined(tables))
