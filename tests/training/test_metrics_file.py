"""metrics.csv: a row an epoch, and what happens when it cannot be written."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from nbnet.training.csv_rows import CsvRows
from nbnet.training.events import Run
from nbnet.training.metrics_file import MetricsFile


def test_rows_with_validation_in_some_epochs(tmp_path):
    path = tmp_path / "metrics.csv"
    run = Run(model=None, epochs=3, batches=1, validates=True)
    with MetricsFile(path) as metrics:
        metrics.on_train_begin(run)
        for epoch, logs in enumerate([{"loss": 1 / 3}, {"loss": 0.25, "val_loss": 2.0}]):
            metrics.on_epoch_end(run, epoch, logs)
            assert len(path.read_text().splitlines()) == epoch + 2  # on the disk at once
    rows = list(csv.reader(path.read_text().splitlines()))
    assert [row[:-1] for row in rows] == [["epoch", "loss", "val_loss"], ["1", "0.3333333", ""], ["2", "0.25", "2"]]
    assert rows[0][-1] == "seconds"
    assert float(rows[1][-1]) <= float(rows[2][-1])


def test_without_validation_there_are_no_columns_for_it(tmp_path):
    with MetricsFile(tmp_path / "metrics.csv") as metrics:
        metrics.on_epoch_end(Run(None, 1, 1, validates=False), 0, {"loss": 1.0})
    assert (tmp_path / "metrics.csv").read_text().startswith("epoch,loss,seconds")


def test_a_matrix_is_written_as_nested_lists(tmp_path):
    with MetricsFile(tmp_path / "metrics.csv") as metrics:
        metrics.on_epoch_end(Run(None, 1, 1, validates=False), 0, {"matrix": np.eye(2, dtype="int64")})
    assert next(csv.reader((tmp_path / "metrics.csv").read_text().splitlines()[1:]))[1] == "[[1, 0], [0, 1]]"


def test_what_a_callback_adds_need_not_be_a_number(tmp_path):
    with MetricsFile(tmp_path / "metrics.csv") as metrics:
        metrics.on_epoch_end(Run(None, 1, 1, validates=False), 0, {"loss": 1.0, "note": "a, b", "none": None})
    row = next(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
    assert (row["loss"], row["note"], row["none"]) == ("1", "a, b", "")


def test_errors_name_the_file(tmp_path):
    with pytest.raises(IsADirectoryError) as caught:
        CsvRows(tmp_path)
    assert caught.value.filename == str(tmp_path)

    class Full:
        def write(self, text):
            raise OSError(28, "No space left on device")

    rows = CsvRows(tmp_path / "a.csv")
    rows.close()
    rows._file = Full()
    with pytest.raises(OSError, match="No space left") as full:
        rows.write([1])
    assert full.value.filename == str(tmp_path / "a.csv")
