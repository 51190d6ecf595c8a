"""Callbacks that set the learning rate."""

from __future__ import annotations

import functools
import itertools
import math

import pytest

from nbnet.callbacks import LearningRateScheduler, ReduceLROnPlateau
from nbnet.errors import ArgumentError, DataError, UnknownNameError
from nbnet.schedules import ExponentialDecay
from tests.callbacks.scripted import Model, Optimizer, play
from tests.naive import callbacks as naive


class Rates:
    """The rate at the end of each epoch, before callbacks change it."""

    def __init__(self):
        self.rates = []

    def on_epoch_end(self, run, epoch, logs):
        self.rates.append(run.model.optimizer.learning_rate)


def rates(callback, rows, rate=1.0, **options):
    """The rates of a training."""
    seen, model = Rates(), Model()
    model.optimizer.learning_rate = rate
    play([seen, callback], rows, model, **options)
    return seen.rates


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("cooldown", [0, 1, 3])
def test_reduction_against_the_definition(rng, more, cooldown):
    reduced = 0
    for patience, delta, least in itertools.product(range(4), (0.0, 1e-4, 1.0), (0.0, 0.1)):
        for _ in range(6):
            values = rng.choice([1.0, 1.00005, 2.0, 3.0, float("nan")], size=12).tolist()
            expected = naive.reduce_lr_on_plateau(values, 1.0, 0.5, patience, delta, more, cooldown, least)
            callback = ReduceLROnPlateau(
                "loss", 0.5, patience, mode="max" if more else "min", min_delta=delta, cooldown=cooldown, min_lr=least
            )
            assert rates(callback, [{"loss": value} for value in values]) == pytest.approx(expected), values
            reduced += expected[-1] < 1
    assert reduced > 50


class Seen:
    """The rate in the logs of each epoch."""

    def __init__(self):
        self.rates = []

    def on_epoch_end(self, run, epoch, logs):
        self.rates.append(logs["learning_rate"])


def test_reduction_reports_the_rate_and_says_so(capsys):
    seen = Seen()
    play([ReduceLROnPlateau("loss", patience=1, verbose=1), seen], [{"loss": 1.0}] * 4)
    assert seen.rates == pytest.approx([1.0, 1.0, 0.1, 0.01])
    assert capsys.readouterr().out.splitlines()[0] == "Epoch 2: reducing the learning rate to 0.1."


def test_a_rate_below_the_least_is_left_alone():
    callback = ReduceLROnPlateau("loss", patience=1, min_lr=0.1)
    assert rates(callback, [{"loss": 1.0}] * 4, rate=0.05) == [0.05] * 4
    assert naive.reduce_lr_on_plateau([1.0] * 4, 0.05, patience=1, least=0.1) == [0.05] * 4


def test_a_second_training_begins_anew():
    callback = ReduceLROnPlateau("loss", patience=2)
    for _ in range(2):
        assert rates(callback, [{"loss": 1.0}] * 4) == pytest.approx([1.0, 1.0, 1.0, 0.1])


def test_reduction_needs_its_number():
    with pytest.raises(UnknownNameError, match="'val_loss', which epoch 1 did not report"):
        rates(ReduceLROnPlateau(), [{"loss": 1.0}])
    with pytest.raises(DataError, match="ReduceLROnPlateau monitors 'val_loss', but fit has no validation data"):
        rates(ReduceLROnPlateau(), [{"loss": 1.0}], validates=False)
    seldom = [{"val_loss": 1.0}, {}, {"val_loss": 1.0}, {}]
    assert rates(ReduceLROnPlateau(patience=1), seldom, validates=True) == pytest.approx([1, 1, 1, 0.1])


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch, rate: rate * math.exp(-0.1) if epoch >= 2 else rate,
        lambda epoch, rate=None: 0.5 if rate is None else rate / 2,
        functools.partial(lambda factor, epoch, rate: rate * factor, 0.7),
    ],
)
def test_schedule_of_epoch_and_rate(schedule):
    expected = naive.learning_rate_scheduler(schedule, 1.0, 5)
    assert rates(LearningRateScheduler(schedule), [{}] * 5) == pytest.approx(expected)


@pytest.mark.parametrize("schedule", [lambda epoch: 1 / (epoch + 1), ExponentialDecay(0.3, 2, 0.5)])
def test_schedule_of_the_epoch(schedule, capsys):
    assert rates(LearningRateScheduler(schedule), [{}] * 4) == pytest.approx([schedule(epoch) for epoch in range(4)])
    rates(LearningRateScheduler(schedule, verbose=1), [{}])
    assert capsys.readouterr().out == f"Epoch 1: setting the learning rate to {schedule(0):g}.\n"


def test_a_scheduled_rate_is_reported():
    seen = Seen()
    play([LearningRateScheduler(lambda epoch: 1 / (epoch + 1)), seen], [{}] * 3)
    assert seen.rates == pytest.approx([1, 1 / 2, 1 / 3])


def test_an_error_in_a_schedule_comes_through():
    def broken(epoch, rate):
        return len(rate)

    with pytest.raises(TypeError, match="no len"):  # and is not taken for one of too many arguments
        rates(LearningRateScheduler(broken), [{}])


@pytest.mark.parametrize("rate", [None, "0.1", float("nan"), -1.0, True, [0.1]])
def test_a_schedule_must_return_a_rate(rate):
    with pytest.raises(ValueError, match="a learning rate >= 0; received"):
        rates(LearningRateScheduler(lambda epoch: rate), [{}])


@pytest.mark.parametrize("callback", [ReduceLROnPlateau("loss"), LearningRateScheduler(float)])
def test_the_rate_must_be_settable(callback):
    name, model = type(callback).__name__, Model()
    model.optimizer = Optimizer(ExponentialDecay(0.1, 10, 0.5))
    with pytest.raises(ArgumentError, match=rf"{name} sets the learning rate, but .* ExponentialDecay\. Give the opt"):
        play(callback, [{"loss": 1.0}], model)
    model.optimizer = None
    with pytest.raises(ArgumentError, match=f"{name} sets model.optimizer.learning_rate, but the model has no opt"):
        play(callback, [{"loss": 1.0}], model)


@pytest.mark.parametrize(
    "arguments", [{"factor": 1.0}, {"factor": 0.0}, {"patience": -1}, {"cooldown": 0.5}, {"min_lr": -1.0}]
)
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match=f"ReduceLROnPlateau expects {next(iter(arguments))}"):
        ReduceLROnPlateau(**arguments)
    with pytest.raises(TypeError, match="expects a function"):
        LearningRateScheduler(0.1)
