"""Inputs for predictions and labelled samples for an evaluation, from files whose format is told by their content."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nbnet.data.checked_splits import Split, checked_inputs, checked_nest, checked_targets
from nbnet.data.csv_table import read_matrix
from nbnet.data.file_kind import CSV_SUFFIXES, file_kind
from nbnet.data.idx import read_idx
from nbnet.data.images import SUFFIXES, read_image
from nbnet.data.labelled_csv import read_labelled_like, read_like
from nbnet.data.npy import read_npy
from nbnet.data.npz import npz_names, read_npz
from nbnet.data.npz_splits import find_labelled
from nbnet.data.reading import PathLike
from nbnet.data.several_inputs import in_order, input_specs, read_several
from nbnet.data.spec import InputSpec
from nbnet.errors import DataError
from nbnet.preprocessing.nest import parts
from nbnet.preprocessing.table import Table

__all__ = ["Inputs", "read_inputs", "read_labelled"]

_INPUT_NAMES = ("x", "x_test", "inputs", "images")
_DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")


class Inputs(NamedTuple):
    """Samples and where each comes from.

    Attributes
    ----------
    names : list of str
        One for each sample: an image's path, or ``"digits.npz[3]"``.
    x : ndarray, shape (N, *spec.shape), or Table; a dict or tuple of these for several inputs
        Raw inputs: preprocessing is still to be applied.
    """

    names: list[str]
    x: Any


def read_inputs(
    paths: Iterable[PathLike],
    spec: InputSpec,
    invert: bool = False,
    missing: bool | frozenset[str] = False,
    names: Sequence[str] | None = None,
) -> Inputs:
    """Read input samples from ``.npy``, ``.npz``, CSV, IDX and image files, and folders of images with sub-folders.

    Parameters
    ----------
    paths : iterable of path-like
        The files and folders. An archive's inputs are its array ``x`` (or ``x_test``, ``inputs``, ``images``), or its
        only array. A CSV file (``.csv``, ``.tsv``) has a row of numbers for each sample, whose order is that of the
        sample's values, with or without a line of names; for a model that was trained on a table it has that table's
        columns, found by their names, and whatever others. A model with several inputs takes archives with an array for
        each, named as the input or ``x_`` and its name, and CSV files with a column for each that is a number.
    spec : InputSpec
        What the model expects. Images are converted and resized to its shape, and black to white mapped to its range.
    invert : bool
        Make light of dark in images, and the reverse.
    missing : bool or set of str
        Let inputs, or those of these names, hold NaN, since the preprocessing fills it in.
    names : sequence of str, optional
        What the model calls several inputs, where the training gave them in order and not by name.

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
    if spec.inputs is not None:
        return Inputs(*read_several([*paths], spec, missing, names))
    if spec.table is not None:
        return _read_tables([*paths], spec)
    places: list[str] = []
    arrays: list[np.ndarray] = []
    negatives: list[Path] = []
    for path in _files(paths):
        kind = file_kind(path)
        x = checked_inputs(spec.check(_read_input(path, kind, spec), f"'{path}'"), f"'{path}'", bool(missing))
        if kind == "image":
            if invert:
                x = (spec.minimum + spec.maximum - x).astype(x.dtype)
            if spec.looks_negative(x):
                negatives.append(path)
        places += [str(path)] if kind == "image" else [f"{path}[{row}]" for row in range(len(x))]
        arrays.append(x)
    if not arrays:
        raise DataError("Expected at least one input file; received none.")
    if negatives:
        others = f" and {len(negatives) - 1} others" if len(negatives) > 1 else ""
        warnings.warn(
            f"'{negatives[0]}'{others}: by the mean brightness more like a negative of the training samples. Images "
            f"are read as they are{', inverted as asked' if invert else '; --invert swaps light and dark'}.",
            UserWarning,
            stacklevel=2,
        )
    return Inputs(places, np.concatenate(arrays))


def read_labelled(
    path: PathLike,
    split: str | None = None,
    spec: InputSpec | None = None,
    missing: bool | frozenset[str] = False,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Split:
    """Samples with labels from an ``.npz`` archive, or for a model that was trained on a table from a CSV file.

    Parameters
    ----------
    path : path-like
        An archive with the arrays ``x_test`` and ``y_test``, or ``x`` and ``y``; for several inputs or outputs with
        their names at the end, such as ``x_user`` or ``y_test_kind``.
    split : "train", "validation" or "test", optional
        Read ``x_train`` and ``y_train``, and so on; a CSV file has no splits.
    spec : InputSpec, optional
        What the model expects; it says how a table is read and which column is the label.
    missing : bool or set of str
        Let inputs, or those of these names, hold NaN, since the preprocessing fills it in.
    inputs, outputs : sequence of str, optional
        What the model calls its inputs and outputs, where it has several.

    Returns
    -------
    x : ndarray or Table; a dict or tuple of ndarray for several inputs
    y : ndarray; a dict of them for several outputs

    Raises
    ------
    DataError
        When the archive cannot be read, lacks the arrays, or they differ in length.
    """
    if Path(path).suffix.lower() in CSV_SUFFIXES:
        if spec is None or spec.table is None:
            several = inputs or outputs or (spec is not None and spec.inputs is not None)
            raise DataError(
                f"'{path}': labels can be read from a CSV file for models only that were trained on one. Give an .npz "
                f"archive{', with arrays x_<input> and y_<output>' if several else ''}: numpy.savez(path, "
                f"{'...' if several else 'x=inputs, y=labels'})."
            )
        if split is not None:
            raise DataError(f"'{path}' has no {split} samples: a CSV file has no splits. Leave out the split.")
        return read_labelled_like(path, spec.table)[:2]
    if spec is not None and spec.inputs is not None:
        inputs = [*input_specs(spec, inputs)]
    (x, y), tail = find_labelled(path, split, inputs, outputs)
    x = checked_nest(x if inputs is None else in_order(x, spec), f"'{path}' x{tail}", missing)
    y = checked_targets(y, f"'{path}' y{tail}")
    lengths = [len(item) for nest in (x, y) for item in parts(nest).values()]
    if len(set(lengths)) > 1:
        raise DataError(f"'{path}': expected as many inputs as labels; received {' and '.join(map(str, lengths))}.")
    return x, y


def _files(paths: Iterable[PathLike]) -> Iterable[Path]:
    """The files, with folders replaced by the images in them and in their sub-folders."""
    for given in paths:
        path = Path(given)
        if not path.is_dir():
            yield path
            continue
        images = sorted(
            item
            for item in path.rglob("*")
            if item.suffix.lower() in SUFFIXES
            and not any(part.startswith(".") for part in item.relative_to(path).parts)
            and item.is_file()
        )
        if not images:
            raise DataError(f"The folder '{path}' has no image: expected files that end in {', '.join(SUFFIXES)}.")
        yield from images


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
        if path.suffix.lower() not in CSV_SUFFIXES:
            raise DataError(
                f"'{path}': this model was trained on a table; expected a .csv or .tsv file with the columns "
                f"{', '.join(name for name, _ in spec.table.columns[:12])}."
            )
        tables.append(read_like(path, spec.table))
        names += [f"{path}[{row}]" for row in range(len(tables[-1]))]
    return Inputs(names, Table.joined(tables))
