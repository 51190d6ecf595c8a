"""When training ends early, and with which weights."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nbnet import registry
from nbnet.callbacks import EarlyStopping
from nbnet.errors import DataError, UnknownNameError
from tests.callbacks.scripted import Model, play
from tests.naive import callbacks as naive

NAN = float("nan")


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("baseline", [None, 3.0])
@pytest.mark.parametrize("delta", [0, 0.5, -1.0])
def test_against_the_definition(rng, more, baseline, delta):
    stopped = 0
    for patience, start in itertools.product(range(4), range(3)):
        for _ in range(10):
            values = rng.choice([0.5, 1.0, 2.0, 3.0, 4.0, 5.0, NAN], size=9).tolist()
            end, best = naive.early_stopping(values, patience, delta, more, baseline, start)
            callback = EarlyStopping(
                "loss", delta, patience, mode="max" if more else "min", baseline=baseline,
                restore_best_weights=True, start_from_epoch=start,
            )  # fmt: skip
            model = Model()
            epochs = play(callback, [{"loss": value} for value in values], model)
            assert epochs == (len(values) if end is None else end + 1), values
            assert callback.stopped_epoch == (end or 0)
            assert model.restored == (start if best is None else best)
            assert callback.best_epoch == model.restored
            assert callback.best == (None if best is None else values[best])
            stopped += end is not None
    assert stopped > 50


def test_nothing_is_restored_unasked():
    model = Model()
    assert play(EarlyStopping("loss"), [{"loss": value} for value in (2, 1, 1, 0)], model) == 3
    assert model.restored is None


def test_weights_are_restored_also_when_training_runs_through_or_fails():
    for rows in ([{"loss": 2.0}, {"loss": 1.0}, {"loss": 3.0}], [{"loss": 2.0}, {"loss": 1.0}, {"loss": 3.0}, {}]):
        model = Model()
        callback = EarlyStopping("loss", patience=9, restore_best_weights=True)
        if rows[-1]:
            assert play(callback, rows, model) == 3
        else:
            with pytest.raises(UnknownNameError):
                play(callback, rows, model)
        assert model.restored == 1


def test_a_second_training_begins_anew():
    callback = EarlyStopping("loss", patience=1)
    rows = [{"loss": value} for value in (1.0, 2.0, 3.0)]
    assert play(callback, rows) == play(callback, rows) == 2
    assert (callback.stopped_epoch, callback.best) == (1, 1.0)


def test_verbose(capsys):
    play(EarlyStopping("loss", verbose=1, restore_best_weights=True), [{"loss": 1.0}, {"loss": 2.0}])
    assert capsys.readouterr().out == "Epoch 2: early stopping\nRestoring the weights of the best epoch: 1.\n"
    play(EarlyStopping("loss", restore_best_weights=True), [{"loss": 1.0}, {"loss": 2.0}])
    assert capsys.readouterr().out == ""


class Metric:
    def __init__(self, name, direction=None):
        self.name = name
        if direction:
            self.direction = direction


@pytest.mark.parametrize(
    ("monitor", "metrics", "more"),
    [
        ("val_loss", (), False),
        ("head_loss", (), False),
        ("val_accuracy", (), True),
        ("sparse_categorical_accuracy", (), True),
        ("val_head_auc", (), True),
        ("mse", (), False),
        ("val_rmse", (), False),
        ("val_mine", (Metric("other", "down"), Metric("mine", "up")), True),
        ("auc", (Metric("auc", "down"),), False),
    ],
)
def test_direction(monitor, metrics, more):
    callback = EarlyStopping(monitor)
    rising = play(callback, [{monitor: 1.0}, {monitor: 2.0}, {monitor: 3.0}], Model(metrics), validates=True)
    assert rising == (3 if more else 2)
    other = EarlyStopping(monitor, mode="min" if more else "max")
    assert play(other, [{monitor: 1.0}, {monitor: 2.0}, {monitor: 3.0}], Model(metrics)) == (2 if more else 3)


@pytest.mark.parametrize("name", sorted({*registry.metrics.names(), *registry.losses.names()} - {"confusion_matrix"}))
def test_every_registered_metric_has_a_direction(name):
    ups = ("acc", "auc", "precision", "recall", "f1", "fbeta", "r2", "cosine", "top_k", "true_")
    monitor = f"val_{name}"
    more = any(part in name for part in ups)
    assert play(EarlyStopping(monitor), [{monitor: 1.0}, {monitor: 2.0}, {monitor: 3.0}]) == (3 if more else 2)


def test_an_unknown_direction():
    rows = [{"mine": 1.0}] * 3
    with pytest.raises(ValueError, match=r"cannot tell whether less or more of 'mine'.*mode='min'"):
        play(EarlyStopping("mine"), rows)
    model = Model((Metric("mine"),))
    with pytest.raises(ValueError, match="cannot tell"):
        play(EarlyStopping("val_mine"), rows, model)
    assert model.epoch == -1  # before training where the metric is known


def test_a_number_that_is_not_there():
    rows = [{"loss": 1.0, "accuracy": 0.5}]
    with pytest.raises(UnknownNameError, match=r"'val_loss', which epoch 1 did not report.*Give fit validation_data"):
        play(EarlyStopping(), rows)
    with pytest.raises(UnknownNameError, match=r"'acuracy'.*Did you mean 'accuracy'\?(?!.*validation)"):
        play(EarlyStopping("acuracy"), rows)
    with pytest.raises(ValueError, match=r"monitors a number; 'matrix' has shape \(2, 2\)"):
        play(EarlyStopping("matrix"), [{"matrix": np.eye(2)}])
    with pytest.raises(UnknownNameError, match="Known numbers: accuracy, loss"):
        play(EarlyStopping("xyz"), rows)
    model = Model()
    with pytest.raises(DataError, match=r"EarlyStopping monitors 'val_loss', but fit has no validation data"):
        play(EarlyStopping(), rows, model, validates=False)
    assert model.epoch == -1


def test_epochs_without_validation_are_not_counted():
    rows = [{"loss": 1.0, "val_loss": 1.0}, {"loss": 1.0}, {"loss": 1.0}, {"loss": 1.0, "val_loss": 2.0}, {"loss": 1.0}]
    callback = EarlyStopping(patience=1)
    assert play(callback, rows, validates=True) == 4
    with pytest.raises(UnknownNameError, match="did not report"):  # not one that another epoch could have
        play(EarlyStopping("val_los"), rows, validates=True)


@pytest.mark.parametrize(
    "arguments",
    [
        {"patience": -1},
        {"patience": 1.5},
        {"patience": True},
        {"start_from_epoch": -1},
        {"mode": "down"},
        {"monitor": ""},
        {"monitor": np.float64(1)},
    ],
)
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match="EarlyStopping expects"):
        EarlyStopping(**arguments)
