"""Tables of numbers and texts, and the step that makes numbers of them."""

import numpy as np
import pytest

from nbnet.data import Data
from nbnet.errors import DataError, SavedModelError
from nbnet.preprocessing import Standardize, Table, Tabular, deserialize, serialize

NAN = float("nan")


def test_kinds_and_missing_values():
    table = Table(
        {
            "a": [1, None, 2.5],
            "b": np.array([1, 2, 3], "int16"),
            "c": ["x", None, "y"],
            "d": np.array(["x", "y", "x"]),
            "e": [True, False, None],
            "f": [NAN, "x", "x"],
            "g": (n for n in (1, 2, 3)),
        }
    )
    assert [table.kind(name) for name in table.names] == ["number", "number", "text", "text", "text", "text", "number"]
    np.testing.assert_array_equal(table.columns["a"], [1, NAN, 2.5])
    assert table.columns["e"].tolist() == ["True", "False", None]
    assert table.columns["f"].tolist() == [None, "x", "x"]
    assert len(table) == 3
    assert table[1:].columns["d"].tolist() == ["y", "x"]
    assert len(Table.joined([table, table[:1]])) == 4


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "columns by name"),
        ([1], "columns by name"),
        ({1: [1]}, "texts as names"),
        ({"a": "text"}, "as an array or list"),
        ({"a": 3}, "as an array or list"),
        ({"a": np.zeros((2, 2))}, "in one axis"),
        ({"a": [1], "b": [1, 2]}, "columns of one length"),
        ({"a": ["x", 1]}, "texts and in row 1 1"),
        ({"a": [1, [2]]}, "expected numbers or texts"),
        ({"a": [1, float("inf")]}, "infinity in row 1"),
        ({"a": [10**400]}, "308 digits"),
        ({"a": [1j]}, "expected numbers or texts"),
    ],
)
def test_what_is_no_table(columns, words):
    with pytest.raises(DataError, match=words):
        Table(columns)


def test_an_unknown_column_has_close_names():
    with pytest.raises(DataError, match=r"no column 'agee'\. Did you mean 'age'"):
        Table({"age": [1]}).column("agee")


TRAIN = Table({"age": [30, None, 50, 41], "city": ["Rome", "Oslo", "Rome", None]})


def test_columns_are_found_by_name():
    step = Tabular().fit(TRAIN)
    assert step.feature_names == ("age", "city=Oslo", "city=Rome", "city=?")
    expected = step(Table({"age": [30], "city": ["Rome"]}))
    np.testing.assert_array_equal(step({"more": ["x"], "city": ["Rome"], "age": [30.0]}), expected)
    with pytest.raises(DataError, match=r"lacks age\. It has city"):
        step({"city": ["Rome"]})


def test_numbers_for_texts_and_the_reverse():
    step = Tabular().fit(Table({"zip": ["8001", "8002"], "n": [1, 2]}))
    np.testing.assert_array_equal(step({"zip": [8002], "n": [1.5]}), [[0, 1, 0]])
    with pytest.raises(DataError, match="numbers in the column 'n'; received 'x'"):
        step({"zip": ["8001"], "n": ["x"]})
    np.testing.assert_array_equal(step({"zip": [None], "n": [None]}), [[0, 0, 0]])


def test_unknown_texts():
    row = {"age": [1], "city": ["Bern"]}
    np.testing.assert_array_equal(Tabular().fit(TRAIN)(row)[0, 1:], 0)
    with pytest.raises(DataError, match="'Bern' in row 0, which no training row"):
        Tabular(unknown="error").fit(TRAIN)(row)


def test_missing_numbers():
    with pytest.raises(DataError, match="'age' has no value in row 1"):
        Tabular(impute=None).fit(TRAIN)(TRAIN)
    np.testing.assert_array_equal(Tabular(impute=0, scale=None).fit(TRAIN)(TRAIN)[:, 0], [30, 0, 50, 41])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"a": [None, None]}, "'a' has no value in 2 rows"),
        ({"a": [f"name {n}" for n in range(101)]}, "101 different texts in 101 rows, such as 'name 0'"),
        (np.zeros((2, 2)), "expects a nbnet.preprocessing.Table"),
    ],
)
def test_what_cannot_be_learned(table, words):
    with pytest.raises(DataError, match=words):
        Tabular().fit(table)


@pytest.mark.parametrize(
    "arguments",
    [
        {"impute": "mode"}, {"impute": [1]}, {"impute": NAN}, {"scale": "robust"}, {"unknown": "skip"},
        {"max_categories": 0}, {"columns": []}, {"columns": [{}]}, {"columns": ["age"]},
        {"columns": [{"name": "a", "kind": "number"}]},
        {"columns": [{"name": "a", "kind": "number", "fill": "x", "offset": 0, "extent": 1}]},
        {"columns": [{"name": "a", "kind": "number", "fill": 0, "offset": 0, "extent": 0}]},
        {"columns": [{"name": "a", "kind": "number", "fill": 0, "offset": 10**400, "extent": 1}]},
        {"columns": [{"name": "a", "kind": "text", "categories": []}]},
        {"columns": [{"name": "a", "kind": "text", "categories": ["x", "x"]}]},
        {"columns": [{"name": "a", "kind": "text", "categories": [1]}]},
        {"columns": [{"name": "a", "kind": "text", "categories": ["x"]}] * 2},
    ],
)  # fmt: skip
def test_malformed_arguments(arguments):
    with pytest.raises(DataError):
        Tabular(**arguments)
    with pytest.raises(SavedModelError, match="'Tabular' cannot be restored"):
        deserialize([{"class": "Tabular", "config": arguments}])


def test_data_of_tables():
    data = Data((TRAIN, [0, 1, 0, 1]), test=(TRAIN[:2], [0, 1]), preprocess=[Tabular(scale=None), Standardize()])
    assert data.input_shape == (4,)
    np.testing.assert_allclose(data.train[0].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_array_equal(data.test[0], data.train[0][:2])
    assert data.input_spec.table.columns == (("age", "number"), ("city", "text"))
    assert len(serialize(data.preprocess)) == 2


def test_data_says_what_a_table_needs():
    y = [0, 1, 0, 1]
    with pytest.raises(DataError, match=r"a Table becomes numbers by preprocess=Tabular\(\)"):
        Data((TRAIN, y))
    with pytest.raises(DataError, match="received 4 inputs and 3 labels"):
        Data((TRAIN, y[:3]), preprocess=Tabular())
    with pytest.raises(DataError, match="test x with the column 'city', as in train; it has age"):
        Data((TRAIN, y), test=(Table({"age": [1]}), [0]), preprocess=Tabular())
    with pytest.raises(DataError, match="test x as Table, as in train; received ndarray"):
        Data((TRAIN, y), test=(np.zeros((2, 2)), [0, 1]), preprocess=Tabular())
    with pytest.raises(DataError, match="at least one row"):
        Data((TRAIN[:0], y), preprocess=Tabular())
