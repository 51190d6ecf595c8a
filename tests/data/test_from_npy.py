"""nbnet.Data.from_npy, and arrays that stay on disk."""

import mmap

import numpy as np
import pytest

import nbnet
from nbnet.data import Data, read_npy
from nbnet.errors import DataError

RNG = np.random.default_rng(0)


def is_mapped(array):
    """Whether the memory of an array is a file's."""
    while array is not None:
        if isinstance(array, (np.memmap, mmap.mmap)):
            return True
        array = getattr(array, "base", None)
    return False


@pytest.fixture
def files(tmp_path):
    x, y = RNG.normal(0, 1, (40, 3)).astype("float32"), np.arange(40) % 2
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    return tmp_path / "x.npy", tmp_path / "y.npy", x, y


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int32", "int64", "bool"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_mapped_arrays(tmp_path, dtype, order):
    x = np.array(RNG.integers(0, 2, (5, 4, 3)), dtype, order=order)
    np.save(tmp_path / "x.npy", x)
    mapped = read_npy(tmp_path / "x.npy", mmap=True)
    assert type(mapped) is np.ndarray
    assert is_mapped(mapped)
    assert not is_mapped(read_npy(tmp_path / "x.npy"))
    assert not mapped.flags.writeable
    assert mapped.dtype == dtype
    np.testing.assert_array_equal(mapped, x)


def test_a_mapped_file_may_have_any_size(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(100))
    assert len(read_npy(tmp_path / "x.npy", max_bytes=10, mmap=True)) == 100
    with pytest.raises(DataError, match="the limit is 10 bytes"):
        read_npy(tmp_path / "x.npy", max_bytes=10)


def test_other_byte_orders_and_empty_arrays(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(5, dtype=">f4"))
    swapped = read_npy(tmp_path / "x.npy", mmap=True)
    assert swapped.dtype == np.dtype("float32")
    assert swapped.dtype.isnative
    np.testing.assert_array_equal(swapped, np.arange(5))
    np.save(tmp_path / "x.npy", np.zeros((0, 3)))
    assert read_npy(tmp_path / "x.npy", mmap=True).shape == (0, 3)


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"x"])
def test_damaged_files_are_not_mapped(tmp_path, change):
    np.save(tmp_path / "x.npy", np.arange(5))
    (tmp_path / "x.npy").write_bytes(change((tmp_path / "x.npy").read_bytes()))
    with pytest.raises(DataError, match=r"is truncated|is damaged"):
        read_npy(tmp_path / "x.npy", mmap=True)


def test_objects_are_not_mapped(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(DataError, match="Python objects"):
        read_npy(tmp_path / "x.npy", mmap=True)


def test_splits_are_cut_without_copies(files):
    x_file, y_file, x, y = files
    data = Data.from_npy(x_file, y_file, validation=0.25, test=0.1)
    assert [len(part) for part, _ in data.splits.values()] == [26, 10, 4]
    np.testing.assert_array_equal(np.concatenate([part for part, _ in data.splits.values()]), x)
    np.testing.assert_array_equal(np.concatenate([part for _, part in data.splits.values()]), y)
    assert all(is_mapped(part) for part, _ in data.splits.values())
    assert not is_mapped(Data.from_npy(x_file, y_file, mmap=False).train[0])


def test_files_of_splits(files, tmp_path):
    x_file, y_file, x, _ = files
    np.save(tmp_path / "xt.npy", x[:7])
    np.save(tmp_path / "yt.npy", np.zeros(7, int))
    data = Data.from_npy(x_file, y_file, x_test=tmp_path / "xt.npy", y_test=tmp_path / "yt.npy", validation=0.5)
    assert [(name, len(part)) for name, (part, _) in data.splits.items()] == [
        ("train", 20),
        ("validation", 20),
        ("test", 7),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"x_test": "x.npy"}, "x_test and y_test, or neither"),
        ({"validation": 1.0}, "validation as a share"),
        ({"test": -0.1}, "test as a share"),
        ({"validation": 0.5, "test": 0.5}, "leave none to train on"),
        ({"x_test": "x.npy", "y_test": "y.npy", "test": 0.1}, "received both"),
        ({"x_train": "gone.npy"}, "no such file"),
        ({"x_train": "y.npy", "y_train": "short.npy"}, "as many inputs as labels"),
    ],
)
def test_what_is_refused(files, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    np.save("short.npy", np.zeros(3))
    with pytest.raises(DataError, match=words):
        Data.from_npy(**{"x_train": "x.npy", "y_train": "y.npy", **arguments})


def test_training_reads_rows_from_disk(files, seed):
    """The same weights as from arrays in memory."""
    x_file, y_file, x, y = files

    def trained(data):
        nbnet.set_seed(seed)
        model = nbnet.Sequential(
            [nbnet.layers.Dense(4, activation="relu"), nbnet.layers.Dense(1, activation="sigmoid")]
        )
        model.compile("sgd", "binary_crossentropy")
        model.fit(*data.train, batch_size=16, epochs=2, verbose=0)
        return model.predict(data.train[0], verbose=0)

    mapped = Data.from_npy(x_file, y_file)
    np.testing.assert_array_equal(trained(mapped), trained(Data((x, y))))
    assert is_mapped(mapped.train[0])
