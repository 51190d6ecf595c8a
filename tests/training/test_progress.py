"""The progress bar on a terminal."""

from __future__ import annotations

import io
import re

from rich.console import Console

from nbnet.training.events import Run
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


def test_numbers_small_and_large():
    assert (
        as_line({"loss": 0.12345, "a": 0.0, "b": 1e-5, "c": 123456.0})
        == "loss 0.1235  a 0.0000  b 1.000e-05  c 1.235e+05"
    )
