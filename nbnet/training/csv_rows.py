"""A CSV file that grows by a row an epoch, each on the disk before the next epoch begins."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

__all__ = ["CsvRows", "as_cell", "columns_of"]


class CsvRows:
    """Rows that are appended to a file and flushed one by one.

    Parameters
    ----------
    path : Path
    separator : str, of one character
    append : bool
        Leave what is there.

    Raises
    ------
    OSError
        When the file cannot be opened or a row not be written; ``filename`` is `path`.
    """

    def __init__(self, path: Path, separator: str = ",", append: bool = False) -> None:
        self.path = path
        self._separator = separator
        with self._naming_the_file():
            self._file: IO[str] = path.open("a" if append else "w", encoding="utf-8", newline="")

    def write(self, row: Iterable[Any]) -> None:
        """Add a row."""
        with self._naming_the_file():
            csv.writer(self._file, delimiter=self._separator).writerow(row)
            self._file.flush()

    def close(self) -> None:
        """Close the file; all rows are there already, so a failure was reported with its row."""
        with contextlib.suppress(OSError):
            self._file.close()

    @contextlib.contextmanager
    def _naming_the_file(self) -> Any:
        """Let errors say which file it was."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), str(self.path)) from error


def as_cell(value: Any, digits: int | None = None) -> Any:
    """A number of the logs, rounded to so many significant digits; a matrix, as a metric may be, as nested lists.

    What a callback added to the logs and is no number is written as it prints itself.
    """
    if np.ndim(value):
        return np.asarray(value).tolist()
    return value if digits is None or np.asarray(value).dtype.kind not in "bifu" else f"{value:.{digits}g}"


def columns_of(logs: Mapping[str, Any], validates: bool | None) -> list[str]:
    """The columns for the logs of the first epoch, and for those of the validation data that come in a later one.

    Parameters
    ----------
    logs : mapping
    validates : bool or None
        Whether there are validation data, which not every epoch need evaluate; None where nobody knows.

    Returns
    -------
    list of str
    """
    if validates is False or any(name.startswith("val_") for name in logs):
        return list(logs)
    return [*logs, *(f"val_{name}" for name in logs if name != "learning_rate")]
