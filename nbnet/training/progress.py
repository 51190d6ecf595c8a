"""What ``fit`` shows: a bar on a terminal, a line for each epoch elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nbnet.runtime import cpu
from nbnet.training.events import Listener, Run

__all__ = ["ProgressBar", "as_line", "as_matrices", "as_verbose"]

_SECONDS_BETWEEN = 0.1  # drawing takes time from training


class ProgressBar(Listener):
    """Epoch, batches, loss, metrics, samples per second and time left.

    Parameters
    ----------
    bar : bool
        Draw a bar where output is a terminal; a line an epoch comes in any case.
    console : Console, optional
        Where to; standard output when None.
    """

    def __init__(self, bar: bool = True, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._bar: Progress | None = None
        self._wanted = bar
        self._task: Any = None
        self._report: Callable[[int, int], None] | None = None
        self._drawn = self._began = self._now = 0.0
        self._skipped = 0
        self._first = True
        self._rate: float | None = None

    def on_train_begin(self, run: Run) -> None:
        """Begin to draw."""
        self._first, self._rate = True, None
        if self._wanted and self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[shown]}", markup=False),  # a metric may be called [red]
                TimeRemainingColumn(compact=True),
                TextColumn("left"),
                console=self._console,
                auto_refresh=False,  # a thread that draws would take a core from the training
                transient=True,
            )
            self._task = self._bar.add_task("", total=_steps(run), shown="")
            self._bar.start()
            self._report, cpu.on_compile = cpu.on_compile, cpu.on_compile and self._compiling

    def on_epoch_begin(self, run: Run, epoch: int) -> None:
        """Start the epoch's clock."""
        self._began = self._now = time.perf_counter()
        self._skipped = 0

    def on_batch_end(self, run: Run, batch: int, logs: Mapping[str, float]) -> None:
        """Draw, if the last time is long enough ago."""
        now = self._now = time.perf_counter()
        first, self._first = self._first, False
        if first and run.batches != 1:
            self._began, self._skipped = now, run.samples  # the first step is compiled before it runs
            return
        if self._bar is None or now - self._drawn < _SECONDS_BETWEEN:
            return
        self._drawn = now
        self._bar.update(
            self._task,
            description=f"Epoch {run.epoch + 1}/{run.epochs}",
            total=_steps(run),
            completed=run.epoch * (run.batches or 0) + batch + 1,
            shown=f"{batch + 1}/{run.batches or '?'}  {as_line(logs)}  {self._speed(run)}",
        )
        self._bar.refresh()

    def on_epoch_end(self, run: Run, epoch: int, logs: Mapping[str, float]) -> None:
        """Leave a line."""
        number = f"{epoch + 1:{len(str(run.epochs))}}/{run.epochs}"
        self._console.print(
            f"Epoch {number}  {as_line({**logs, **self._new_rate(run)})}  {self._speed(run)}", markup=False
        )

    def on_train_end(self, run: Run) -> None:
        """Take the bar away."""
        if self._bar is not None:
            cpu.on_compile = self._report
            self._bar.stop()
            self._bar = None

    def _compiling(self, done: int, total: int) -> None:
        """Say in the bar why nothing moves."""
        if self._bar is not None:
            self._bar.update(self._task, shown=f"compiling {done}/{total} kernel{'s' * (total != 1)} (first run only)")
            self._bar.refresh()

    def _new_rate(self, run: Run) -> dict[str, float]:
        """The learning rate, where it is not that of the epoch before."""
        rate, before = getattr(getattr(run.model, "optimizer", None), "learning_rate", None), self._rate
        self._rate = rate
        return {} if rate is None or before in (None, rate) else {"learning_rate": rate}

    def _speed(self, run: Run) -> str:
        """Samples per second in the training steps of this epoch."""
        seconds = max(self._now - self._began, 1e-9)
        return f"{(run.samples - self._skipped) / seconds:,.0f} samples/s"


def _steps(run: Run) -> int | None:
    """How many steps the training has; None while nobody knows."""
    return None if run.batches is None else run.epochs * run.batches


def as_line(logs: Mapping[str, float]) -> str:
    """Loss and metrics in a line; matrices do not fit in one, and what a callback added need not be a number."""
    return "  ".join(
        f"{name} {value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{name} {value:.3e}"
        for name, value in logs.items()
        if np.ndim(value) == 0 and np.asarray(value).dtype.kind in "bifu"
    )


def as_matrices(logs: Mapping[str, Any]) -> list[str]:
    """The metrics that are arrays, such as a confusion matrix, each as a text of some lines."""
    return [
        f"{name}\n{np.array2string(np.asarray(value), precision=4, suppress_small=True)}"
        for name, value in logs.items()
        if np.ndim(value)
    ]


def as_verbose(verbose: int | str) -> int:
    """``"auto"``, a bool or a number as 0, 1 or 2.

    Raises
    ------
    ValueError
        When it is something else.
    """
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise ValueError(
            f"verbose expects 0 (silent), 1 (progress bar), 2 (a line an epoch) or 'auto'; received {verbose!r}."
        )
    return int(verbose)
