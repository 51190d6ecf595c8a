"""CSV files as tables: which columns are numbers, and their values, in two passes that keep no text of a number."""

from __future__ import annotations

import math
import warnings
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from nbnet.data.csv_text import Rows, csv_rows
from nbnet.data.reading import MAX_BYTES, PathLike
from nbnet.data.table_spec import MISSING
from nbnet.errors import DataError, suggest
from nbnet.preprocessing.table import NUMBER, TEXT, Table

__all__ = ["as_number", "read_csv", "read_matrix"]


def read_csv(
    path: PathLike,
    columns: Mapping[str, str | None] | None = None,
    categorical: Collection[str] = (),
    ignore: Collection[str] = (),
    missing: Sequence[str] = MISSING,
    delimiter: str | None = None,
    decimal: str = ".",
    encoding: str = "utf-8",
    max_bytes: int = MAX_BYTES,
) -> Table:
    r"""The table in a CSV file whose first line names the columns.

    Parameters
    ----------
    path : path-like
        The file. Fields may be quoted, and lose white space around them; empty lines are left out.
    columns : mapping of str to str or None, optional
        Read these columns only, in this order, as ``"number"`` or ``"text"``; None: by their content. Default: all.
    categorical : collection of str
        Columns that are texts although they look like numbers.
    ignore : collection of str
        Columns that are not read.
    missing : sequence of str
        Texts that stand for a missing value.
    delimiter : str, optional
        One character. Default: the one of comma, semicolon, tab and bar that fits the first rows.
    decimal : "." or ","
        The decimal point.
    encoding : str
        E.g. "utf-8" (a byte order mark is skipped) or "cp1252".
    max_bytes : int
        Refuse a file that is larger.

    Returns
    -------
    Table
        A column is of numbers when each of its values is one or missing.

    Raises
    ------
    DataError
        With the line where there is one: for files that cannot be read or are no text, rows of another length than the
        header, columns without name, of one name, without value, or that are not there, a number that is none, and
        infinite numbers.

    Warns
    -----
    UserWarning
        When texts would be numbers with a decimal comma.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "people.csv")
    >>> _ = path.write_text("age;city\n31;Rome\n?;Oslo\n")
    >>> table = read_csv(path)
    >>> table, table.columns["age"].tolist()
    (Table: 2 rows, age (number), city (text), [31.0, nan])
    """
    if decimal not in (".", ","):
        raise DataError(f"read_csv expects decimal as '.' or ','; received {decimal!r:.60}.")
    words = frozenset(missing)

    @contextmanager
    def rows() -> Iterator[tuple[list[str], Rows]]:
        with csv_rows(path, delimiter, encoding, max_bytes) as found:
            yield _header(found, path), found

    with rows() as (header, body):
        wanted: dict[str, str | None] = dict.fromkeys(header) if columns is None else dict(columns)
        for name in [*wanted, *categorical, *ignore]:
            if name not in header:
                raise DataError(f"'{path}' has no column {name!r}. {suggest(name, header, noun='column')}")
        wanted = {name: TEXT if name in categorical else kind for name, kind in wanted.items() if name not in ignore}
        _check_names(header, [*wanted], path)
        places = {name: header.index(name) for name in wanted}
        unknown = {name: places[name] for name, kind in wanted.items() if kind is None}
        if unknown:
            wanted |= _kinds(body, unknown, words, decimal, len(header), path)
    with rows() as (header, body):
        kinds = {name: (places[name], str(kind)) for name, kind in wanted.items()}
        return _values(body, kinds, words, decimal, header, path)


def read_matrix(
    path: PathLike,
    ignore: Collection[str] = (),
    missing: Sequence[str] = MISSING,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    max_bytes: int = MAX_BYTES,
) -> np.ndarray:
    """The numbers in a CSV file, with or without a line of names.

    Parameters
    ----------
    path, missing, delimiter, encoding, max_bytes
        As for :func:`read_csv`. The first line holds names unless all of its fields are numbers or missing.
    ignore : collection of str
        Columns that are not read, where there are names.

    Returns
    -------
    ndarray, shape (rows, columns), float64
        NaN where a value is missing.

    Raises
    ------
    DataError
        As by :func:`read_csv`, and for a field that is no number.
    """
    words = frozenset(missing)
    with csv_rows(path, delimiter, encoding, max_bytes) as rows:
        line, first = next(rows, (1, []))
        if not first:
            raise DataError(f"The CSV file '{path}' is empty. Write or download it again.")
        named = any(field not in words and as_number(field, ".") is None for field in first)
        kept = [place for place, name in enumerate(first) if not named or name not in ignore]
        values = array("d")
        if not named:
            _take_numbers(first, kept, first, named, words, values, line, path)
        for line, fields in rows:
            _check_width(fields, len(first), line, path)
            _take_numbers(fields, kept, first, named, words, values, line, path)
    if not values:
        raise DataError(f"The CSV file '{path}' has no row of numbers; expected one for each sample.")
    return np.array(values, np.float64).reshape(-1, len(kept))


def as_number(text: str, decimal: str) -> float | None:
    """The number that a text is, infinity included; None where it is none."""
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    if "_" in text:  # Python reads 1_000 as a thousand; a file means a name
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _header(rows: Rows, path: PathLike) -> list[str]:
    """The names of the columns."""
    _, header = next(rows, (1, []))
    if not header:
        raise DataError(f"The CSV file '{path}' is empty. Write or download it again.")
    if all(as_number(name, ".") is not None for name in header):
        raise DataError(
            f"'{path}': expected the names of the columns in the first line; received the numbers "
            f"{', '.join(header[:4])}{', …' if len(header) > 4 else ''}. Add a line of names."
        )
    return header


def _check_names(header: list[str], wanted: list[str], path: PathLike) -> None:
    """Refuse columns without a name, or with one name, among those that are read."""
    if "" in wanted:
        raise DataError(
            f"'{path}': column {header.index('') + 1} has no name in the first line. If it numbers the rows, leave it "
            "out: ignore=['']; else give it a name."
        )
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise DataError(f"'{path}' has {header.count(twice[0])} columns {twice[0]!r}. Give each a name of its own.")
    if not wanted:
        raise DataError(f"'{path}': no column is left to read.")


def _check_width(fields: list[str], width: int, line: int, path: PathLike) -> None:
    """Refuse a row that has more or fewer fields than the header."""
    if len(fields) != width:
        raise DataError(
            f"'{path}', line {line}: {len(fields)} fields; the first line has {width}. A field that holds the "
            "delimiter must be quoted; leave a missing value empty."
        )


def _kinds(
    rows: Rows, places: Mapping[str, int], words: frozenset[str], decimal: str, width: int, path: PathLike
) -> dict[str, str]:
    """Whether each column is of numbers or of texts, by all of its values."""
    found: dict[str, str] = {}
    commas: dict[str, str | None] = {}  # a text with a comma, where all would be numbers with a decimal comma
    line = 0
    for line, fields in rows:
        _check_width(fields, width, line, path)
        for name, place in places.items():
            text = fields[place]
            if text in words:
                continue
            if found.get(name) != TEXT:
                found[name] = TEXT if as_number(text, decimal) is None else NUMBER
            if decimal == "." and commas.get(name, "") is not None:
                is_number = as_number(text, ",") is not None
                commas[name] = (text if "," in text else commas.get(name, "")) if is_number else None
    if not line:
        raise _no_rows(path)
    meant = [name for name, text in commas.items() if text and found[name] == TEXT]
    if meant:
        warnings.warn(
            f"'{path}': every value of {', '.join(map(repr, meant[:5]))} would be a number with a decimal comma, such "
            f"as {commas[meant[0]]!r:.40}; they are read as texts. Give decimal=',', or name texts in categorical=.",
            UserWarning,
            stacklevel=4,
        )
    empty = [name for name in places if name not in found]
    if empty:
        raise DataError(f"'{path}': the column {empty[0]!r} has no value. Leave it out: ignore=[{empty[0]!r}].")
    return found


def _values(
    rows: Rows,
    wanted: Mapping[str, tuple[int, str]],
    words: frozenset[str],
    decimal: str,
    header: list[str],
    path: PathLike,
) -> Table:
    """The columns as numbers, and as texts of which equal ones are stored once."""
    numbers = {name: (place, array("d")) for name, (place, kind) in wanted.items() if kind == NUMBER}
    texts: dict[str, tuple[int, list[str | None], dict[str, str]]] = {
        name: (place, [], {}) for name, (place, kind) in wanted.items() if kind == TEXT
    }
    for line, fields in rows:
        _check_width(fields, len(header), line, path)
        for name, (place, values) in numbers.items():
            values.append(_number(fields[place], words, decimal, name, line, path))
        for place, strings, known in texts.values():
            text = fields[place]
            strings.append(None if text in words else known.setdefault(text, text))
    made: dict[str, np.ndarray] = {}
    for name in wanted:
        if name in numbers:
            made[name] = np.array(numbers[name][1], np.float64)
        else:
            made[name] = np.empty(len(texts[name][1]), object)
            made[name][:] = texts[name][1]
    if not len(next(iter(made.values()))):
        raise _no_rows(path)
    return Table.of_columns(made)


def _no_rows(path: PathLike) -> DataError:
    """The error for a file with names alone."""
    return DataError(f"The CSV file '{path}' has no row below its names; expected one for each sample.")


def _take_numbers(
    fields: list[str],
    kept: list[int],
    header: list[str],
    named: bool,
    words: frozenset[str],
    values: array[float],
    line: int,
    path: PathLike,
) -> None:
    """Append the numbers of one row."""
    for place in kept:
        name = header[place] if named else str(place + 1)
        values.append(_number(fields[place], words, ".", name, line, path))


def _number(text: str, words: frozenset[str], decimal: str, name: str, line: int, path: PathLike) -> float:
    """One number, NaN where it is missing."""
    if text in words:
        return math.nan
    value = as_number(text, decimal)
    if value is None or not math.isfinite(value):
        raise DataError(
            f"'{path}', line {line}: expected a number in the column {name!r}; received {text!r:.60}. Correct it, or "
            "add it to the texts that stand for a missing value."
        )
    return value
