"""metrics.csv: a row for each epoch, written as it goes."""

from __future__ import annotations

import contextlib
import csv
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

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
        self._file: IO[str] | None = None
        self._names: list[str] = []
        self._started = time.perf_counter()

    def on_train_begin(self, run: Any) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_epoch_end(self, run: Any, epoch: int, logs: Mapping[str, float]) -> None:
        """Write one row, on the disk before the next epoch begins."""
        try:
            self._write(epoch, logs)
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), str(self._path)) from error

    def _write(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Add the row; the head comes before the first."""
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            self._names = list(logs)
            csv.writer(self._file).writerow(["epoch", *self._names, "seconds"])
        seconds = f"{time.perf_counter() - self._started:.3f}"
        row = [epoch + 1, *(f"{logs[name]:.7g}" if name in logs else "" for name in self._names), seconds]
        csv.writer(self._file).writerow(row)
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # rows are flushed one by one, so a failure was reported with its row
                self._file.close()
