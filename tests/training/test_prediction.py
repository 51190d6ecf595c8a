"""A saved model in a fresh process says of a CSV row and of a photograph exactly what it says in memory."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import nbnet
from nbnet.errors import DataError
from nbnet.preprocessing import HOG, PCA, Flatten, Impute, MinMax, Standardize
from nbnet.training.prediction import predict_files

CODE = """
import json, sys
from nbnet.training.prediction import predict_files
found = predict_files(sys.argv[1], sys.argv[2:])
print(json.dumps({"names": found.names, "outputs": [row.tolist() for row in found.outputs], "rows": found.rows()}))
"""


def in_a_fresh_process(model, *inputs):
    """(names, outputs, rows) of predict_files."""
    command = [sys.executable, "-c", CODE, str(model), *map(str, inputs)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout)
    return found["names"], np.array(found["outputs"], "float32"), found["rows"]


def fitted(data, units, activation, loss):
    """A small model after two epochs on the data."""
    model = nbnet.Sequential(
        [nbnet.layers.Dense(4, activation="tanh"), nbnet.layers.Dense(units, activation=activation)]
    )
    model.compile("sgd", loss)
    model.fit(*data.train, epochs=2, verbose=0)
    model.remember(data)
    return model


@pytest.fixture
def table(tmp_path, rng):
    """A file with a header, both kinds of columns and missing values."""
    lines = ["age;city;income;bought"]
    for number in range(60):
        age, city = rng.integers(18, 80), ("Rome", "Oslo", "?")[number % 3]
        income = "" if number % 7 == 2 else f"{rng.normal(3e4, 1e4):.3f}"
        lines.append(f"{age};{city};{income};{'yes' if age > 45 else 'no'}")
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_rows_of_a_table(table, tmp_path):
    data = nbnet.Data.from_csv(table, "bought", preprocess=[PCA(4)])
    model = fitted(data, 2, "softmax", "sparse_categorical_crossentropy")
    model.save(tmp_path / "m.nbnet")
    # Other order, no label, a column more, a city that training never saw, a missing number.
    new = tmp_path / "new.csv"
    new.write_text("city,more,income,age\nOslo,x,20000.5,30\nBern,y,NA,50\n,z,1e4,77\n")
    columns = {"age": [30, 50, 77], "city": ["Oslo", "Bern", None], "income": [20000.5, None, 1e4]}
    expected = model.predict(model.preprocess(columns), verbose=0)
    names, outputs, rows = in_a_fresh_process(tmp_path / "m.nbnet", new)
    np.testing.assert_array_equal(outputs, expected)
    assert names == [f"{new}[{row}]" for row in range(3)]
    assert [row["class"] for row in rows] == [("no", "yes")[row.argmax()] for row in expected]
    # The file of the training gives what the training saw.
    whole = predict_files(tmp_path / "m.nbnet", [table]).outputs
    inputs = {tuple(row) for row in whole.tolist()}
    assert {tuple(row) for row in model.predict(data.test[0], verbose=0).tolist()} <= inputs


def test_a_regression_on_a_table(table, tmp_path):
    data = nbnet.Data.from_csv(table, "age", task="regression", ignore=["bought"])
    model = fitted(data, 1, None, "mae")
    model.save(tmp_path / "m.nbnet")
    found = predict_files(tmp_path / "m.nbnet", [table])
    assert len(found.rows()) == 60
    assert list(found.rows()[0]) == ["input", "output"]
    expected = model.predict(model.preprocess({"city": ["Rome"], "income": [1.0]}), verbose=0)
    (tmp_path / "new.csv").write_text("income,city\n1,Rome\n")
    np.testing.assert_array_equal(predict_files(tmp_path / "m.nbnet", [tmp_path / "new.csv"]).outputs, expected)
    np.save(tmp_path / "x.npy", np.zeros((2, 2)))
    with pytest.raises(DataError, match="trained on a table"):
        predict_files(tmp_path / "m.nbnet", [tmp_path / "x.npy"])


@pytest.mark.parametrize(
    ("color", "steps"),
    [
        ("grayscale", [HOG(6, (4, 4), (2, 2)), Standardize()]),
        ("rgb", [Flatten(), MinMax()]),
    ],
)
def test_a_photograph(tmp_path, rng, color, steps):
    for label, name in enumerate(("dark", "light")):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(6):
            pixels = rng.integers(90 * label + 20, 90 * label + 120, (14, 18, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "images" / name / f"{number}.png")
    data = nbnet.Data.from_folder(tmp_path / "images", (12, 16), color, validation=0, preprocess=steps)
    model = fitted(data, 1, "sigmoid", "binary_crossentropy")
    model.save(tmp_path / "m.nbnet")
    # A photograph of another size, held upright: the camera notes how.
    turned = Image.Exif()
    turned[274] = 6
    photo = Image.fromarray(rng.integers(0, 256, (40, 30, 3)).astype("uint8"))
    photo.save(tmp_path / "photo.png", exif=turned)
    upright = photo.transpose(Image.Transpose.ROTATE_270).convert("L" if color == "grayscale" else "RGB")
    array = np.asarray(upright.resize((16, 12), Image.Resampling.BILINEAR))
    expected = model.predict(model.preprocess(array[None]), verbose=0)
    _, outputs, rows = in_a_fresh_process(tmp_path / "m.nbnet", tmp_path / "photo.png")
    np.testing.assert_array_equal(outputs, expected)
    assert rows[0]["class"] == ("light" if expected[0, 0] >= 0.5 else "dark")
    # Each training image gives what the training saw.
    found = predict_files(tmp_path / "m.nbnet", [tmp_path / "images" / "dark"]).outputs
    seen = model.predict(np.concatenate([x for x, _ in data.splits.values()]), verbose=0)
    assert {float(row[0]) for row in found} <= {float(row[0]) for row in seen}


def test_rows_of_numbers_with_gaps(tmp_path, rng):
    x = np.where(rng.random((30, 3)) < 0.2, np.nan, rng.normal(0, 1, (30, 3))).astype("float32")
    data = nbnet.Data((x, np.arange(30) % 2), preprocess=[Impute("median"), Standardize()])
    model = fitted(data, 1, "sigmoid", "binary_crossentropy")
    model.save(tmp_path / "m.nbnet")
    lines = [",".join("" if np.isnan(value) else str(value) for value in row) for row in x]
    (tmp_path / "x.csv").write_text("\n".join(["a,b,c", *lines]) + "\n")
    _, outputs, _ = in_a_fresh_process(tmp_path / "m.nbnet", tmp_path / "x.csv")
    np.testing.assert_array_equal(outputs, model.predict(data.train[0], verbose=0))
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(predict_files(tmp_path / "m.nbnet", [tmp_path / "x.npy"]).outputs, outputs)
