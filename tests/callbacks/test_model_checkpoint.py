"""When the model is saved, and under which name."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.callbacks import ModelCheckpoint
from nbnet.errors import ArgumentError, DataError, UnknownNameError
from nbnet.training.events import require_listeners, who_hears
from tests.callbacks.scripted import Model, play
from tests.naive import callbacks as naive


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("best_only", [False, True])
@pytest.mark.parametrize("threshold", [None, 2.0])
def test_against_the_definition(rng, tmp_path, more, best_only, threshold):
    for _ in range(20):
        values = rng.choice([1.0, 2.0, 3.0, 4.0, float("nan")], size=8).tolist()
        model = Model()
        callback = ModelCheckpoint(
            tmp_path / "{epoch:02d}-{loss:.2f}.nbnet", "loss", save_best_only=best_only, mode="max" if more else "min",
            initial_value_threshold=threshold,
        )  # fmt: skip
        play(callback, [{"loss": value} for value in values], model)
        saved = naive.model_checkpoint(values, best_only, more, threshold)
        assert model.saved == [str(tmp_path / f"{epoch + 1:02d}-{values[epoch]:.2f}.nbnet") for epoch in saved]


def test_every_so_many_batches(tmp_path):
    model = Model()
    callback = ModelCheckpoint(tmp_path / "{epoch}-{batch}.nbnet", save_freq=3)
    play(callback, [{"loss": 1.0}] * 2, model, batches=4)
    assert [path.rsplit("/", 1)[1] for path in model.saved] == ["1-3.nbnet", "2-2.nbnet"]  # batches 3 and 6 of 8
    play(callback, [{"loss": 1.0}], model, batches=1)  # the ninth
    assert model.saved[2:] == [str(tmp_path / "1-1.nbnet")]


def test_batches_are_heard_only_where_they_count(tmp_path):
    class Own(ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)

    for callback, hears in (
        (ModelCheckpoint("a.nbnet"), 0),
        (ModelCheckpoint("a.nbnet", save_freq=2), 1),
        (Own("a.nbnet"), 1),
    ):
        assert len(who_hears(require_listeners(callback), "on_batch_end")) == hears
    model = Model()
    play(Own(tmp_path / "a.nbnet"), [{}], model, batches=3)
    assert len(model.saved) == 1


def test_the_best_is_kept_from_fit_to_fit(tmp_path):
    model = Model()
    callback = ModelCheckpoint(tmp_path / "best.nbnet", "loss", save_best_only=True)
    play(callback, [{"loss": 1.0}], model)
    play(callback, [{"loss": 2.0}, {"loss": 0.5}], model)
    assert len(model.saved) == 2
    assert callback.best == 0.5


def test_folders_are_made_and_verbose_says_what_is_done(tmp_path, capsys):
    callback = ModelCheckpoint(str(tmp_path / "a" / "{epoch}" / "m.nbnet"), "loss", 1, save_best_only=True)
    play(callback, [{"loss": 1.0}, {"loss": 2.0}])
    assert (tmp_path / "a" / "1").is_dir()
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: loss improved to 1.00000",
        f"Epoch 1: saving the model to {tmp_path}/a/1/m.nbnet",
        "Epoch 2: loss did not improve from 1.00000",
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"filepath": "{epoch}-{val_loss:.2f}.nbnet"}, DataError, "needs 'val_loss' for its filepath.*no validation"),
        ({"filepath": "a.nbnet", "save_best_only": True}, DataError, "monitors 'val_loss', but fit has no validation"),
        ({"filepath": "{val_loss}.nbnet", "save_freq": 2}, DataError, "saves within epochs, where 'val_loss'"),
        ({"filepath": "a.nbnet", "save_best_only": True, "monitor": "val_mse", "save_freq": 2}, DataError, "val_mse"),
        ({"filepath": "{batch}.nbnet"}, UnknownNameError, r"end of epochs, which have no \{batch\}"),
    ],
)
def test_what_will_not_come_is_said_before_training(arguments, error, message):
    model = Model()
    with pytest.raises(error, match=message):
        play(ModelCheckpoint(**arguments), [{"loss": 1.0}], model, validates=False)
    assert model.epoch == -1


def test_a_name_that_does_not_come():
    with pytest.raises(UnknownNameError, match=r"names 'acuracy', which epoch 1 .* Did you mean 'accuracy'"):
        play(ModelCheckpoint("{acuracy}.nbnet"), [{"loss": 1.0, "accuracy": 0.5}])


def test_without_validation_in_an_epoch_nothing_is_saved(tmp_path):
    model = Model()
    callback = ModelCheckpoint(tmp_path / "{epoch}.nbnet", save_best_only=True)
    play(callback, [{"loss": 1.0}, {"loss": 1.0, "val_loss": 1.0}], model, validates=True)
    assert model.saved == [str(tmp_path / "2.nbnet")]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"filepath": "model.keras"}, ValueError, "writes .nbnet files"),
        ({"filepath": "{0}.nbnet"}, ValueError, "names in braces"),
        ({"filepath": "{epoch.real}.nbnet"}, ValueError, "names in braces"),
        ({"filepath": "{epoch.nbnet"}, ValueError, "cannot read filepath"),
        ({"filepath": "a.nbnet", "save_freq": 0}, ValueError, "save_freq='epoch' or a number of batches"),
        ({"filepath": "a.nbnet", "save_freq": True}, ValueError, "save_freq"),
        ({"filepath": "a.nbnet", "save_freq": "batch"}, ValueError, "save_freq"),
        ({"filepath": "a.nbnet", "save_weights_only": True}, ArgumentError, "holds the whole model"),
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        ModelCheckpoint(**arguments)
    assert ModelCheckpoint("a.nbnet", save_freq=np.int64(3)).save_freq == 3
