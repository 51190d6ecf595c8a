"""Tabular: a table of numbers and texts as the numbers that a network takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.axes import as_statistic
from nbnet.preprocessing.impute import most_frequent
from nbnet.preprocessing.step import Step
from nbnet.preprocessing.table import NUMBER, TEXT, Table, as_texts

__all__ = ["Tabular"]

_IMPUTE = ("median", "mean", "most_frequent")
_SCALE = ("standard", "minmax")


class Tabular(Step):
    """Fill in missing numbers, scale numbers, and one-hot encode texts.

    Parameters
    ----------
    impute : "median", "mean", "most_frequent", float or None
        What a missing number becomes: a statistic of the training rows, or this number. None: missing numbers are an
        error.
    scale : "standard", "minmax" or None
        Zero mean and unit variance, the range from 0 to 1, or numbers as they are.
    unknown : "ignore" or "error"
        What a later text means that the training rows did not have: zeros in all columns of that text, or an error.
    max_categories : int
        A column with more different texts is an error: names and numbers of rows are no categories.
    columns : list of dict, optional
        What an earlier fit has learned of each column.

    Notes
    -----
    Input is a ``Table``, or a mapping of names to columns; columns are found by name, in any order, and others are not
    looked at. A number becomes one feature: filled in, then scaled (the statistics of scaling are those of the filled
    column). A text becomes one feature for each category, sorted; a missing text is a category of its own where the
    training rows had missing ones, and unknown otherwise. Computed in float64, the result is float32.

    Examples
    --------
    >>> step = Tabular().fit(Table({"age": [30, None, 50, 40], "city": ["Rome", "Oslo", "Rome", "Rome"]}))
    >>> step.feature_names
    ('age', 'city=Oslo', 'city=Rome')
    >>> step({"city": ["Oslo", "Paris"], "age": [40, None]}).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """

    takes_missing = True

    def __init__(
        self,
        impute: str | float | None = "median",
        scale: str | None = "standard",
        unknown: str = "ignore",
        max_categories: int = 100,
        columns: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        if isinstance(impute, str) and impute not in _IMPUTE:
            raise DataError(f"Tabular expects impute as one of {_IMPUTE}, a number or None; received {impute!r:.60}.")
        if not isinstance(impute, str) and impute is not None:
            fill = as_statistic(impute, "impute", "Tabular")
            if fill.ndim:
                raise DataError(
                    f"Tabular expects impute as one of {_IMPUTE}, a number or None; received {impute!r:.60}."
                )
            impute = float(fill)
        if scale is not None and scale not in _SCALE:
            raise DataError(f"Tabular expects scale as 'standard', 'minmax' or None; received {scale!r:.60}.")
        if unknown not in ("ignore", "error"):
            raise DataError(f"Tabular expects unknown as 'ignore' or 'error'; received {unknown!r:.60}.")
        if isinstance(max_categories, bool) or not isinstance(max_categories, int) or max_categories < 1:
            raise DataError(f"Tabular expects max_categories of at least 1; received {max_categories!r:.60}.")
        self.impute = impute
        self.scale = scale
        self.unknown = unknown
        self.max_categories = max_categories
        self.columns: list[dict[str, Any]] | None = None if columns is None else _checked_columns(columns)

    @property
    def fitted(self) -> bool:
        """Whether the columns are known."""
        return self.columns is not None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each output column: ``"age"``, ``"city=Rome"``, and ``"city=?"`` for missing texts."""
        names: list[str] = []
        for column in self._learned():
            if column["kind"] == NUMBER:
                names.append(column["name"])
            else:
                names += [f"{column['name']}={'?' if text is None else text}" for text in column["categories"]]
        return tuple(names)

    def fit(self, x: Any) -> Tabular:
        """Learn columns, statistics and categories.

        Parameters
        ----------
        x : Table, or mapping of str to array_like

        Returns
        -------
        Tabular
            The step itself.

        Raises
        ------
        DataError
            When a column has no value at all, or a column of texts too many different ones.
        """
        table = _as_table(x)
        learn = {NUMBER: self._learn_numbers, TEXT: self._learn_texts}
        self.columns = [learn[table.kind(name)](name, table.column(name)) for name in table.names]
        return self

    def __call__(self, x: Any) -> np.ndarray:
        """The features of each row.

        Parameters
        ----------
        x : Table, or mapping of str to array_like

        Returns
        -------
        ndarray, shape (N, features), float32

        Raises
        ------
        DataError
            Before `fit`; when a column is not there or is of another kind; for missing numbers with ``impute=None`` and
            unknown texts with ``unknown="error"``.
        """
        columns = self._learned()
        table = _as_table(x)
        missing = [column["name"] for column in columns if column["name"] not in table.columns]
        if missing:
            raise DataError(
                f"Tabular was fitted to the columns {_listed([column['name'] for column in columns])}; the table lacks "
                f"{_listed(missing)}. It has {_listed(table.names)}."
            )
        parts = [
            _numbers(column, table) if column["kind"] == NUMBER else self._encoded(column, table) for column in columns
        ]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def get_config(self) -> dict[str, Any]:
        """The arguments, and what was learned of each column."""
        return {
            "impute": self.impute,
            "scale": self.scale,
            "unknown": self.unknown,
            "max_categories": self.max_categories,
            "columns": None if self.columns is None else [dict(column) for column in self.columns],
        }

    def __repr__(self) -> str:
        """Arguments and columns."""
        state = "not fitted" if self.columns is None else f"{len(self.columns)} columns"
        return f"Tabular(impute={self.impute!r}, scale={self.scale!r}, unknown={self.unknown!r}, {state})"

    def _learned(self) -> list[dict[str, Any]]:
        """What is known of the columns."""
        if self.columns is None:
            raise DataError("Tabular is not fitted. Give it to nbnet.Data(preprocess=...), or call fit(table) first.")
        return self.columns

    def _learn_numbers(self, name: str, values: np.ndarray) -> dict[str, Any]:
        """What a missing number becomes, and how numbers are scaled."""
        present = values[~np.isnan(values)]
        if not len(present):
            raise DataError(f"Tabular: the column {name!r} has no value in {len(values)} rows. Leave it out.")
        if self.impute is None or not isinstance(self.impute, str):
            fill = self.impute
        elif self.impute == "most_frequent":
            fill = most_frequent(present)
        else:
            fill = float(np.median(present) if self.impute == "median" else np.mean(present))
        filled = present if fill is None else np.where(np.isnan(values), fill, values)
        offset, extent = 0.0, 1.0
        if self.scale == "standard":
            offset, extent = float(filled.mean()), float(filled.std())
        elif self.scale == "minmax":
            offset, extent = float(filled.min()), float(np.ptp(filled))
        return {"name": name, "kind": NUMBER, "fill": fill, "offset": offset, "extent": extent or 1.0}

    def _learn_texts(self, name: str, values: np.ndarray) -> dict[str, Any]:
        """The categories of a column."""
        found = set(values.tolist())
        texts: list[str | None] = sorted(found - {None})
        if not texts:
            raise DataError(f"Tabular: the column {name!r} has no value in {len(values)} rows. Leave it out.")
        if len(texts) > self.max_categories:
            raise DataError(
                f"Tabular: the column {name!r} has {len(texts):,} different texts in {len(values):,} rows, such as "
                f"{texts[0]!r:.40} and {texts[1]!r:.40}; expected at most {self.max_categories}. Leave it out "
                "(ignore=), or give Tabular(max_categories=...)."
            )
        return {"name": name, "kind": TEXT, "categories": texts + ([None] if None in found else [])}

    def _encoded(self, column: dict[str, Any], table: Table) -> np.ndarray:
        """The features of a column of texts."""
        values = as_texts(table.column(column["name"]))
        place = {text: number for number, text in enumerate(column["categories"])}
        numbers = np.array([place.get(value, -1) for value in values.tolist()], np.int64)
        if self.unknown == "error" and (numbers < 0).any():
            row = int(np.argmax(numbers < 0))
            raise DataError(
                f"Tabular: the column {column['name']!r} has {values[row]!r:.60} in row {row}, which no training row "
                f"had; expected {_listed([repr(text) for text in column['categories']])}."
            )
        return (numbers[:, None] == np.arange(len(place))).astype(np.float64)


def _numbers(column: dict[str, Any], table: Table) -> np.ndarray:
    """The feature of a column of numbers."""
    name = column["name"]
    values = table.column(name)
    if table.kind(name) != NUMBER:
        present = [value for value in values.tolist() if value is not None]
        if present:
            raise DataError(f"Tabular expects numbers in the column {name!r}; received {present[0]!r:.60}.")
        values = np.full(len(values), np.nan)
    missing = np.isnan(values)
    if column["fill"] is None and missing.any():
        raise DataError(
            f"Tabular(impute=None): the column {name!r} has no value in row {int(np.argmax(missing))}. Remove the row, "
            "or choose what a missing number becomes: impute='median'."
        )
    filled = values if column["fill"] is None else np.where(missing, column["fill"], values)
    scaled: np.ndarray = (filled - column["offset"]) / column["extent"]
    return scaled[:, None]


def _as_table(x: Any) -> Table:
    """What a step was given, as a table."""
    if isinstance(x, Table):
        return x
    if isinstance(x, Mapping):
        return Table(x)
    raise DataError(
        f"Tabular expects a nbnet.preprocessing.Table or columns by name; received {type(x).__name__}. Read a CSV file "
        "with nbnet.data.read_csv, or an array's columns as {'age': x[:, 0], ...}."
    )


def _checked_columns(columns: Any) -> list[dict[str, Any]]:
    """What was learned earlier, which may come from a file."""
    if not isinstance(columns, (list, tuple)) or not columns:
        raise DataError(f"Tabular expects columns as a list of what was learned; received {columns!r:.60}.")
    made: list[dict[str, Any]] = []
    for column in columns:
        name, kind = (column.get("name"), column.get("kind")) if isinstance(column, Mapping) else (None, None)
        if not isinstance(name, str) or any(name == other["name"] for other in made):
            raise DataError(f"Tabular expects the name of each column once; received {name!r:.60}.")
        if kind == NUMBER and set(column) == {"name", "kind", "fill", "offset", "extent"}:
            for key in ("fill", "offset", "extent"):
                fits = column[key] is None if key == "fill" and column[key] is None else _is_scalar(column[key])
                if not fits or (key == "extent" and column[key] <= 0):
                    raise DataError(f"Tabular: the column {name!r:.60} has the {key} {column[key]!r:.60}.")
        elif kind == TEXT and set(column) == {"name", "kind", "categories"}:
            texts = column["categories"]
            whole = isinstance(texts, list) and all(text is None or isinstance(text, str) for text in texts)
            if not whole or not texts or len(set(texts)) != len(texts):
                raise DataError(f"Tabular: the column {name!r:.60} has the categories {texts!r:.60}.")
        else:
            raise DataError(f"Tabular: the description of the column {name!r:.60} is malformed.")
        made.append(dict(column))
    return made


def _is_scalar(value: Any) -> bool:
    """Whether a value from JSON is one finite number."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and as_statistic(value, "statistics", "Tabular").ndim == 0


def _listed(names: Sequence[str]) -> str:
    """Names in one line, shortened when there are many."""
    return ", ".join(names) if len(names) <= 12 else ", ".join(names[:11]) + f", … ({len(names)} in all)"
