"""A CSV file as inputs and labels: for training, and once more, in the same way, for an evaluation."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from nbnet.data.csv_table import read_csv
from nbnet.data.csv_text import csv_rows
from nbnet.data.reading import MAX_BYTES, PathLike
from nbnet.data.table_spec import MISSING, TableSpec
from nbnet.errors import DataError
from nbnet.preprocessing.table import NUMBER, TEXT, Table, as_texts

__all__ = ["LabelledTable", "read_labelled_csv", "read_labelled_like"]

_TASKS = ("classification", "regression")
_MOST_CLASSES = 20


class LabelledTable(NamedTuple):
    """Inputs, labels, and how they were read.

    Attributes
    ----------
    x : Table
    y : ndarray, shape (N,)
        int64 class numbers, or float32 targets.
    spec : TableSpec
    """

    x: Table
    y: np.ndarray
    spec: TableSpec


def read_labelled_csv(
    path: PathLike,
    label: str,
    task: str | None = None,
    categorical: Collection[str] = (),
    ignore: Collection[str] = (),
    missing: Sequence[str] = MISSING,
    delimiter: str | None = None,
    decimal: str = ".",
    encoding: str = "utf-8",
    max_bytes: int = MAX_BYTES,
) -> LabelledTable:
    """Read a table and take one of its columns as the label.

    Parameters
    ----------
    path, categorical, ignore, missing, delimiter, decimal, encoding, max_bytes
        As for :func:`nbnet.data.read_csv`.
    label : str
        The column to predict.
    task : "classification" or "regression", optional
        Default: classification for texts and for at most 20 different whole numbers, each ten times as often on
        average; else regression.

    Returns
    -------
    LabelledTable
        Classes are sorted: texts by their characters, numbers by size.

    Raises
    ------
    DataError
        As by ``read_csv``, and when a label is missing, there is one class only, or a label is no number in a
        regression.
    """
    if task is not None and task not in _TASKS:
        raise DataError(f"Expected task as 'classification', 'regression' or None; received {task!r:.60}.")
    if not isinstance(label, str) or label in ignore:
        raise DataError(f"Expected label as the name of a column that is not in ignore; received {label!r:.60}.")
    table = read_csv(
        path,
        categorical=categorical,
        ignore=ignore,
        missing=missing,
        delimiter=delimiter,
        decimal=decimal,
        encoding=encoding,
        max_bytes=max_bytes,
    )
    targets, kind = table.column(label), table.kind(label)
    inputs = {name: column for name, column in table.columns.items() if name != label}
    if not inputs:
        raise DataError(f"'{path}' has no column but the label {label!r}; expected inputs too.")
    _check_whole(targets, label, path, delimiter, encoding)
    if task is None:
        task = "classification" if kind == TEXT or _few_integers(targets) else "regression"
    if task == "regression" and kind == TEXT:
        raise DataError(
            f"'{path}': the label {label!r} has texts such as {targets[0]!r:.40}, which a regression cannot predict. "
            "Choose task='classification', or remove what is no number."
        )
    classes = None if task == "regression" else tuple(as_texts(np.unique(targets)).tolist())
    if classes is not None and len(classes) < 2:
        raise DataError(f"'{path}': the label {label!r} is {classes[0]!r:.40} in every row; expected two classes.")
    x = Table.of_columns(inputs)
    columns = TableSpec.of(x).columns
    spec = TableSpec(columns, (label, kind), classes, tuple(missing), decimal, encoding)
    return LabelledTable(x, _numbered(targets, spec, path), spec)


def read_labelled_like(path: PathLike, spec: TableSpec) -> LabelledTable:
    """Read a table with labels as another one was read.

    Parameters
    ----------
    path : path-like
    spec : TableSpec
        From :func:`read_labelled_csv`.

    Returns
    -------
    LabelledTable

    Raises
    ------
    DataError
        When the file cannot be read so, or has a label that is none of the classes.
    """
    if spec.label is None:
        raise DataError(f"'{path}': the model was trained on a table whose label is not known. Give an .npz archive.")
    name, kind = spec.label
    table = read_like(path, spec, {name: kind})
    _check_whole(table.column(name), name, path, None, spec.encoding)
    x = Table.of_columns({column: table.column(column) for column, _ in spec.columns})
    return LabelledTable(x, _numbered(table.column(name), spec, path), spec)


def read_like(path: PathLike, spec: TableSpec, more: dict[str, str] | None = None) -> Table:
    """Read the columns of a specification, and `more`, from a file; other columns are not looked at."""
    return read_csv(
        path,
        columns={**dict(spec.columns), **(more or {})},
        missing=spec.missing,
        decimal=spec.decimal,
        encoding=spec.encoding,
    )


def _line_of(row: int, path: PathLike, delimiter: str | None, encoding: str) -> int:
    """The line of the file that a row below the names begins at."""
    with csv_rows(path, delimiter, encoding) as rows:
        return next(itertools.islice(rows, row + 1, None))[0]


def _check_whole(targets: np.ndarray, label: str, path: PathLike, delimiter: str | None, encoding: str) -> None:
    """Refuse missing labels."""
    lost = [row for row, value in enumerate(targets.tolist()) if value is None or value != value]
    if lost:
        raise DataError(
            f"'{path}': the label {label!r} is missing in {len(lost)} of {len(targets)} rows, the first of them in "
            f"line {_line_of(lost[0], path, delimiter, encoding)}. Remove these rows."
        )


def _few_integers(targets: np.ndarray) -> bool:
    """Whether numbers look like classes."""
    distinct = np.unique(targets)
    whole = bool((distinct == np.rint(distinct)).all())
    return whole and len(distinct) <= _MOST_CLASSES and 10 * len(distinct) <= len(targets)


def _numbered(targets: np.ndarray, spec: TableSpec, path: PathLike) -> np.ndarray:
    """Class numbers, or targets in float32."""
    assert spec.label is not None
    if spec.classes is None:
        assert spec.label[1] == NUMBER
        return targets.astype(np.float32)
    place = {text: number for number, text in enumerate(spec.classes)}
    texts = as_texts(targets).tolist()
    for row, text in enumerate(texts):
        if text not in place:
            raise DataError(
                f"'{path}': the label {spec.label[0]!r} is {text!r:.40} in line "
                f"{_line_of(row, path, None, spec.encoding)}; the model knows the classes "
                f"{', '.join(spec.classes[:10])}{', …' if len(spec.classes) > 10 else ''}."
            )
    return np.array([place[text] for text in texts], np.int64)
