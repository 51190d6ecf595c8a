"""The training loop behind ``Model.fit``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.errors import ArgumentError, NonFiniteError
from nbnet.models.batches import as_batch_size, is_batches
from nbnet.models.checks import check_data, check_weights
from nbnet.models.class_weights import weighted_by_class
from nbnet.models.nests import row_count
from nbnet.training.events import Run, call_each, ends_quietly, require_listeners, tell, tell_all, who_hears
from nbnet.training.feed import Feed
from nbnet.training.history import History
from nbnet.training.holdout import Validation, check_frequency, held_out, validation_of
from nbnet.training.interrupt import stop_on_interrupt
from nbnet.training.last_layer import look_at_last_layer
from nbnet.training.progress import ProgressBar, as_verbose
from nbnet.training.source import ArraySource, StreamSource, require_batches

__all__ = ["fit"]


def fit(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int | str | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | str | None = None,
    validation_freq: int | Sequence[int] = 1,
    validation_stratify: bool = False,
    hooks: Sequence[Any] = (),
) -> History:
    """Train a model; see :meth:`nbnet.Model.fit` for the parameters.

    Returns
    -------
    History
    """
    model._require_compiled()
    _require_whole(0, epochs=epochs, initial_epoch=initial_epoch)
    steps = {"steps_per_epoch": steps_per_epoch, "validation_steps": validation_steps}
    _require_whole(1, **{name: value for name, value in steps.items() if value is not None})
    check_frequency(validation_freq)
    if not isinstance(shuffle, (bool, int, np.bool_)):
        raise ArgumentError(f"fit expects shuffle as True or False; received {shuffle!r}.")
    shown = as_verbose(verbose)
    listening = [*require_listeners(callbacks), *require_listeners(hooks)]
    if isinstance(x, Data):
        if y is not None or validation_data is not None:
            raise ArgumentError("fit(data) has its targets and validation samples in the data; give no others.")
        validation_data = x.validation if validation_split == 0 else None
        x, y = x.train
    validation: Any = None
    source: ArraySource | StreamSource
    if is_batches(x):
        if y is not None or sample_weight is not None or validation_split != 0:
            raise ArgumentError(
                "fit with an iterable of batches takes targets and weights from it, as (x, y, sample_weight), and "
                "validation samples from validation_data=; give no y, sample_weight and validation_split."
            )
        source = StreamSource(model, x, steps_per_epoch, class_weight)
    else:
        model._ensure_built(x)
        x, y = check_data(model, x, y)
        data = (x, y, check_weights(model, sample_weight, x))
        if validation_data is None:
            data, validation = held_out(data, validation_split, validation_stratify)
        if class_weight is not None:  # of training alone, as in Keras
            data = (*data[:2], weighted_by_class(class_weight, data[1], data[2]))
        look_at_last_layer(model, data[0])
        size = as_batch_size(batch_size, row_count(data[0]))
        feed = Feed(data[0], data[1], size, not model.run_eagerly, data[2])
        source = ArraySource(feed, shuffle, steps_per_epoch, model.epochs)
    if validation_data is not None:
        validation = validation_of(model, validation_data)
    if validation is not None:
        validation = Validation(validation, validation_steps, validation_batch_size, validation_freq)
    run = Run(model, int(epochs), source.batches or None, validates=validation is not None, verbose=shown)
    history = next((own for own in listening if isinstance(own, History)), None) or History(model)
    model.stop_training = False
    with _interruptible() as interrupt:
        listeners = [
            *([ProgressBar(bar=shown == 1)] if shown else []),
            *listening,
            *([] if history in listening else [history]),  # after those that add to the logs
            *([interrupt] if interrupt is not None else []),  # last, to see what comes while others work
        ]
        try:
            tell(listeners, "on_train_begin", run)
            for epoch in range(initial_epoch, run.epochs):
                if run.stop or model.stop_training:
                    break
                _epoch(run, epoch, source, validation, listeners)
                if run.samples == 0 and not run.stop:  # a first step that was not finite has no samples either
                    require_batches(epoch, initial_epoch)
            model.optimizer.finalize_variable_values(model.trainable_weights)
        finally:
            tell_all(listeners, "on_train_end", run)
        if interrupt is not None and interrupt.asked:
            raise KeyboardInterrupt(f"Training was interrupted in epoch {run.epoch + 1} of {run.epochs}.")
    return history


def _epoch(
    run: Run,
    epoch: int,
    source: ArraySource | StreamSource,
    validation: Validation | None,
    listeners: Sequence[Any],
) -> None:
    """The steps of one epoch, and its validation."""
    model = run.model
    run.epoch, run.samples = epoch, 0
    tell(listeners, "on_epoch_begin", run, epoch)
    model.reset_metrics()
    before_batch, after_batch = who_hears(listeners, "on_batch_begin"), who_hears(listeners, "on_batch_end")
    for number, batch in enumerate(source.epoch()):
        run.batch = number
        if before_batch:
            call_each(before_batch, run, number)
        if batch.last:
            model.optimizer.finish_accumulation()
        try:
            model._run(batch.kind, *batch.arguments)
        except NonFiniteError as error:
            of = f" of {run.batches}" if run.batches else ""
            located = NonFiniteError(
                f"Training stopped in epoch {epoch + 1} of {run.epochs}, batch {number + 1}{of}. {error}"
            )
            if ends_quietly(listeners, run, located):
                if run.samples:  # else those of the epoch before are the latest
                    run.logs = model.results()
                return
            raise located from error
        run.samples += batch.samples
        if after_batch:
            run.logs = model.results()
            call_each(after_batch, run, number, run.logs)
        run.stop = run.stop or model.stop_training
        if run.stop and not batch.last:
            run.logs = model.results()
            return
    if run.samples == 0:
        return
    run.batches = source.batches
    run.logs = model.results()
    if validation is not None and validation.due(epoch):
        tell(listeners, "on_test_begin", run)
        found = validation.evaluate(model)
        tell(listeners, "on_test_end", run, found)
        run.logs = {**run.logs, **{f"val_{name}": value for name, value in found.items()}}
    model.epochs += 1
    tell(listeners, "on_epoch_end", run, epoch, run.logs)


def _require_whole(least: int, **given: Any) -> None:
    """Raise a ValueError unless all values are whole numbers of at least `least`."""
    for name, value in given.items():
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
            raise ValueError(f"fit expects {name} as a whole number of at least {least}; received {name}={value!r}.")


def _interruptible() -> Any:
    """Let Ctrl-C end training after the step in progress, unless the program handles it in its own way."""
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        return stop_on_interrupt()
    return nullcontext()
