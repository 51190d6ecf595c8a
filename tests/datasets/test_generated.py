"""Generated data sets: their geometry, their noise, and that a seed gives the same numbers everywhere."""

import numpy as np
import pytest
import sklearn.datasets

from nbnet import datasets, registry
from nbnet.errors import DataError

GENERATED = ("blobs", "circles", "moons", "ratings", "spiral", "xor")
READ = ("cifar-10", "cifar-100", "diabetes", "digits", "fashion-mnist", "mnist")
# (first training sample, its label) for seed 7, 40 samples and otherwise defaults.
PINNED = {
    "blobs": (-9.505126, 3.581526, 2),
    "circles": (0.4633875, 0.1732291, 1),
    "moons": (-0.01064272, 0.3728467, 1),
    "ratings": (36, 51, 3.334958),
    "spiral": (0.4564413, -0.06840371, 2),
    "xor": (-0.02428142, 1.037441, 1),
}


def whole(name, **arguments):
    """All samples in one split, several inputs side by side."""
    x, y = getattr(datasets, name)(validation=0, test=0, **arguments).train
    return side_by_side(x), y


def side_by_side(x):
    """One array of what may be a dict of columns."""
    return np.stack(list(x.values()), axis=1) if isinstance(x, dict) else x


def test_every_data_set_is_tested():
    assert [name for name in registry.datasets.names() if registry.datasets.owner(name) == "nbnet"] == sorted(
        GENERATED + READ
    )


@pytest.mark.parametrize("name", GENERATED)
def test_splits_and_seeds(name):
    make = getattr(datasets, name)
    data = make(samples=100, seed=3)
    assert [len(y) for _, y in data.splits.values()] == [70, 15, 15]
    assert data.name is None
    again, other = make(samples=100, seed=3), make(samples=100, seed=4)
    for split in data.splits:
        np.testing.assert_array_equal(side_by_side(data.splits[split][0]), side_by_side(again.splits[split][0]))
        np.testing.assert_array_equal(data.splits[split][1], again.splits[split][1])
    first = side_by_side(data.train[0])
    assert not np.array_equal(first, side_by_side(other.train[0]))
    assert datasets.load(name).name == name

    def each(step):
        return {"user": step, "item": step} if name == "ratings" else step

    assert make(preprocess=each(abs)).name == name
    doubled = make(samples=100, seed=3, preprocess=each(lambda x: x * 2))
    np.testing.assert_array_equal(side_by_side(doubled.train[0]), first * 2)


@pytest.mark.parametrize("name", GENERATED)
def test_the_numbers_of_a_seed_stay_the_same(name):
    x, y = getattr(datasets, name)(samples=40, seed=7).train
    np.testing.assert_allclose([*side_by_side(x)[0], y[0]], PINNED[name], rtol=1e-6)


@pytest.mark.parametrize("name", ["circles", "moons"])
def test_the_forms_of_scikit_learn(name):
    make = getattr(sklearn.datasets, f"make_{name}")
    expected, labels = make(101, shuffle=False, noise=None, **({"factor": 0.5} if name == "circles" else {}))
    x, y = whole(name, samples=101, noise=0)
    mine = sorted((*point, label) for point, label in zip(x.round(4).tolist(), y.tolist(), strict=True))
    theirs = sorted(
        (*point, label)
        for point, label in zip(expected.astype("float32").round(4).tolist(), labels.tolist(), strict=True)
    )
    np.testing.assert_allclose(mine, theirs, atol=2e-4)


def test_xor():
    x, y = whole("xor", samples=80, noise=0)
    assert sorted({(*point, label) for point, label in zip(x.tolist(), y.tolist(), strict=True)}) == [
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
    ]
    assert np.bincount(y).tolist() == [40, 40]
    noisy, y = whole("xor", samples=4000, noise=0.2)
    around = noisy - noisy.round().clip(0, 1)
    np.testing.assert_allclose(around.std(axis=0), 0.2, rtol=0.05)


def test_spiral():
    x, y = whole("spiral", samples=90, classes=3, noise=0)
    for arm in range(3):
        radius = np.sort(np.hypot(*x[y == arm].T))
        np.testing.assert_allclose(radius, np.arange(30) / 29, atol=1e-6)
        angle = 2 * np.pi * arm / 3 + 4 * radius
        expected = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        order = np.argsort(np.hypot(*x[y == arm].T))
        np.testing.assert_allclose(x[y == arm][order], expected, atol=1e-6)
    assert np.bincount(whole("spiral", samples=100, classes=5)[1]).tolist() == [20] * 5


def test_blobs():
    centers = [[0, 0, 5], [9, -3, 1]]
    x, y = whole("blobs", samples=4000, centers=centers, noise=0.5)
    for label in (0, 1):
        np.testing.assert_allclose(x[y == label].mean(axis=0), centers[label], atol=0.05)
        np.testing.assert_allclose(x[y == label].std(axis=0), 0.5, rtol=0.05)
    x, y = whole("blobs", samples=60, centers=4, features=5, noise=0)
    assert x.shape == (60, 5)
    assert len(np.unique(x, axis=0)) == 4
    assert np.abs(x).max() <= 10


def test_ratings_have_low_rank():
    x, y = whole("ratings", users=20, items=15, samples=300, rank=2, noise=0)
    assert x.min(axis=0).tolist() == [0, 0]
    assert x.max(axis=0).tolist() == [19, 14]
    assert len(np.unique(x, axis=0)) == 300
    matrix = np.empty((20, 15))
    matrix[x[:, 0], x[:, 1]] = y
    values = np.linalg.svd(matrix - matrix.mean(axis=1, keepdims=True) - matrix.mean(axis=0) + matrix.mean())[1]
    assert values[1] > 1
    assert values[2] < 1e-5
    noisy = whole("ratings", users=20, items=15, samples=300, rank=2, noise=0.3)
    np.testing.assert_array_equal(noisy[0], x)
    np.testing.assert_allclose((noisy[1] - y).std(), 0.3, rtol=0.1)
    big = whole("ratings", users=300, items=300, samples=90_000)[1]
    np.testing.assert_allclose(big.mean(), 3, atol=0.15)
    np.testing.assert_allclose(big.std(), np.sqrt(0.7**2 + 2 * 0.3**2 + 0.2**2), rtol=0.1)


@pytest.mark.parametrize("name", GENERATED)
@pytest.mark.parametrize(
    "arguments",
    [
        {"samples": 0}, {"samples": 10.0}, {"samples": True}, {"noise": -1}, {"noise": "1"}, {"noise": np.inf},
        {"seed": -1}, {"seed": 1.5},
    ],
)  # fmt: skip
def test_arguments(name, arguments):
    with pytest.raises(DataError, match=f"{name} expects|Expected a seed"):
        getattr(datasets, name)(**arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("circles", {"factor": 1}, "factor in \\(0, 1\\)"),
        ("spiral", {"classes": 1}, "classes as an integer of at least 2"),
        ("spiral", {"classes": 5, "samples": 4}, "samples as an integer of at least 5"),
        ("blobs", {"centers": 1}, "centers as an integer of at least 2"),
        ("blobs", {"centers": [[1, 2]]}, "of 2 classes or more"),
        ("blobs", {"centers": "ab"}, "as a number or an array"),
        ("blobs", {"centers": [[1, np.nan], [0, 1]]}, "finite numbers"),
        ("blobs", {"features": 0}, "features as an integer"),
        ("ratings", {"users": 3, "items": 3, "samples": 10}, "at most users \\* items = 9 samples"),
        ("ratings", {"rank": 0}, "rank as an integer"),
    ],
)
def test_other_arguments(name, arguments, words):
    with pytest.raises(DataError, match=words):
        getattr(datasets, name)(**arguments)
