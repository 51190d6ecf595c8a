"""What ``nbnet train`` shows while it works: a bar on a terminal, a line for each epoch elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nbnet.training.events import Listener

__all__ = ["ShowProgress"]

_SECONDS_BETWEEN = 0.1


class ShowProgress(Listener):
    """Show epoch, batches, loss and metrics, samples per second and the time left.

    Parameters
    ----------
    console : Console, optional
        Where to; default: standard error, so that standard output holds the result alone.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bar: Progress | None = None
        self._task: Any = None
        self._drawn = self._epoch_began = 0.0
        self._samples = 0

    def on_train_begin(self, run: Any) -> None:
        """Begin to draw."""
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("Epoch {task.fields[epoch]}"),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[shown]}"),
                TimeRemainingColumn(compact=True, elapsed_when_finished=True),
                TextColumn("left"),
                console=self._console,
                auto_refresh=False,  # a thread that draws would take a core from the training
                transient=True,
            )
            self._bar.start()

    def on_epoch_begin(self, run: Any, epoch: int) -> None:
        """Start the epoch's clock."""
        self._epoch_began = time.perf_counter()
        self._samples = 0

    def on_batch_end(self, run: Any, batch: int, logs: Mapping[str, float]) -> None:
        """Draw, ten times a second at the most."""
        self._samples = run.samples
        now = time.perf_counter()
        if self._bar is None or now - self._drawn < _SECONDS_BETWEEN:
            return
        self._drawn = now
        total = run.epochs * run.batches
        done = run.epoch * run.batches + batch + 1
        fields = {"epoch": f"{run.epoch + 1}/{run.epochs}", "shown": f"{batch + 1}/{run.batches}  {self._line(logs)}"}
        if self._task is None:
            self._task = self._bar.add_task("train", total=total, **fields)
        self._bar.update(self._task, completed=done, **fields)
        self._bar.refresh()

    def on_epoch_end(self, run: Any, epoch: int, logs: Mapping[str, float]) -> None:
        """Leave a line of the epoch."""
        width = len(str(run.epochs))
        line = f"epoch {epoch + 1:{width}}/{run.epochs}  {self._line(logs)}"
        if self._bar is not None:
            self._bar.print(line, highlight=False, soft_wrap=True)
        else:
            click.echo(line, err=True)

    def on_train_end(self, run: Any) -> None:
        """Take the bar away."""
        self.close()

    def close(self) -> None:
        """Take the bar away, also after a failure."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _line(self, logs: Mapping[str, float]) -> str:
        """Loss, metrics and speed."""
        seconds = max(time.perf_counter() - self._epoch_began, 1e-9)
        return "  ".join(
            [*(f"{name} {value:.4f}" for name, value in logs.items()), f"{self._samples / seconds:,.0f}/s"]
        )
