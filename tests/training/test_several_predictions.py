"""Models with several inputs and outputs: saved, and asked about files in a fresh process."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

import nbnet
from nbnet.errors import DataError
from nbnet.layers import Concatenate, Dense, Embedding, Reshape
from nbnet.preprocessing import Impute, Standardize, Table, Tabular
from nbnet.training.prediction import Predictions, predict_files
from nbnet.training.trained import evaluate_saved

STEPS = {"age": [Impute("mean"), Standardize()]}


def samples(rng, count):
    """Inputs with gaps in one of them, and targets."""
    age = np.where(rng.random(count) < 0.2, np.nan, rng.normal(40, 10, count))
    x = {"age": age, "user": rng.integers(0, 5, count)}
    return x, {"kind": x["user"] % 3, "size": rng.normal(0, 1, (count, 1))}


def network(outputs, activation="softmax"):
    """A model of an age and a user, with outputs by name or one alone."""
    age, user = nbnet.Input((), name="age"), nbnet.Input((), dtype="int64", name="user")
    features = Concatenate()([Reshape((1,))(age), Embedding(5, 2)(user)])
    made = {"kind": Dense(3, activation)(features), "size": Dense(1)(features)}
    return nbnet.Model([age, user], made if outputs == "dict" else made["size"])


@pytest.fixture
def trained(tmp_path, rng):
    """A saved model with two outputs, and its data."""
    data = nbnet.Data(samples(rng, 40), test=samples(rng, 12), preprocess=STEPS, class_names={"kind": ["a", "b", "c"]})
    model = network("dict")
    model.compile("sgd", {"kind": "sparse_categorical_crossentropy", "size": "mse"}, metrics={"kind": ["accuracy"]})
    model.fit(data, epochs=2, verbose=0)
    model.remember(data)
    model.save(tmp_path / "m.nbnet")
    return model, data


def test_what_the_model_remembers(trained, tmp_path):
    model, data = trained
    again = nbnet.load(tmp_path / "m.nbnet")
    assert again.class_names == {"kind": ("a", "b", "c")}
    assert again.input_spec == data.input_spec
    assert list(again.input_spec.inputs) == ["age", "user"]
    for name, values in model.predict(data.test[0]).items():
        np.testing.assert_array_equal(again.predict(data.test[0])[name], values)


def test_rows_and_arrays_in_a_fresh_process(trained, tmp_path):
    model, _ = trained
    x = {"age": np.array([50.5, np.nan, 31.0]), "user": np.array([4, 0, 2])}
    expected = model.predict(model.preprocess(x), verbose=0)
    (tmp_path / "x.csv").write_text("user,name,age\n4,anna,50.5\n0,bert,\n2,carla,31\n")
    np.savez(tmp_path / "x.npz", **x)
    found = predict_files(tmp_path / "m.nbnet", [tmp_path / "x.csv", tmp_path / "x.npz"])
    for name in ("kind", "size"):
        np.testing.assert_array_equal(found.outputs[name], np.concatenate([expected[name]] * 2))
    command = [sys.executable, "-m", "nbnet", "predict", str(tmp_path / "m.nbnet"), str(tmp_path / "x.csv"), "--json"]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert [row["input"] for row in rows] == [f"{tmp_path}/x.csv[{number}]" for number in range(3)]
    assert [row["kind"]["class"] for row in rows] == ["abc"[number] for number in expected["kind"].argmax(1)]
    for row, kind, size in zip(rows, expected["kind"], expected["size"], strict=True):
        assert list(row["kind"]["probabilities"].values()) == kind.tolist()
        assert row["kind"]["probability"] == kind.max()
        assert row["size"] == size[0]


def test_a_csv_file_of_several_outputs(tmp_path):
    outputs = {
        "kind": np.array([[0.25], [0.875]]),
        "size": np.array([[1.5], [-2]]),
        "place": np.array([[1, 2], [3, 4]]),
    }
    found = Predictions(["=x", "b"], outputs, {"kind": ("no", "-yes")}, {"kind": True, "size": False, "place": False})
    found.write_csv(tmp_path / "o.csv")
    with (tmp_path / "o.csv").open() as file:
        rows = list(csv.reader(file))
    header = ["input", "kind_class", "kind_probability", "kind_no", "kind_-yes", "size", "place_0", "place_1"]
    assert rows == [header, ["'=x", "no", "0.75", "0.75", "0.25", "1.5", "1", "2"], ["b", "'-yes", *rows[2][2:]]]
    assert rows[2][2:] == ["0.875", "0.125", "0.875", "-2", "3", "4"]
    assert found.rows()[1]["place"] == [3, 4]
    assert found.rows()[1]["size"] == -2
    shown = found.shown()
    assert shown[0] == ["input", "kind class", "kind probability", "size", "place"]
    assert shown[1][1] == ["b", "-yes", "0.8750", "-2", "3 4"]
    assert shown[2] == {2}


@pytest.mark.parametrize("split", ["", "test_"])
def test_evaluation_from_an_archive(trained, tmp_path, rng, split):
    model, _ = trained
    x, y = samples(rng, 7)
    arrays = {f"{letter}_{split}{key}": value for letter, nest in (("x", x), ("y", y)) for key, value in nest.items()}
    np.savez(tmp_path / "a.npz", **arrays)
    found = evaluate_saved(tmp_path / "m.nbnet", tmp_path / "a.npz", "test" if split else None)
    expected = model.evaluate(model.preprocess(x), y, return_dict=True)
    assert found.metrics == pytest.approx(expected, rel=1e-5)
    assert found.samples == 7
    with pytest.raises(DataError, match="has no validation samples"):
        evaluate_saved(tmp_path / "m.nbnet", tmp_path / "a.npz", "validation")


def test_a_damaged_output_is_named(trained, tmp_path):
    model, _ = trained
    model.layers[-1].kernel.assign(np.full((3, 1), np.nan, "float32"))
    model.save(tmp_path / "m.nbnet")
    (tmp_path / "x.csv").write_text("user,age\n4,50.5\n")
    with pytest.raises(DataError, match="gives NaN or infinity for size of '"):
        predict_files(tmp_path / "m.nbnet", [tmp_path / "x.csv"])


def test_inputs_in_order_and_one_output(tmp_path, rng):
    x, y = samples(rng, 20)
    data = nbnet.Data((tuple(x.values()), y["size"]), preprocess={"input_1": STEPS["age"]})
    model = network("size")
    model.compile("sgd", "mse")
    model.fit(data, epochs=1, verbose=0)
    model.remember(data)
    model.save(tmp_path / "m.nbnet")
    expected = model.predict(data.train[0], verbose=0)
    for name, arrays in (("a", x), ("b", {f"x_{key}": value for key, value in x.items()})):
        np.savez(tmp_path / f"{name}.npz", **arrays, y=y["size"])
        np.testing.assert_array_equal(predict_files(tmp_path / "m.nbnet", [tmp_path / f"{name}.npz"]).outputs, expected)
    found = evaluate_saved(tmp_path / "m.nbnet", tmp_path / "b.npz").metrics
    assert found["loss"] == pytest.approx(np.mean((expected - y["size"]) ** 2), rel=1e-5)


def test_a_model_whose_call_takes_several(tmp_path, rng):
    class Sum(nbnet.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = Dense(1)

        def call(self, x):
            return self.dense(Concatenate()([x["left"], x["right"]]))

    x = {"left": rng.normal(0, 1, (8, 2)), "right": rng.normal(0, 1, (8, 1))}
    data = nbnet.Data((x, np.zeros((8, 1))))
    model = Sum()
    model.compile("sgd", "mse")
    model.fit(data, epochs=1, verbose=0)
    model.remember(data)
    model.save(tmp_path / "m.nbnet")
    again = nbnet.load(tmp_path / "m.nbnet", custom_objects={"Sum": Sum})
    assert list(again.input_spec.inputs) == ["left", "right"]
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_a_table_beside_a_number(tmp_path, rng):
    person = Table({"age": rng.normal(40, 10, 20), "city": ["Rome", "Oslo"] * 10})
    data = nbnet.Data(
        ({"person": person, "item": np.arange(20) % 4}, np.zeros((20, 1))), preprocess={"person": Tabular()}
    )
    features, item = nbnet.Input((3,), name="person"), nbnet.Input((), dtype="int64", name="item")
    model = nbnet.Model([features, item], Dense(1)(Concatenate()([features, Embedding(4, 2)(item)])))
    model.compile("sgd", "mse")
    model.remember(data)
    model.save(tmp_path / "m.nbnet")
    (tmp_path / "x.csv").write_text("item,city,age\n3,Oslo,\n")
    found = predict_files(tmp_path / "m.nbnet", [tmp_path / "x.csv"])
    raw = {"person": Table({"age": [None], "city": ["Oslo"]}), "item": np.array([3])}
    np.testing.assert_array_equal(found.outputs, model.predict(model.preprocess(raw), verbose=0))
