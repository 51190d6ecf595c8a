"""Curves of loss and metrics: what is drawn where, and what is marked."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nbnet
from nbnet.errors import ArgumentError, DataError, MissingPackageError
from nbnet.plot import curves, figure

HISTORY = {
    "loss": [0.9, 0.5, 0.4],
    "accuracy": [0.5, 0.7, 0.8],
    "val_loss": [0.8, 0.6, 0.7],
    "val_accuracy": [0.6, 0.75, 0.7],
}


def line(axes, label):
    """The numbers of one line: epochs and values."""
    found = next(item for item in axes.get_lines() if item.get_label() == label)
    return list(found.get_xdata()), list(found.get_ydata())


def labels(axes):
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_a_panel_for_each_quantity_with_the_best_epoch():
    loss, accuracy = curves(HISTORY).axes
    assert line(loss, "training") == ([1, 2, 3], HISTORY["loss"])
    assert line(loss, "validation") == ([1, 2, 3], HISTORY["val_loss"])
    assert labels(loss)[-1] == "best epoch 2: 0.6"
    assert labels(accuracy)[-1] == "best epoch 2: 0.75"
    assert (loss.get_title(loc="left"), loss.get_xlabel()) == ("loss", "epoch")


def test_without_validation_nothing_is_called_best():
    (axes,) = curves({"loss": [2.0, 1.0]}).axes
    assert labels(axes) == ["training"]


def test_a_history_counts_from_its_own_epochs():
    model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    history = model.fit([[1.0], [2.0]], [[1.0], [2.0]], epochs=2, verbose=0)
    (axes,) = curves(history).axes
    assert line(axes, "training") == ([1, 2], pytest.approx(history.history["loss"]))
    history.epoch[:] = [4, 5]
    assert line(curves(history).axes[0], "training")[0] == [5, 6]


def test_numbers_that_are_not_finite_leave_a_gap():
    broken = [0.9, math.nan, math.inf, 0.2]
    (axes,) = curves({"loss": broken, "val_loss": [math.nan, 0.3, 0.5, 0.4]}).axes
    drawn = np.array(line(axes, "training")[1])
    assert np.isnan(drawn).tolist() == [False, True, True, False]
    assert "best epoch 2: 0.3" in labels(axes)
    (empty,) = curves({"loss": [math.nan]}).axes
    assert [text.get_text() for text in empty.texts] == ["no finite numbers"]


def test_validation_every_other_epoch_is_one_line():
    (axes,) = curves({"loss": [4.0, 3.0, 2.0, 1.0], "val_loss": [3.0, 2.0]}).axes
    assert line(axes, "validation") == ([2, 4], [3.0, 2.0])


def test_numbers_stand_at_the_epochs_in_which_they_were_measured():
    model = nbnet.Sequential([nbnet.layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    x = np.array([[1.0], [2.0]])
    history = model.fit(x, x, epochs=6, validation_data=(x, x), validation_freq=[1, 5], initial_epoch=0, verbose=0)
    assert line(curves(history).axes[0], "validation")[0] == [1, 5]


def test_arrays_and_texts_have_no_curve(tmp_path):
    (axes,) = curves({"loss": [2.0, 1.0], "matrix": [np.eye(2), np.eye(2)], "note": ["a", "b"]}).axes
    assert line(axes, "training")[1] == [2.0, 1.0]
    table = 'epoch,loss,matrix,note,seconds\n1,0.5,"[[1, 0], [0, 1]]",hello,1.0\n2,0.25,"[[1, 0], [0, 1]]",,2.0\n'
    (tmp_path / "metrics.csv").write_text(table)
    (axes,) = curves(tmp_path).axes
    assert line(axes, "training")[1] == [0.5, 0.25]


def test_a_loss_that_falls_far_has_a_logarithmic_axis():
    scales = [curves({"loss": [first, 0.01]}).axes[0].get_yscale() for first in (0.02, 5.0)]
    assert scales == ["linear", "log"]


def test_one_epoch_has_one_tick():
    (axes,) = curves({"loss": [0.5]}).axes
    assert list(axes.get_xticks()) == [1]


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_files_in_each_format(tmp_path, ending, start):
    path = tmp_path / f"curves.{ending}"
    curves(HISTORY, path)
    first = path.read_bytes()
    assert first.startswith(start)
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"ends in \.png, \.svg, \.pdf; received"):
        curves(HISTORY, tmp_path / "curves.jpeg")
    assert not list(tmp_path.iterdir())


def test_a_run_folder_is_read(tmp_path):
    run = tmp_path / "mynet-3"
    run.mkdir()
    (run / "metrics.csv").write_text("epoch,loss,val_loss,seconds\n1,0.5,,1.0\n2,0.25,0.375,2.0\n")
    drawn = curves(run)
    assert drawn.get_suptitle() == "mynet-3"
    (axes,) = drawn.axes
    assert line(axes, "training") == ([1, 2], [0.5, 0.25])
    assert "best epoch 2: 0.375" in labels(axes)
    assert curves(run / "metrics.csv").get_suptitle() == "mynet-3"


@pytest.mark.parametrize("text", ["epoch,loss\n1,many\n", "loss\n0.5\n"])
def test_a_damaged_table_is_said(tmp_path, text):
    (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(DataError, match="holds no metrics"):
        curves(tmp_path)


@pytest.mark.parametrize("history", [{}, {"loss": []}, 3])
def test_nothing_to_draw_is_said(history):
    with pytest.raises(ArgumentError):
        curves(history)


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(figure, "available", lambda: False)
    with pytest.raises(MissingPackageError, match=r"pip install nbnet\[plot\]"):
        curves(HISTORY)


def test_pictures_leave_pyplot_alone():
    import sys

    curves(HISTORY)
    assert "matplotlib.pyplot" not in sys.modules
