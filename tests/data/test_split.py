"""Cutting a data set into parts."""

import numpy as np
import pytest

from nbnet.data import Data, split
from nbnet.errors import DataError


def test_every_sample_is_in_one_part():
    x = np.arange(103)
    parts = split(x, x % 5, validation=0.2, test=0.1, seed=3)
    assert [len(part[0]) for part in parts] == [72, 21, 10]
    assert sorted(np.concatenate([part[0] for part in parts])) == list(range(103))
    for inputs, labels in parts:
        np.testing.assert_array_equal(labels, inputs % 5)


def test_the_order_is_shuffled_and_fixed():
    x = np.arange(20)
    train, _, test = split(x, np.zeros(20), validation=0, test=0.2, seed=1)
    again, _, _ = split(x, np.zeros(20), validation=0, test=0.2, seed=1)
    other, _, _ = split(x, np.zeros(20), validation=0, test=0.2, seed=2)
    np.testing.assert_array_equal(train[0], again[0])
    assert list(train[0]) != list(other[0])
    # These very numbers must stay, or a user's test samples get into the training set.
    assert list(test[0]) == [9, 2, 3, 5]


def test_classes_keep_their_shares():
    y = np.repeat([0, 1, 2], [500, 100, 20])
    x = np.arange(len(y))
    for seed in range(5):
        for (_, labels), share in zip(split(x, y, 0.2, 0.1, seed=seed), (0.7, 0.2, 0.1), strict=True):
            np.testing.assert_allclose(np.bincount(labels, minlength=3), [500 * share, 100 * share, 20 * share], atol=1)


def test_without_stratification_shares_vary():
    y = np.repeat([0, 1], [500, 500])
    counts = {split(y, y, 0.2, 0.1, seed=seed, stratify=False)[2][1].sum() for seed in range(6)}
    assert len(counts) > 1


def test_a_share_of_nothing_is_none():
    train, validation, test = split(np.zeros((10, 2)), np.arange(10.0), validation=0, test=0.3)
    assert validation is None
    assert Data(train, validation, test).splits.keys() == {"train", "test"}


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"validation": 0.6, "test": 0.4}, "sum below 1"),
        ({"validation": -0.1}, "shares in"),
        ({"validation": 0.49, "test": 0.49}, "leave none to train on"),
        ({"seed": -1}, "seed that is an integer"),
        ({"seed": 1.5}, "seed that is an integer"),
        ({"stratify": True}, "stratify expects integer labels"),
    ],
)
def test_unusable_arguments(kwargs, words):
    with pytest.raises(DataError, match=words):
        split(np.zeros((2, 2)), np.zeros(2), **kwargs)


def test_lengths_must_agree():
    with pytest.raises(DataError, match="received 3 and 2"):
        split(np.zeros(3), np.zeros(2))
