"""``nbnet plot``, and the pictures that ``nbnet train`` leaves."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from nbnet.plot import figure


@pytest.fixture
def trained(run, write, folder):
    """A run folder."""
    assert run("train", write(), "--quiet").exit_code == 0
    return folder / "runs" / "small-1"


def names(folder):
    return sorted(item.name for item in folder.iterdir() if item.suffix in (".png", ".svg", ".pdf"))


def test_train_draws_curves_and_confusion_and_says_so(run, write, folder):
    shown = run("train", write(), "--epochs", 1).stdout.splitlines()
    assert "Pictures: curves.png, confusion.png" in shown
    assert names(folder / "runs" / "small-1") == ["confusion.png", "curves.png"]


def test_a_regression_has_no_confusion(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.linspace(0, 1, 32).reshape(-1, 1)
        data = nbnet.Data((x, 3 * x), (x, 3 * x), (x, 3 * x))
        model = nbnet.Sequential([nbnet.layers.Dense(1)])
        model.compile("sgd", "mse")
    """
    )
    assert "Pictures: curves.png\n" in run("train", "small.py").stdout
    assert names(folder / "runs" / "small-1") == ["curves.png"]


def test_without_matplotlib_a_run_says_how_to_get_pictures(run, write, folder, monkeypatch):
    monkeypatch.setattr(figure, "available", lambda: False)
    ended = run("train", write(), "--epochs", 1)
    assert ended.exit_code == 0
    assert ended.stdout.count("pip install nbnet[plot]") == 1
    assert names(folder / "runs" / "small-1") == []
    refused = run("plot", "runs/small-1")
    assert refused.exit_code == 1
    assert "pip install nbnet[plot]" in refused.stderr
    assert run("plot", "runs/small-1", "model").exit_code == 0  # which needs no matplotlib


def test_a_picture_that_fails_does_not_fail_the_run(run, write, folder, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no fonts")

    monkeypatch.setattr("nbnet.plot.confusion.confusion_matrix", broken)
    ended = run("train", write(), "--epochs", 1)
    assert ended.exit_code == 0
    assert "Drawing a picture failed: RuntimeError: no fonts" in ended.stdout
    assert json.loads((folder / "runs" / "small-1" / "result.json").read_text())["test"] is not None
    assert names(folder / "runs" / "small-1") == ["curves.png"]


def test_plot_draws_all_there_is_of_a_run(run, trained):
    for name in names(trained):
        (trained / name).unlink()
    ended = run("plot", trained)
    assert ended.exit_code == 0, ended.stderr
    assert names(trained) == ["confusion.png", "curves.png", "model.svg", "samples.png"]
    assert ended.stdout.splitlines() == [
        f"Wrote {trained / name}" for name in ("curves.png", "confusion.png", "samples.png", "model.svg")
    ]
    assert "No boundary: Only networks with two inputs" in ended.stderr


def test_kinds_format_and_place(run, trained, folder):
    found = json.loads(run("plot", trained, "curves", "--format", "svg", "--out", "pictures", "--json").stdout)
    assert found == {"pictures": {"curves": "pictures/curves.svg"}, "left_out": {}}
    assert names(folder / "pictures") == ["curves.svg"]
    assert run("plot", trained / "best.nbnet", "confusion", "--split", "validation", "--out", "p").exit_code == 0
    assert names(folder / "p") == ["best-confusion.png"]
    refused = run("plot", trained, "boundary")
    assert refused.exit_code == 1
    assert "two inputs" in refused.stderr


def test_a_model_file_and_samples_of_ones_own(run, write, trained, folder):
    ended = run("plot", "small.py", "--set", "hidden=3")
    assert names(folder) == ["small-model.svg", "small-samples.png"]
    assert "not trained" in ended.stderr
    assert "3 · 195 parameters" in (folder / "small-model.svg").read_text()
    np.savez(folder / "own.npz", x=np.zeros((4, 8, 8)), y=[0, 1, 2, 3])
    assert run("plot", trained, "confusion", "samples", "--data", "own.npz").exit_code == 0
    assert run("plot", trained, "curves", "--set", "hidden=3").exit_code == 2


def test_a_boundary_of_a_network_with_two_inputs(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.random.default_rng(0).normal(size=(64, 2))
        data = nbnet.Data((x, x[:, 0] > 0), (x, x[:, 0] > 0), class_names=["left", "right"])
        model = nbnet.Sequential([nbnet.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
    """
    )
    assert run("train", "small.py", "--quiet").exit_code == 0
    assert names(folder / "runs" / "small-1") == ["confusion.png", "curves.png"]
    ended = run("plot", "runs/small-1", "boundary", "--data", "small.py")
    assert ended.exit_code == 0, ended.stderr
    assert "boundary.png" in names(folder / "runs" / "small-1")


def test_curves_of_a_model_that_cannot_be_loaded(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        class Own(nbnet.layers.Dense):
            pass
        data = nbnet.Data((np.ones((4, 2)), np.ones((4, 1))))
        model = nbnet.Sequential([Own(1)])
        model.compile("sgd", "mse")
    """
    )
    assert run("train", "small.py", "--quiet").exit_code == 0
    ended = run("plot", "runs/small-1")
    assert (ended.exit_code, ended.stdout) == (0, "Wrote runs/small-1/curves.png\n")
    assert ended.stderr.count("No confusion, boundary, samples, model: ") == 1
    assert "'Own', which is not part of nbnet" in ended.stderr
    assert run("plot", "runs/small-1", "model").exit_code == 1
    alone = run("plot", "runs/small-1/best.nbnet")
    assert (alone.exit_code, alone.stdout) == (1, "")


def test_one_class_has_no_confusion(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x, y = np.ones((4, 2)), np.zeros(4, "int64")
        data = nbnet.Data((x, y), (x, y), class_names=["only"])
        model = nbnet.Sequential([nbnet.layers.Dense(1, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
    """
    )
    assert "Pictures: curves.png\n" in run("train", "small.py").stdout
    assert "no classes to confuse" in run("plot", "runs/small-1", "confusion", "--data", "small.py").stderr


def test_help_loads_no_matplotlib(run):
    code = (
        "import sys; from nbnet.cli.main import main; main(['plot', '--help']); sys.exit('matplotlib' in sys.modules)"
    )
    import subprocess

    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
