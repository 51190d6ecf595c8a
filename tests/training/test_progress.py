"""The progress bar on a terminal."""

from __future__ import annotations

import io
import re

import numpy as np
from rich.console import Console

from nbnet.training.events import Run
from nbnet.training.history import History
from nbnet.training.progress import ProgressBar, as_line


def test_bar_on_a_terminal():
    out = io.StringIO()
    bar = ProgressBar(console=Console(file=out, force_terminal=True, width=120))
    run = Run(model=None, epochs=2, batches=4)
    bar.on_train_begin(run)
    for epoch in range(2):
        run.epoch = epoch
        bar.on_epoch_begin(run, epoch)
        for batch in range(4):
            bar._drawn = 0.0  # draw each time
            run.samples = 32 * (batch + 1)
            bar.on_batch_end(run, batch, {"loss": 0.5, "accuracy": 0.75})
        bar.on_epoch_end(run, epoch, {"loss": 0.25})
    bar.on_train_end(run)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())
    for part in ("Epoch 1/2", "3/4", "loss 0.5000", "accuracy 0.7500", "samples/s", "left", "Epoch 2/2  loss 0.2500"):
        assert part in text


def test_names_are_no_markup():
    out = io.StringIO()
    bar = ProgressBar(console=Console(file=out, force_terminal=True, width=120))
    run = Run(model=None, epochs=1, batches=4)
    bar.on_train_begin(run)
    bar.on_epoch_begin(run, 0)
    for batch in range(2):
        bar._drawn = 0.0
        bar.on_batch_end(run, batch, {"[/red]": 0.5})
    bar.on_train_end(run)
    assert "[/red] 0.5000" in out.getvalue()


def test_the_first_step_is_not_in_the_speed(monkeypatch):
    times = iter([0.0, 100.0, 101.0, 102.0])
    monkeypatch.setattr("nbnet.training.progress.time.perf_counter", lambda: next(times))
    out = io.StringIO()
    bar = ProgressBar(console=Console(file=out, width=120, soft_wrap=True))
    run = Run(model=None, epochs=1, batches=3)
    bar.on_epoch_begin(run, 0)
    for batch in range(3):
        run.samples = 32 * (batch + 1)
        bar.on_batch_end(run, batch, {})
    bar._console.get_time = lambda: 0.0
    bar.on_epoch_end(run, 0, {"loss": 0.5})
    assert " 32 samples/s" in out.getvalue()


def test_matrices_are_not_shown():
    assert as_line({"loss": 0.5, "confusion": np.eye(2)}) == "loss 0.5000"
    history = History()
    history.on_epoch_end(Run(None, 1, 1), 0, {"loss": 0.5, "confusion": np.eye(2)})
    assert repr(history) == "<History of 1 epoch: loss 0.5>"


def test_what_a_callback_adds_need_not_be_a_number():
    assert as_line({"loss": np.float32(0.5), "note": "[a]", "none": None, "zero": np.array(0.25)}) == (
        "loss 0.5000  zero 0.2500"
    )


def test_numbers_small_and_large():
    assert (
        as_line({"loss": 0.12345, "a": 0.0, "b": 1e-5, "c": 123456.0})
        == "loss 0.1235  a 0.0000  b 1.000e-05  c 1.235e+05"
    )


class Rate:
    """A model with an optimizer."""

    def __init__(self, learning_rate):
        self.optimizer, self.learning_rate = self, learning_rate


def test_a_new_learning_rate_is_shown_once():
    out = io.StringIO()
    bar = ProgressBar(console=Console(file=out, width=120, soft_wrap=True))
    run = Run(Rate(0.1), epochs=4, batches=1)
    for rates in ((0.1, 0.1, 0.05, 0.05), (0.01,)):  # a second training has nothing to compare with
        bar.on_train_begin(run)
        for epoch, run.model.learning_rate in enumerate(rates):
            bar.on_epoch_end(run, epoch, {"loss": 0.5})
        bar.on_train_end(run)
    assert ["learning_rate 0.0500" in line for line in out.getvalue().splitlines()] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert "learning_rate 0.01" not in out.getvalue()


def test_an_epoch_of_unknown_length():
    out = io.StringIO()
    bar = ProgressBar(console=Console(file=out, force_terminal=True, width=120))
    run = Run(model=None, epochs=2, batches=None)
    bar.on_train_begin(run)
    bar.on_epoch_begin(run, 0)
    for batch in range(3):
        bar._drawn, run.samples = 0.0, batch + 1
        bar.on_batch_end(run, batch, {"loss": 0.5})
    bar.on_train_end(run)
    assert "3/?" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())
