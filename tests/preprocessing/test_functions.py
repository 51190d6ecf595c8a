"""to_categorical and train_test_split."""

import numpy as np
import pytest

from nbnet.data import split
from nbnet.errors import DataError
from nbnet.graph.seed import set_seed
from nbnet.preprocessing import Table, to_categorical, train_test_split


@pytest.mark.parametrize("labels", [[0, 2, 1, 2], np.array([[0], [2]]), np.array([[0, 1], [2, 2]]), [0.0, 2.0], [True]])
def test_to_categorical(labels):
    made = to_categorical(labels, 3)
    expected = np.asarray(labels).astype(int)
    expected = expected[..., 0] if expected.ndim > 1 and expected.shape[-1] == 1 else expected
    assert made.shape == (*expected.shape, 3)
    assert made.dtype == np.float32
    np.testing.assert_array_equal(made.argmax(axis=-1), expected)
    np.testing.assert_array_equal(made.sum(axis=-1), 1)


def test_to_categorical_counts_the_classes():
    assert to_categorical([0, 4]).shape == (2, 5)


@pytest.mark.parametrize(
    ("labels", "classes", "words"),
    [
        ([0, 3], 3, "0 to 2 for 3 classes; received 3"),
        ([-1, 0], 3, "received -1"),
        ([-1], None, "received -1"),
        ([0.5], 3, "whole numbers"),
        ([float("nan")], 3, "whole numbers"),
        (["a"], 3, "expects class numbers"),
        ([], 3, "expects class numbers"),
        ([0], 0, "num_classes of at least 1"),
        ([0], 2.0, "num_classes of at least 1"),
    ],
)
def test_to_categorical_refuses(labels, classes, words):
    with pytest.raises(DataError, match=words):
        to_categorical(labels, classes)


def test_parts_are_disjoint_and_whole():
    x = np.arange(50)
    a_train, a_test, b_train, b_test = train_test_split(x, x * 2, test_size=0.3, random_state=3)
    assert sorted([*a_train, *a_test]) == x.tolist()
    np.testing.assert_array_equal(b_train, a_train * 2)
    np.testing.assert_array_equal(b_test, a_test * 2)
    assert len(a_test) == 15
    again = train_test_split(x, test_size=0.3, random_state=3)
    np.testing.assert_array_equal(again[1], a_test)
    assert train_test_split(x, test_size=0.3, random_state=4)[1].tolist() != a_test.tolist()


def test_the_parts_of_a_seed_stay_the_same():
    """Of every version of NumPy."""
    assert train_test_split(np.arange(12), test_size=4, random_state=7)[1].tolist() == [4, 6, 1, 8]


def test_the_default_is_the_global_seed(seed):
    first = train_test_split(np.arange(30))[1].tolist()
    assert train_test_split(np.arange(30), random_state=seed)[1].tolist() == first
    set_seed(seed + 1)
    assert train_test_split(np.arange(30))[1].tolist() != first


def test_without_shuffling():
    train, test = train_test_split(np.arange(10), shuffle=False)
    assert (train.tolist(), test.tolist()) == ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9])


def test_stratified_by_texts_and_tables():
    y = ["a"] * 30 + ["b"] * 10
    table = Table({"n": range(40), "y": y})
    train, test = train_test_split(table, test_size=0.25, stratify=y, random_state=0)
    assert test.columns["y"].tolist().count("b") in (2, 3)
    assert sorted([*train.columns["n"], *test.columns["n"]]) == list(range(40))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"test_size": 1.0}, "test_size as a share"),
        ({"test_size": 10}, "samples from 1 to 9"),
        ({"test_size": 0}, "test_size as a share"),
        ({"train_size": True}, "train_size as a share"),
        ({"train_size": 0.8, "test_size": 0.4}, "cannot be cut into 8 for training and 4"),
        ({"train_size": 0.05}, "cannot be cut into 0"),
        ({"random_state": -1}, "random_state as"),
        ({"random_state": 1.5}, "random_state as"),
        ({"stratify": [0] * 9}, "stratify as 10 labels"),
        ({"stratify": [0] * 9 + [1]}, "at least 2 samples of each class"),
        ({"stratify": [0] * 10, "shuffle": False}, "needs shuffle=True"),
    ],
)
def test_split_refuses(arguments, words):
    with pytest.raises(DataError, match=words):
        train_test_split(np.arange(10), **arguments)


def test_split_refuses_other_lengths():
    with pytest.raises(DataError, match="one length; received 3, 4"):
        train_test_split([1, 2, 3], [1, 2, 3, 4])
    with pytest.raises(DataError, match="at least one array"):
        train_test_split()
    with pytest.raises(DataError, match="received a number"):
        train_test_split(3)


def test_three_parts_of_a_table():
    x, y = Table({"n": range(40)}), np.arange(40) % 2
    parts = split(x, y, 0.2, 0.1)
    assert sorted(n for table, _ in parts for n in table.columns["n"]) == list(range(40))
    for table, labels in parts:
        np.testing.assert_array_equal(table.columns["n"] % 2, labels)
