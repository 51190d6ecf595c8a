"""nbnet.Data.from_csv: labels, tasks, splits, preprocessing, and how the file was read."""

import json

import numpy as np
import pytest

from nbnet.data import Data, InputSpec, TableSpec, read_csv, read_inputs, read_labelled
from nbnet.errors import DataError, SavedModelError
from nbnet.preprocessing import PCA, Tabular
from tests.naive.preprocessing import tabular

ROWS = [
    {
        "age": None if n % 11 == 3 else float(n * 7 % 50),
        "city": ["Rome", "Oslo", None][n % 3],
        "grade": n % 4,
        "y": n / 8,
    }
    for n in range(80)
]


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "t.csv"
    lines = ["age,city,grade,y"]
    lines += [",".join("" if value is None else str(value) for value in row.values()) for row in ROWS]
    place.write_text("\n".join(lines) + "\n")
    return place


def test_it_is_split_then_preprocessed(path):
    data = Data.from_csv(path, "y", validation=0.2, test=0.1, seed=4)
    assert [len(x) for x, _ in data.splits.values()] == [56, 16, 8]
    assert data.class_names is None
    assert data.train[1].dtype == np.float32
    # y tells which row it was
    parts = {name: [ROWS[round(float(y) * 8)] for y in labels] for name, (_, labels) in data.splits.items()}
    inputs = {
        name: [{key: row[key] for key in ("age", "city", "grade")} for row in part] for name, part in parts.items()
    }
    for name, (x, _) in data.splits.items():
        np.testing.assert_allclose(x, tabular(inputs["train"], inputs[name]), rtol=1e-5, atol=1e-6)
    assert sorted(float(y) for _, labels in data.splits.values() for y in labels) == [row["y"] for row in ROWS]


def test_texts_are_classes(path):
    path.write_text(path.read_text().replace(",,", ",Bern,"))
    data = Data.from_csv(path, "city", ignore=["y"], test=0)
    assert data.class_names == ("Bern", "Oslo", "Rome")
    assert data.test is None
    np.testing.assert_allclose(np.bincount(data.train[1]), 68 / 3, atol=1)


def test_labels_that_are_few_integers_are_classes(path):
    data = Data.from_csv(path, "grade")
    assert data.class_names == ("0", "1", "2", "3")
    assert data.train[1].dtype == np.int64
    np.testing.assert_allclose(np.bincount(data.train[1]), 14, atol=1)
    assert Data.from_csv(path, "grade", task="regression").train[1].dtype == np.float32
    assert len(Data.from_csv(path, "y", task="classification", stratify=False).class_names) == 80


def test_preprocessing_comes_after_the_table(path):
    data = Data.from_csv(path, "y", preprocess=PCA(2))
    assert [type(step).__name__ for step in data.preprocess.steps] == ["Tabular", "PCA"]
    assert data.input_shape == (2,)
    data = Data.from_csv(path, "y", preprocess=[Tabular(scale=None), PCA(2)])
    assert data.preprocess.steps[0].scale is None
    assert len(data.preprocess.steps) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"label": "Y"}, "no column 'Y'"),
        ({"label": "y", "ignore": ["y"]}, "not in ignore"),
        ({"label": 3}, "label as the name of a column"),
        ({"label": "y", "task": "ranking"}, "expected task as|Expected task as"),
        ({"label": "city"}, "the label 'city' is missing in 26 of 80 rows, the first of them in line 4"),
        ({"label": "age"}, "the label 'age' is missing"),
        ({"label": "city", "task": "regression", "missing": ["-"]}, "has texts such as 'Rome'"),
        ({"label": "y", "ignore": ["age", "city", "grade"]}, "no column but the label"),
        ({"label": "y", "validation": 0.6, "test": 0.5}, "sum below 1"),
    ],
)
def test_what_is_refused(path, arguments, words):
    with pytest.raises(DataError, match=words):
        Data.from_csv(path, **arguments)


def test_one_class_is_none(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2,x\n")
    with pytest.raises(DataError, match="'b' is 'x' in every row"):
        Data.from_csv(tmp_path / "t.csv", "b")


def test_the_specification_survives_json(path):
    data = Data.from_csv(path, "grade", categorical=["age"], encoding="latin-1", missing=["", "x"])
    spec = InputSpec.from_config(json.loads(json.dumps(data.input_spec.get_config(), allow_nan=False)))
    assert spec == data.input_spec
    columns = (("age", "text"), ("city", "text"), ("y", "number"))
    label = ("grade", "number")
    assert spec.table == TableSpec(columns, label, ("0", "1", "2", "3"), ("", "x"), ".", "latin-1")


@pytest.mark.parametrize(
    "changed",
    [
        {"columns": []}, {"columns": None}, {"columns": [["a"]]}, {"columns": [["a", "date"]]},
        {"columns": [[1, "text"]]}, {"columns": [["a", "text"]] * 2}, {"columns": [["a", "text"], ["b", "text"]]},
        {"label": "y"}, {"label": ["y", 1]}, {"classes": [1]}, {"classes": "ab"}, {"missing": None},
        {"missing": [None]}, {"decimal": ";"}, {"decimal": None}, {"encoding": "zip"}, {"encoding": None},
        {"encoding": "utf-16"},
    ],
)  # fmt: skip
def test_malformed_specifications_are_refused(changed):
    table = {**TableSpec((("a", "number"),), ("y", "text"), ("b", "c")).get_config(), **changed}
    config = {"shape": [1], "dtype": "table", "minimum": 0, "maximum": 0, "mean": None, "table": table}
    with pytest.raises(SavedModelError, match=r"saved (description of a table|input specification)"):
        InputSpec.from_config(config)
    with pytest.raises(SavedModelError, match="does not fit its table"):
        InputSpec.from_config({**config, "table": None})


def test_other_files_are_read_as_the_first(path, tmp_path):
    data = Data.from_csv(path, "grade", ignore=["y"])
    (tmp_path / "new.tsv").write_text("more\tcity\tage\nx\tRome\t3\ny\tBern\t?\n")
    names, table = read_inputs([tmp_path / "new.tsv", path], data.input_spec)
    assert names[:3] == [f"{tmp_path}/new.tsv[0]", f"{tmp_path}/new.tsv[1]", f"{path}[0]"]
    assert table.columns["city"].tolist()[:3] == ["Rome", "Bern", "Rome"]
    np.testing.assert_array_equal(table.columns["age"][:3], [3, np.nan, 0])
    assert len(data.preprocess(table)) == 82
    (tmp_path / "less.csv").write_text("city\nRome\n")
    with pytest.raises(DataError, match="no column 'age'"):
        read_inputs([tmp_path / "less.csv"], data.input_spec)
    with pytest.raises(DataError, match=r"trained on a table; expected a .csv or .tsv file with the columns age, city"):
        read_inputs([tmp_path / "x.png"], data.input_spec)
    with pytest.raises(DataError, match="at least one input file"):
        read_inputs([], data.input_spec)


def test_point_encoding_and_missing_texts_stay_those_of_the_training(tmp_path):
    path = tmp_path / "t.csv"
    lines = ["n;city;y", *(f"{n},5;{('Zürich', 'none', 'Genf')[n % 3]};{n}" for n in range(9))]
    path.write_bytes("\n".join(lines).encode("cp1252"))
    spec = Data.from_csv(path, "y", decimal=",", encoding="cp1252", missing=["none"]).input_spec
    table = read_inputs([path], spec).x
    assert table.columns["n"].tolist() == [n + 0.5 for n in range(9)]
    assert table.columns["city"].tolist() == ["Zürich", None, "Genf"] * 3


def test_labels_are_read_as_the_first(path, tmp_path):
    spec = Data.from_csv(path, "grade", ignore=["y"]).input_spec
    x, y = read_labelled(path, None, spec)
    assert x.names == ("age", "city")
    np.testing.assert_array_equal(y, [row["grade"] for row in ROWS])
    targets = Data.from_csv(path, "y").input_spec
    np.testing.assert_array_equal(read_labelled(path, None, targets)[1], [row["y"] for row in ROWS])
    (tmp_path / "new.csv").write_text("grade,city,age\n2.0,Rome,3\n7,Rome,3\n")
    with pytest.raises(DataError, match="the label 'grade' is '7' in line 3; the model knows the classes 0, 1, 2, 3"):
        read_labelled(tmp_path / "new.csv", None, spec)
    (tmp_path / "new.csv").write_text("city,age\nRome,3\n")
    with pytest.raises(DataError, match="no column 'grade'"):
        read_labelled(tmp_path / "new.csv", None, spec)
    with pytest.raises(DataError, match="for models only that were trained on one"):
        read_labelled(path, None, InputSpec((2,), "float32", 0, 1))
    with pytest.raises(DataError, match="a CSV file has no splits"):
        read_labelled(path, "test", spec)


def test_rows_of_numbers_for_models_of_arrays(tmp_path):
    x = np.random.default_rng(0).normal(0, 1, (5, 2, 3)).astype("float32")
    path = tmp_path / "x.csv"
    np.savetxt(path, x.reshape(5, 6).astype(str), "%s", delimiter=",")
    for spec, dtype in ((InputSpec.of(x), "float32"), (InputSpec((6,), "float64", 0, 1), "float64")):
        read = read_inputs([path], spec).x
        assert read.dtype == dtype
        np.testing.assert_array_equal(read.astype("float32").reshape(x.shape), x)
    path.write_text("a,b,c\n0,1,255\n")
    assert read_inputs([path], InputSpec((3,), "uint8", 0, 16)).x.dtype == np.uint8
    path.write_text("a,b,c\n0,1,255.5\n")
    assert read_inputs([path], InputSpec((3,), "uint8", 0, 16)).x.tolist() == [[0, 1, 255.5]]
    assert read_inputs([path], InputSpec((3,), "strange", 0, 16)).x.dtype == np.float64
    with pytest.raises(DataError, match=r"expected 4 numbers in each row, .* shape \(2, 2\); received 3"):
        read_inputs([path], InputSpec((2, 2), "float32", 0, 1))
    path.write_text("a,b,c\n0,?,2\n")
    spec = InputSpec((3,), "float32", 0, 1)
    with pytest.raises(DataError, match="received NaN"):
        read_inputs([path], spec)
    assert np.isnan(read_inputs([path], spec, missing=True).x[0, 1])


def test_a_table_read_by_hand_gives_the_same(path):
    data = Data.from_csv(path, "y", validation=0, test=0)
    table = read_csv(path, ignore=["y"])
    rows = np.argsort(data.train[1])
    np.testing.assert_array_equal(data.preprocess(table), data.train[0][rows])
