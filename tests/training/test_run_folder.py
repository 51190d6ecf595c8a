"""What a model file's ``fit`` may hold, and how a run records it."""

from __future__ import annotations

import csv
import importlib
import json
import textwrap

import numpy as np

import nbnet
from nbnet.training.project import load_project
from nbnet.training.run_folder import train_project

TEXT = """
import numpy as np, nbnet
x = np.linspace(-1, 1, 64).reshape(-1, 1).astype("float32")
data = nbnet.Data((x, (x[:, 0] > 0).astype("int64")), (x, (x[:, 0] > 0).astype("int64")), class_names=["no", "yes"])
model = nbnet.Sequential([nbnet.layers.Dense(1, "sigmoid", input_shape=(1,))])
model.compile(nbnet.optimizers.SGD(0.5), "binary_crossentropy", ["accuracy"])
fit = dict(
    epochs=20,
    class_weight={0: 1.0, 1: 2.0},
    callbacks=[nbnet.callbacks.EarlyStopping(monitor="val_loss", min_delta=10.0, patience=2)],
)
"""


def test_fit_passes_on_what_model_fit_takes(tmp_path):
    (tmp_path / "mine.py").write_text(textwrap.dedent(TEXT))
    result = train_project(load_project(tmp_path / "mine.py"), tmp_path / "runs")
    assert result.epochs == 3  # the callback's patience, and not the 20 epochs
    config = json.loads((result.folder / "config.json").read_text())
    assert config["fit"]["class_weight"] == {"0": 1.0, "1": 2.0}
    (callback,) = config["fit"]["callbacks"]
    assert "EarlyStopping" in str(callback)
    assert "0x" not in str(callback)
    assert (config["optimizer"]["class"], config["optimizer"]["learning_rate"]) == ("SGD", 0.5)


def test_without_test_samples_the_confusion_is_that_of_the_best_weights_on_the_validation_samples(tmp_path):
    (tmp_path / "mine.py").write_text(textwrap.dedent(TEXT))
    project = load_project(tmp_path / "mine.py")
    result = train_project(project, tmp_path / "runs")
    assert [path.name for path in result.pictures] == ["curves.png", "confusion.png"]
    assert result.remark is None
    best = nbnet.load(result.folder / "best.nbnet").get_weights()
    for found, expected in zip(project.model.get_weights(), best, strict=True):
        np.testing.assert_array_equal(found, expected)
    with (result.folder / "metrics.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3


def test_the_best_epoch_is_one_that_was_validated(tmp_path):
    text = textwrap.dedent(TEXT).split("fit =")[0] + "fit = dict(epochs=5, validation_freq=2)\n"
    (tmp_path / "mine.py").write_text(text)
    result = train_project(load_project(tmp_path / "mine.py"), tmp_path / "runs")
    assert (result.epochs, result.best_epoch) == (5, 4)
    assert nbnet.load(result.folder / "best.nbnet").epochs == 4


def test_a_picture_that_fails_leaves_the_other(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no fonts")

    monkeypatch.setattr(importlib.import_module("nbnet.plot.curves"), "curves", broken)
    (tmp_path / "mine.py").write_text(textwrap.dedent(TEXT))
    result = train_project(load_project(tmp_path / "mine.py"), tmp_path / "runs")
    assert [path.name for path in result.pictures] == ["confusion.png"]
    assert result.remark == "Drawing a picture failed: RuntimeError: no fonts"
