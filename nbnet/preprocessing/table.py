"""Table: columns of numbers and of texts under their names, as they come from a CSV file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nbnet.errors import DataError, suggest

__all__ = ["NUMBER", "TEXT", "Table", "as_texts"]

NUMBER, TEXT = "number", "text"


class Table:
    """Named columns of one length.

    Parameters
    ----------
    columns : mapping of str to array_like
        Numbers, with None or NaN where one is missing, or texts, with None where one is missing. A column of both is an
        error; booleans are taken as the texts ``"False"`` and ``"True"``.

    Attributes
    ----------
    columns : dict of str to ndarray, shape (N,)
        float64 with NaN for missing numbers, or objects: str, and None for missing texts.

    Raises
    ------
    DataError
        When there is no column, lengths differ, or a column holds something else or infinity.

    Examples
    --------
    >>> table = Table({"age": [31, None, 54], "city": ["Rome", "Oslo", None]})
    >>> table
    Table: 3 rows, age (number), city (text)
    >>> table[np.array([2, 0])].columns["city"].tolist()
    [None, 'Rome']
    """

    def __init__(self, columns: Mapping[str, Any]) -> None:
        if not isinstance(columns, Mapping) or not columns:
            raise DataError(f"Table expects columns by name; received {columns!r:.60}.")
        self.columns: dict[str, np.ndarray] = {}
        for name, values in columns.items():
            if not isinstance(name, str):
                raise DataError(f"Table expects texts as names of columns; received {name!r:.60}.")
            self.columns[name] = _column(values, name)
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(f"Table expects columns of one length; received {lengths!s:.200}.")

    @classmethod
    def of_columns(cls, columns: dict[str, np.ndarray]) -> Table:
        """The table of columns that are float64, or objects (str and None), already."""
        made = object.__new__(cls)
        made.columns = columns
        return made

    @classmethod
    def joined(cls, tables: Sequence[Table]) -> Table:
        """The rows of several tables with the columns of the first, one after the other."""
        return cls.of_columns(
            {name: np.concatenate([table.column(name) for table in tables]) for name in tables[0].names}
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self.columns)

    def kind(self, name: str) -> str:
        """``"number"`` or ``"text"``."""
        return NUMBER if self.column(name).dtype.kind == "f" else TEXT

    def column(self, name: str) -> np.ndarray:
        """The values of one column.

        Raises
        ------
        DataError
            When there is none of that name; the message lists close names.
        """
        if name not in self.columns:
            raise DataError(f"The table has no column {name!r}. {suggest(name, self.columns, noun='column')}")
        return self.columns[name]

    def __len__(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))

    def __getitem__(self, rows: Any) -> Table:
        """The table of some rows: a slice, or an array of row numbers or of booleans."""
        return Table.of_columns({name: column[rows] for name, column in self.columns.items()})

    def __repr__(self) -> str:
        """Size and columns."""
        shown = [f"{name} ({self.kind(name)})" for name in self.names]
        listed = ", ".join(shown) if len(shown) <= 12 else ", ".join([*shown[:11], f"… ({len(shown)} columns)"])
        return f"Table: {len(self):,} rows, {listed}"


def as_texts(column: np.ndarray) -> np.ndarray:
    """A column as texts: whole numbers without a point, missing ones None."""
    if column.dtype.kind != "f":
        return column
    made = np.empty(len(column), object)
    made[:] = [None if math.isnan(value) else _plain(value) for value in column.tolist()]
    return made


def _plain(value: float) -> str:
    """The shortest text of a number."""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def _column(values: Any, name: str) -> np.ndarray:
    """The checked values of one column."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise DataError(f"Table expects the column {name!r} as an array or list; received {values!r:.60}.")
    array = values if isinstance(values, np.ndarray) else None
    if array is not None and array.ndim != 1:
        raise DataError(f"Table expects the column {name!r} in one axis; received {array.shape}.")
    if array is not None and array.dtype.kind in "iuf":
        numbers = array.astype(np.float64)
    else:
        items = (array if array is not None else np.fromiter(values, object)).tolist()
        texts = [_as_text(item) for item in items]
        if any(isinstance(text, str) for text in texts):
            return _texts(texts, name)
        numbers = np.array([math.nan if item is None else _as_number(item, name) for item in items])
    if np.isinf(numbers).any():
        raise DataError(
            f"Table: the column {name!r} has infinity in row {int(np.argmax(np.isinf(numbers)))}; "
            "expected finite numbers, or NaN where one is missing."
        )
    return numbers


def _as_text(item: Any) -> Any:
    """Texts as they are, booleans by name, other things unchanged."""
    return str(bool(item)) if isinstance(item, (bool, np.bool_)) else item


def _texts(items: list[Any], name: str) -> np.ndarray:
    """A column of texts, equal ones stored once."""
    known: dict[str, str] = {}
    made = np.empty(len(items), object)
    for row, item in enumerate(items):
        missing = item is None or (isinstance(item, (float, np.floating)) and math.isnan(item))
        if not missing and not isinstance(item, str):
            raise DataError(
                f"Table: the column {name!r} has texts and in row {row} {item!r:.40}; expected texts only, and None "
                "where one is missing."
            )
        made[row] = None if missing else known.setdefault(str(item), str(item))
    return made


def _as_number(item: Any, name: str) -> float:
    """One number of a column that has no text."""
    if not isinstance(item, (int, float, np.integer, np.floating)):
        raise DataError(f"Table: the column {name!r} has {item!r:.40}; expected numbers or texts.")
    try:
        return float(item)
    except OverflowError as error:
        raise DataError(f"Table: the column {name!r} has a number of more than 308 digits.") from error
