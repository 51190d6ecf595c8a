"""Commands on a model file whose data have several inputs and outputs."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import nbnet

NET = """
import numpy as np, nbnet
from nbnet.layers import Concatenate, Dense, Embedding, Reshape

def samples(count):
    rng = np.random.default_rng(count)
    age, user = rng.normal(40, 10, count), rng.integers(0, 5, count)
    return {"age": age, "user": user}, {"kind": (age > 40).astype("int64"), "size": age[:, None] / 10}

def data(count=40):
    steps = {"age": nbnet.preprocessing.Standardize()}
    return nbnet.Data(samples(count), samples(16), samples(12), steps, {"kind": ["young", "old"]})

def model():
    age, user = nbnet.Input((), name="age"), nbnet.Input((), dtype="int64", name="user")
    features = Concatenate()([Reshape((1,))(age), Embedding(5, 2)(user)])
    made = nbnet.Model([age, user], {"kind": Dense(2, "softmax")(features), "size": Dense(1)(features)})
    made.compile("sgd", {"kind": "sparse_categorical_crossentropy", "size": "mse"}, metrics={"kind": ["accuracy"]})
    return made

fit = dict(epochs=2)
"""


def as_json(ended):
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture
def trained(run, write, folder):
    """A run folder."""
    assert run("train", write("net.py", NET), "--quiet").exit_code == 0
    return folder / "runs" / "net-1"


def test_training_shows_and_notes_each_array(run, write, folder):
    ended = run("train", write("net.py", NET))
    assert ended.exit_code == 0, ended.stderr
    assert "Data: kind 2 classes (young, old)" in ended.stdout
    assert "x age () float32, user () int64  y kind () int64, size (1,) float64" in ended.stdout
    noted = json.loads((folder / "runs" / "net-1" / "config.json").read_text())["data"]["train"]
    assert noted == {
        "samples": 40,
        "x": {"age": "() float32", "user": "() int64"},
        "y": {"kind": "() int64", "size": "(1,) float64"},
    }


def test_evaluate(run, trained, folder):
    expected = json.loads((trained / "result.json").read_text())["test"]
    found = as_json(run("evaluate", trained, "--data", "net.py", "--json"))
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)
    assert found["samples"] == 12
    rng = np.random.default_rng(12)  # the test samples again, before preprocessing
    age, user = rng.normal(40, 10, 12), rng.integers(0, 5, 12)
    np.savez(folder / "a.npz", x_age=age, x_user=user, y_kind=(age > 40).astype("int64"), y_size=age[:, None] / 10)
    found = as_json(run("evaluate", trained, "--data", "a.npz", "--json"))
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)
    ended = run("evaluate", trained, "--data", "a.npz", "--split", "train")
    assert "expected the arrays x_train_age, x_train_user, y_train_kind and y_train_size" in ended.stderr


def test_predict(run, trained, folder):
    (folder / "x.csv").write_text("user,age\n4,71\n0,20\n")
    model = nbnet.load(trained / "best.nbnet")
    expected = model.predict(model.preprocess({"age": np.array([71.0, 20]), "user": np.array([4, 0])}))
    shown = run("predict", trained, "x.csv").stdout.splitlines()
    assert shown[0].split() == ["input", "kind", "class", "kind", "probability", "size"]
    assert shown[-1].split()[-1] == f"{expected['size'][1, 0]:.6g}"
    rows = as_json(run("predict", trained, "x.csv", "--json"))
    assert [list(row) for row in rows] == [["input", "kind", "size"]] * 2
    assert [row["size"] for row in rows] == pytest.approx(expected["size"][:, 0].tolist())
    assert run("predict", trained, "x.csv", "--out", "o.csv").exit_code == 0
    with (folder / "o.csv").open() as file:
        (first, _) = csv.DictReader(file)
    assert list(first) == ["input", "kind_class", "kind_probability", "kind_young", "kind_old", "size"]
    assert float(first["kind_old"]) == pytest.approx(expected["kind"][0, 1], rel=1e-5)


def test_looking(run, write, trained):
    assert "Total params:" in run("summary", write("net.py", NET)).stdout
    assert run("explain", "net.py").exit_code == 0
    assert as_json(run("explain", "net.py", "--step", "predict", "--json"))
    shown = run("trace", "net.py", "--sample", "3").stdout
    assert "on training sample 3" in shown
    assert "SparseCategoricalCrossentropy of kind" in shown


def test_plot_says_what_it_cannot_draw(run, trained, folder):
    ended = run("plot", trained, "--data", "net.py")
    assert ended.exit_code == 0
    assert "A confusion matrix is of one output; the model has kind, size" in ended.stderr
    assert "No boundary: Only networks with one input of two numbers" in ended.stderr
    assert "No samples: Samples are drawn of models with one input and one output" in ended.stderr


def test_a_model_that_is_built_by_its_data(run, write, folder):
    text = """
        import numpy as np, nbnet
        data = nbnet.Data(({"a": np.ones((8, 2), "float32"), "n": np.arange(8) % 3}, np.arange(8) % 2), test=None)

        class Both(nbnet.Model):
            def __init__(self):
                super().__init__()
                self.table = nbnet.layers.Embedding(3, 2)
                self.dense = nbnet.layers.Dense(2, "softmax")

            def call(self, x):
                return self.dense(nbnet.layers.Concatenate()([x["a"], self.table(x["n"])]))

        model = Both()
        model.compile("sgd", "sparse_categorical_crossentropy")
    """
    assert "Total params:" in run("summary", write("both.py", text)).stdout
    ended = run("train", "both.py", "--quiet")
    assert ended.exit_code == 0, ended.stderr


def test_one_array_of_labels_of_several_inputs_is_drawn(run, write, folder):
    text = NET.replace('{"kind": (age > 40).astype("int64"), "size": age[:, None] / 10}', '(age > 40).astype("int64")')
    text = text.replace('{"kind": ["young", "old"]}', '["young", "old"]')
    text = text.replace(
        '{"kind": Dense(2, "softmax")(features), "size": Dense(1)(features)}', 'Dense(2, "softmax")(features)'
    )
    text = text.replace(
        '{"kind": "sparse_categorical_crossentropy", "size": "mse"}', '"sparse_categorical_crossentropy"'
    )
    ended = run("train", write("net.py", text.replace('{"kind": ["accuracy"]}', '["accuracy"]')))
    assert ended.exit_code == 0, ended.stderr
    assert "Pictures: curves.png, confusion.png" in ended.stdout
    rows = np.savez(folder / "x.npz", age=[50.0], user=[1])
    rows = as_json(run("predict", "runs/net-1", "x.npz", "--json"))
    assert rows[0]["class"] in ("young", "old")


def test_a_table_with_labels_is_evaluated(run, write, folder):
    rng = np.random.default_rng(0)
    lines = ["age,city,bought"]
    for number, age in enumerate(rng.integers(18, 80, 60)):
        lines.append(f"{'' if number % 7 == 2 else age},{('Rome', 'Oslo')[number % 2]},{'yes' if age > 45 else 'no'}")
    (folder / "people.csv").write_text("\n".join(lines) + "\n")
    write(
        "shop.py",
        """
        import nbnet
        data = nbnet.Data.from_csv("people.csv", "bought", test=0)
        model = nbnet.Sequential([nbnet.layers.Dense(2, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
    """,
    )
    assert run("train", "shop.py", "--quiet").exit_code == 0
    (folder / "new.csv").write_text("bought,age,city\nno,20,Oslo\nyes,,Rome\nno,70,Bern\n")
    found = as_json(run("evaluate", "runs/shop-1", "--data", "new.csv", "--json"))
    model = nbnet.load(folder / "runs" / "shop-1" / "best.nbnet")
    x = model.preprocess({"age": [20, None, 70], "city": ["Oslo", "Rome", "Bern"]})
    assert found["loss"] == pytest.approx(model.evaluate(x, np.array([0, 1, 0]))[0], rel=1e-5)
    assert found["samples"] == 3
