"""Loss and metrics of each epoch in a CSV file."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from nbnet.callbacks.callback import Callback, Logs
from nbnet.errors import DataError
from nbnet.hookspecs import Register, hookimpl
from nbnet.training.csv_rows import CsvRows, as_cell, columns_of

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Write a row for each epoch: its number, counted from 0, and the logs in the order of their names.

    Parameters
    ----------
    filename : path-like
    separator : str, of one character
    append : bool
        Add rows to a file that exists, whose columns must be the same; otherwise each fit begins anew.

    Raises
    ------
    DataError
        When the file to append to has no column for one of the numbers.
    OSError
        When the file cannot be written.

    Notes
    -----
    Each row is on the disk before the next epoch begins. A number that an epoch does not have is ``NA``. Numbers have
    all their digits; a matrix, such as that of a confusion, is written as nested lists. Keras makes columns for
    validation data even where there are none; here there are none then.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str) or len(separator) != 1 or separator in '\r\n"':
            raise ValueError(f"CSVLogger expects a separator of one character; received {separator!r}.")
        self.filename = os.fspath(filename)
        self.separator = separator
        self.append = append
        self._rows: CsvRows | None = None
        self._columns: list[str] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Open the file."""
        self._close()
        path = Path(self.filename)
        self._columns = _head(path, self.separator) if self.append else None
        self._rows = CsvRows(path, self.separator, self.append)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write one row, after the head where there is none."""
        logs = logs or {}
        assert self._rows is not None
        if self._columns is None:
            self._columns = ["epoch", *sorted(columns_of(logs, self.params.get("do_validation")), key=_order)]
            self._rows.write(self._columns)
        missing = [name for name in logs if name not in self._columns]
        if missing:
            raise DataError(
                f"'{self.filename}' has no column '{missing[0]}'; it has {', '.join(self._columns)}. Write to another "
                "file, or give CSVLogger append=False to begin anew."
            )
        row: dict[str, Any] = {**logs, "epoch": epoch}
        self._rows.write(as_cell(row[name]) if name in row else "NA" for name in self._columns)

    def on_train_end(self, logs: Logs = None) -> None:
        """Close the file."""
        self._close()

    def _close(self) -> None:
        """Close the file, if one is open."""
        if self._rows is not None:
            self._rows.close()
            self._rows = None


def _order(name: str) -> tuple[bool, str]:
    """By name, those of the validation data last."""
    return name.startswith("val_"), name


def _head(path: Path, separator: str) -> list[str] | None:
    """The columns of a file that exists; None where there is no first line."""
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file, delimiter=separator), None)


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``csv_logger``."""
    register("csv_logger", CSVLogger)
