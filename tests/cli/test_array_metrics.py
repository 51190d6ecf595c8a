"""Metrics that give arrays, and names that look like markup, from training to evaluation and pictures."""

from __future__ import annotations

import json

import pytest

TEXT = """
import numpy as np, nbnet
from nbnet.layers import Dense
from nbnet.metrics import Accuracy, F1Score

x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
y = (x[:, 0] > 0).astype("int64") + (x[:, 1] > 0)
data = nbnet.Data((x[:30], y[:30]), (x[30:45], y[30:45]), (x[45:], y[45:]), class_names=["[red]a", "$x$", "[/b] <c>"])
model = nbnet.Sequential([Dense(3, "softmax")])
metrics = [Accuracy(name="[/red]"), "confusion_matrix", F1Score(average=None)]
model.compile("adam", "sparse_categorical_crossentropy", metrics)
fit = dict(epochs=2, class_weight={0: 2.0}, sample_weight=np.linspace(0, 1, 30))
"""


@pytest.fixture
def trained(run, write, folder):
    """A run folder."""
    ended = run("train", write("odd.py", TEXT))
    assert ended.exit_code == 0, ended.stderr
    assert "[/red] 0." in ended.stdout
    assert "Pictures: curves.png, confusion.png" in ended.stdout
    return folder / "runs" / "odd-1"


def test_arrays_are_kept_as_lists_and_shown_below_the_numbers(run, trained):
    test = json.loads((trained / "result.json").read_text())["test"]
    assert sum(map(sum, test["confusion_matrix"])) == 15
    assert len(test["f1_score"]) == 3
    found = json.loads(run("evaluate", trained, "--data", "odd.py", "--json").stdout)
    assert found["confusion_matrix"] == test["confusion_matrix"]
    lines = run("evaluate", trained, "--data", "odd.py").stdout.splitlines()
    assert lines[0].startswith("loss ")
    assert "[/red] 0." in lines[0]
    assert lines[1] == "confusion_matrix"
    assert lines[5] == "f1_score"


def test_a_run_is_repeated_with_its_weights(run, trained, folder):
    assert run("train", trained / "model.py", "--quiet").exit_code == 0
    again = json.loads((folder / "runs" / "model-1" / "result.json").read_text())["test"]
    assert again == json.loads((trained / "result.json").read_text())["test"]


def test_the_trace_takes_the_weights_of_fit(run, trained):
    step = json.loads(run("trace", "odd.py", "--sample", 29, "--sample", 15, "--json").stdout)
    labels = step["y"]
    expected = [weight * (2 if label == 0 else 1) for weight, label in zip((1, 15 / 29), labels, strict=True)]
    assert step["sample_weight"] == pytest.approx(expected)
