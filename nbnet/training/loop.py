"""The training loop behind ``Model.fit``."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from nbnet.errors import DataError, NonFiniteError
from nbnet.graph.seed import get_seed
from nbnet.models.batches import as_batch_size, spans
from nbnet.models.checks import check_data
from nbnet.training.events import Run, require_listeners, tell, who_hears
from nbnet.training.feed import Feed
from nbnet.training.history import History
from nbnet.training.interrupt import stop_on_interrupt
from nbnet.training.order import shuffled
from nbnet.training.progress import ProgressBar, as_verbose

__all__ = ["fit"]

Pair = tuple[np.ndarray, np.ndarray | None]


def fit(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int | str | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    validation_split: float = 0.0,
    validation_data: tuple[Any, Any] | None = None,
    shuffle: bool = True,
    hooks: Sequence[Any] = (),
) -> History:
    """Train a model; see :meth:`nbnet.Model.fit` for the parameters.

    Returns
    -------
    History
    """
    model._require_compiled()
    if isinstance(epochs, bool) or not isinstance(epochs, (int, np.integer)) or epochs < 0:
        raise ValueError(f"fit expects a number of epochs; received epochs={epochs!r}.")
    shown = as_verbose(verbose)
    listening = require_listeners(hooks)
    model._ensure_built(x)
    data, validation = _split(model, x, y, validation_split, validation_data)
    size = as_batch_size(batch_size, len(data[0]))
    run = Run(model, int(epochs), math.ceil(len(data[0]) / size))
    feed = Feed(*data, size, gather_in_step=not model.run_eagerly)
    history = History(model)
    with _interruptible() as interrupt:
        listeners = [
            *([ProgressBar(bar=shown == 1)] if shown else []),
            history,
            *listening,
            *([interrupt] if interrupt is not None else []),  # last, to see what comes while others work
        ]
        try:
            tell(listeners, "on_train_begin", run)
            for epoch in range(run.epochs):
                if run.stop:
                    break
                _epoch(run, epoch, feed, validation, shuffle, listeners)
        finally:
            tell(listeners, "on_train_end", run)
        if interrupt is not None and interrupt.asked:
            raise KeyboardInterrupt(f"Training was interrupted in epoch {run.epoch + 1} of {run.epochs}.")
    return history


def _epoch(
    run: Run,
    epoch: int,
    feed: Feed,
    validation: Pair | None,
    shuffle: bool,
    listeners: Sequence[Any],
) -> None:
    """One pass over the data."""
    model, samples = run.model, feed.samples
    run.epoch, run.samples = epoch, 0
    feed.begin(shuffled(samples, get_seed(), model.epochs) if shuffle and samples > 1 else None)
    tell(listeners, "on_epoch_begin", run, epoch)
    model.reset_metrics()
    after_batch = who_hears(listeners, "on_batch_end")
    for batch, (start, stop) in enumerate(spans(samples, feed.batch_size)):
        run.batch = batch
        kind, arguments = feed.batch(start, stop)
        try:
            model._run(kind, *arguments)
        except NonFiniteError as error:
            raise NonFiniteError(
                f"Training stopped in epoch {epoch + 1} of {run.epochs}, batch {batch + 1} of {run.batches}. {error}"
            ) from error
        run.samples = stop
        if after_batch:
            run.logs = model.results()
            for hear in after_batch:
                hear(run, batch, run.logs)
        if run.stop and stop < samples:
            run.logs = model.results()
            return
    run.logs = model.results()
    if validation is not None:
        found = model.evaluate_arrays(*validation)
        run.logs = {**run.logs, **{f"val_{name}": value for name, value in found.items()}}
    model.epochs += 1
    tell(listeners, "on_epoch_end", run, epoch, run.logs)


def _split(model: Any, x: Any, y: Any, fraction: float, given: tuple[Any, Any] | None) -> tuple[Pair, Pair | None]:
    """Checked training and validation data."""
    if not 0 <= fraction < 1:
        raise ValueError(f"fit expects validation_split in [0, 1); received {fraction}.")
    if given is not None:
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise DataError(f"fit expects validation_data=(x, y); received {type(given).__name__}.")
        return check_data(model, x, y), check_data(model, given[0], given[1], "validation ")
    data = check_data(model, x, y)
    if fraction == 0:
        return data, None
    at = math.floor(len(data[0]) * (1 - fraction))
    if not 0 < at < len(data[0]):
        raise DataError(
            f"validation_split={fraction} of {len(data[0])} samples leaves {at} to train on and {len(data[0]) - at} to "
            "validate with; give more data or another fraction."
        )
    return (data[0][:at], None if data[1] is None else data[1][:at]), (
        data[0][at:],
        None if data[1] is None else data[1][at:],
    )


def _interruptible() -> Any:
    """Let Ctrl-C end training after the step in progress, unless the program handles it in its own way."""
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        return stop_on_interrupt()
    return nullcontext()
