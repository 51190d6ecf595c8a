"""A training whose numbers are given: what callbacks do without a network."""

from __future__ import annotations

import numpy as np

from nbnet.training.events import Run, require_listeners, tell, tell_all

REQUIRED = {
    "csv_logger": {"filename": "log.csv"},
    "learning_rate_scheduler": {"schedule": float},
    "model_checkpoint": {"filepath": "{epoch}.nbnet"},
}


class Optimizer:
    """Has a learning rate."""

    def __init__(self, learning_rate=1.0):
        self.learning_rate = learning_rate

    def get_config(self):
        return {"learning_rate": self.learning_rate}


class Model:
    """Its weights are the number of the epoch; remembers what is saved."""

    def __init__(self, metrics=()):
        self.metrics = metrics
        self.optimizer = Optimizer()
        self.epoch = -1
        self.saved = []
        self.restored = None
        self.stop_training = False

    def get_weights(self):
        return [np.array(self.epoch)]

    def set_weights(self, weights):
        self.restored = int(weights[0])

    def save(self, path):
        self.saved.append(str(path))


def play(callbacks, rows, model=None, batches=0, validates=None):
    """Tell the events of a training that reports `rows`, and how many epochs it had."""
    model = model or Model()
    listeners = require_listeners(callbacks)
    run = Run(model, len(rows), batches, validates=validates)
    try:
        tell(listeners, "on_train_begin", run)
        for epoch, row in enumerate(rows):
            if run.stop:
                break
            run.epoch = model.epoch = epoch
            tell(listeners, "on_epoch_begin", run, epoch)
            for batch in range(batches):
                tell(listeners, "on_batch_begin", run, batch)
                tell(listeners, "on_batch_end", run, batch, dict(row))
            if validates:
                tell(listeners, "on_test_begin", run)
                tell(listeners, "on_test_end", run, {})
            run.logs = dict(row)
            tell(listeners, "on_epoch_end", run, epoch, run.logs)
    finally:
        tell_all(listeners, "on_train_end", run)
    return model.epoch + 1
