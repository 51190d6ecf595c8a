"""What each callback shall decide, from the whole course of a training: plain loops that import nothing of nbnet."""

from __future__ import annotations

import math


def improvements(values, more=False, delta=0.0, best=None):
    """The epochs whose value is better than that of the last such epoch by more than `delta`."""
    found = []
    for epoch, value in enumerate(values):
        if math.isnan(value):
            continue
        if best is None or math.isnan(best) or (value - best if more else best - value) > abs(delta):
            found.append(epoch)
            best = value
    return found


def early_stopping(values, patience=0, delta=0.0, more=False, baseline=None, start=0):
    """(the epoch after which training ends, or None; the best epoch until then, or None)."""
    better = [start + epoch for epoch in improvements(values[start:], more, delta)]
    resets = [start - 1]
    for epoch in range(start, len(values)):
        if epoch in better:
            beyond = True
            if baseline is not None:
                beyond = (values[epoch] - baseline if more else baseline - values[epoch]) > abs(delta)
            if beyond:
                resets.append(epoch)
        elif epoch > 0 and epoch - resets[-1] >= patience:
            return epoch, max([e for e in better if e <= epoch], default=None)
    return None, max(better, default=None)


def reduce_lr_on_plateau(values, rate, factor=0.1, patience=10, delta=1e-4, more=False, cooldown=0, least=0.0):
    """The learning rate of each epoch."""
    better = improvements(values, more, delta)
    rates, reduced = [], -math.inf
    for epoch in range(len(values)):
        rates.append(rate)
        quiet_since = max([e for e in better if e <= epoch], default=-1)
        quiet_since = max(quiet_since, reduced + max(cooldown - 1, 0))
        if epoch not in better and epoch - quiet_since >= max(patience, 1) and rate > least:
            rate, reduced = max(rate * factor, least), epoch
    return rates


def model_checkpoint(values, best_only=False, more=False, threshold=None):
    """The epochs after which a file is written."""
    return improvements(values, more, 0.0, threshold) if best_only else list(range(len(values)))


def learning_rate_scheduler(schedule, rate, epochs):
    """The learning rate of each epoch."""
    rates = []
    for epoch in range(epochs):
        rate = schedule(epoch, rate)
        rates.append(rate)
    return rates


def csv_logger(rows, separator=","):
    """The text of the file: epochs from 0, numbers with all their digits, columns by name with validation last."""
    names = sorted((name for row in rows for name in row), key=lambda name: (name.startswith("val_"), name))
    names = list(dict.fromkeys(names))
    lines = [["epoch", *names]]
    lines += [[str(epoch), *(str(row.get(name, "NA")) for name in names)] for epoch, row in enumerate(rows)]
    return "".join(separator.join(line) + "\r\n" for line in lines)


def terminate_on_nan(losses):
    """How many epochs are trained, the one that reports a loss that is not finite included."""
    for epoch, loss in enumerate(losses):
        if not math.isfinite(loss):
            return epoch + 1
    return len(losses)


def history(rows):
    """One list a number."""
    return {name: [row[name] for row in rows if name in row] for name in {name: 0 for row in rows for name in row}}


def swap_ema_weights(weights, momentum):
    """The average after each update: that of the first one is the weight itself."""
    average, averages = weights[0], []
    for weight in weights:
        average = momentum * average + (1 - momentum) * weight
        averages.append(average)
    return averages


def lambda_callback(epochs, batches, validates):
    """The order of all events, with the number of the epoch or batch."""
    told = [("on_train_begin", None)]
    for epoch in range(epochs):
        told.append(("on_epoch_begin", epoch))
        for batch in range(batches):
            told += [("on_train_batch_begin", batch), ("on_train_batch_end", batch)]
        if validates:
            told += [("on_test_begin", None), ("on_test_end", None)]
        told.append(("on_epoch_end", epoch))
    return [*told, ("on_train_end", None)]


DEFINITIONS = {
    "csv_logger": csv_logger,
    "early_stopping": early_stopping,
    "history": history,
    "lambda_callback": lambda_callback,
    "learning_rate_scheduler": learning_rate_scheduler,
    "model_checkpoint": model_checkpoint,
    "reduce_lr_on_plateau": reduce_lr_on_plateau,
    "swap_ema_weights": swap_ema_weights,
    "terminate_on_nan": terminate_on_nan,
}
