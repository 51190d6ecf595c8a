"""Validation and checkpoints with the moving averages of the weights."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Sequential, load
from nbnet.callbacks import Callback, LambdaCallback, ModelCheckpoint, SwapEMAWeights
from nbnet.errors import ArgumentError
from nbnet.layers import Dense
from nbnet.optimizers import SGD
from tests.naive import callbacks as naive

MOMENTUM = 0.5


def network(**options):
    model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))])
    model.compile(SGD(0.1, **options), "mse")
    return model


class Weight(Callback):
    """The weight after each step, while validation runs, and at the end of each epoch."""

    def __init__(self):
        self.steps, self.tests, self.epochs = [], [], []

    def now(self):
        return float(self.model.get_weights()[0][0, 0])

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(self.now())

    def on_test_begin(self, logs=None):
        self.tests.append(self.now())

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(self.now())


@pytest.fixture
def data(rng):
    x = rng.normal(size=(12, 1)).astype("float32")
    return {"x": x, "y": 3 * x, "batch_size": 4, "epochs": 3, "validation_split": 0.25, "verbose": 0}


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_against_the_definition(data, tmp_path, swap_on_epoch):
    model, plain, seen, alone = network(use_ema=True, ema_momentum=MOMENTUM), network(), Weight(), Weight()
    plain.fit(**data, hooks=[alone])
    files = ModelCheckpoint(tmp_path / "{epoch}.nbnet")
    history = model.fit(**data, hooks=[SwapEMAWeights(swap_on_epoch), seen, files])
    averages = naive.swap_ema_weights(alone.steps, MOMENTUM)
    assert seen.steps == alone.steps  # training knows nothing of it
    assert seen.tests == pytest.approx(averages[2::3])
    assert seen.epochs == pytest.approx((averages if swap_on_epoch else seen.steps)[2::3])
    x, y = data["x"][9:], data["y"][9:]
    losses = [float(np.mean((weight * x - y) ** 2)) for weight in averages[2::3]]
    assert history.history["val_loss"] == pytest.approx(losses, rel=1e-5)
    for epoch, weight in enumerate(seen.epochs):
        assert load(tmp_path / f"{epoch + 1}.nbnet").get_weights()[0][0, 0] == pytest.approx(weight)
    if swap_on_epoch:
        assert seen.now() == pytest.approx(averages[-1])


def test_the_weights_come_back_when_validation_fails(data):
    def fail(logs):
        raise RuntimeError("in validation")

    model, seen = network(use_ema=True, ema_momentum=MOMENTUM), Weight()
    with pytest.raises(RuntimeError, match="in validation"):
        model.fit(**data, hooks=[SwapEMAWeights(True), seen, LambdaCallback(on_test_begin=fail)])
    assert seen.tests != seen.steps[-1:]
    assert seen.now() == seen.steps[-1]


def test_the_optimizer_must_keep_averages(data):
    model = network()
    with pytest.raises(ArgumentError, match=r"needs an optimizer with use_ema=True; received SGD"):
        model.fit(**data, hooks=[SwapEMAWeights()])
    assert model.steps == 0
