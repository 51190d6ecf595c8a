"""The CSV file of a training."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.callbacks import CSVLogger
from nbnet.errors import DataError
from tests.callbacks.scripted import play
from tests.naive import callbacks as naive

ROWS = [
    {"loss": 1 / 3, "accuracy": 0.5, "val_loss": 0.1, "val_accuracy": 1.0},
    {"loss": 1e-30, "accuracy": 0.25, "val_loss": float("nan"), "val_accuracy": 0.0},
]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_against_the_definition(tmp_path, separator):
    path = tmp_path / "log.csv"
    play(CSVLogger(path, separator), ROWS, validates=True)
    assert path.read_bytes().decode() == naive.csv_logger(ROWS, separator)
    assert path.read_text().startswith(separator.join(["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]))


def test_validation_in_some_epochs(tmp_path):
    path = tmp_path / "log.csv"
    rows = [{"loss": 1.0, "learning_rate": 0.1}, {"loss": 1.0, "val_loss": 2.0, "learning_rate": 0.1}]
    play(CSVLogger(path), rows, validates=True)
    assert path.read_bytes().decode() == naive.csv_logger(rows)
    play(CSVLogger(path), rows[:1], validates=False)
    assert path.read_text().splitlines()[0] == "epoch,learning_rate,loss"


def test_each_row_is_on_the_disk_at_once(tmp_path):
    class Look:
        def on_epoch_end(self, run, epoch, logs):
            seen.append(len(path.read_text().splitlines()))

    seen, path = [], tmp_path / "log.csv"
    play([CSVLogger(str(path)), Look()], ROWS)
    assert seen == [2, 3]


def test_append(tmp_path):
    path = tmp_path / "log.csv"
    callback = CSVLogger(path, append=True)
    for _ in range(2):  # a file that is not there, and one that is
        play(callback, ROWS)
    lines = naive.csv_logger(ROWS).splitlines()
    assert path.read_text().splitlines() == [*lines, *lines[1:]]
    with pytest.raises(DataError, match=r"no column 'mse'; it has epoch, accuracy, loss.*append=False"):
        play(CSVLogger(path, append=True), [{"loss": 1.0, "mse": 1.0}])
    play(CSVLogger(path, append=True), [{"loss": 2.0}])
    assert path.read_text().splitlines()[-1] == "0,NA,2.0,NA,NA"
    play(CSVLogger(path), ROWS)
    assert path.read_text().splitlines() == lines
    path.write_text("")
    play(CSVLogger(path, append=True), ROWS)
    assert path.read_text().splitlines() == lines


def test_matrices_are_nested_lists(tmp_path):
    play(CSVLogger(tmp_path / "log.csv"), [{"confusion": np.array([[1, 2], [3, 4]])}], validates=False)
    assert (tmp_path / "log.csv").read_text().splitlines() == ["epoch,confusion", '0,"[[1, 2], [3, 4]]"']


def test_a_file_that_cannot_be_written(tmp_path):
    path = tmp_path / "none" / "log.csv"
    with pytest.raises(FileNotFoundError) as caught:
        play(CSVLogger(path), ROWS)
    assert caught.value.filename == str(path)


@pytest.mark.parametrize("separator", ["", ",,", "\n", '"', 1])
def test_wrong_separator(separator):
    with pytest.raises(ValueError, match="separator of one character"):
        CSVLogger("log.csv", separator)
