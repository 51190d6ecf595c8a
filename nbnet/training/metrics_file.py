"""metrics.csv: a row for each epoch, written as it goes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from nbnet.training.csv_rows import CsvRows, as_cell, columns_of
from nbnet.training.events import Listener

__all__ = ["MetricsFile"]


class MetricsFile(Listener):
    """Write ``epoch, loss, …, val_loss, …, seconds`` to a file; a context manager.

    Parameters
    ----------
    path : Path
        The file; it is made when the first epoch ends.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: CsvRows | None = None
        self._names: list[str] = []
        self._started = time.perf_counter()

    def on_train_begin(self, run: Any) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_epoch_end(self, run: Any, epoch: int, logs: Mapping[str, float]) -> None:
        """Write one row, on the disk before the next epoch begins; the head comes before the first."""
        if self._rows is None:
            self._rows = CsvRows(self._path)
            self._names = columns_of(logs, run.validates)
            self._rows.write(["epoch", *self._names, "seconds"])
        seconds = f"{time.perf_counter() - self._started:.3f}"
        self._rows.write(
            [epoch + 1, *(as_cell(logs[name], 7) if name in logs else "" for name in self._names), seconds]
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._rows is not None:
            self._rows.close()
