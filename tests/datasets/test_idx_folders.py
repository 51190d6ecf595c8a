"""MNIST and Fashion-MNIST: where the files are sought, what is checked, and the real ones where they are at hand."""

import gzip
import os

import numpy as np
import pytest

from nbnet import datasets
from nbnet.datasets.idx_images import FASHION_MNIST, MNIST
from nbnet.errors import DataError, UnknownNameError
from tests.data.test_idx import idx_bytes

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
real = pytest.mark.skipif(not os.environ.get("NBNET_DATA_DIR"), reason="NBNET_DATA_DIR names no folder with data sets")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch, request):
    """No data of this machine, except for the tests that ask for it."""
    if "real" not in request.node.name:
        monkeypatch.delenv("NBNET_DATA_DIR", raising=False)
        for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
            monkeypatch.setenv(name, str(tmp_path / "home"))
    yield
    datasets.set_data_dir(None)


def write(folder, *, first=(1, 2, 3), count=48, suffix=".gz", names=NAMES, **replaced):
    """Write a small data set of MNIST's form."""
    rng = np.random.default_rng(len(first))
    folder.mkdir(parents=True, exist_ok=True)
    labels = np.arange(count, dtype="uint8") % 10
    labels[: len(first)] = first
    arrays = [
        rng.integers(0, 256, (count, 28, 28)).astype("uint8"),
        labels,
        rng.integers(0, 256, (10, 28, 28)).astype("uint8"),
        np.arange(10, dtype="uint8"),
    ]
    for stem, name, array in zip(NAMES, names, arrays, strict=True):
        content = idx_bytes(replaced.get(stem.split("-idx")[0].replace("-", "_"), array))
        (folder / f"{name}{suffix}").write_bytes(gzip.compress(content) if suffix else content)
    return arrays


def test_arrays_and_splits(tmp_path):
    arrays = write(tmp_path)
    data = datasets.mnist(tmp_path)
    np.testing.assert_array_equal(np.concatenate([data.train[0], data.validation[0]]), arrays[0])
    np.testing.assert_array_equal(np.concatenate([data.train[1], data.validation[1]]), arrays[1])
    np.testing.assert_array_equal(data.test[0], arrays[2])
    assert [len(x) for x, _ in data.splits.values()] == [44, 4, 10]
    assert data.train[1].dtype == np.int64
    assert data.class_names == tuple("0123456789")
    assert datasets.fashion_mnist(tmp_path).class_names[9] == "Ankle boot"


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("names", [NAMES, [name.replace("-idx", ".idx") for name in NAMES]], ids=["dash", "dot"])
@pytest.mark.parametrize("subfolder", ["", "mnist", "MNIST/raw"])
def test_where_files_may_lie(tmp_path, suffix, names, subfolder):
    write(tmp_path / subfolder, suffix=suffix, names=names)
    assert len(datasets.mnist(tmp_path).test[0]) == 10


def test_each_data_set_takes_its_own_subfolder(tmp_path):
    write(tmp_path / "mnist", first=MNIST.first_labels)
    write(tmp_path / "fashion-mnist", first=FASHION_MNIST.first_labels, count=60)
    assert len(datasets.mnist(tmp_path).train[0]) == 44
    assert len(datasets.fashion_mnist(tmp_path).train[0]) == 55


def test_who_names_the_folder(tmp_path, monkeypatch):
    for name, count in (("argument", 24), ("option", 36), ("variable", 48)):
        write(tmp_path / name, count=count)
    write(tmp_path / "home" / "nbnet" / "data" / "mnist", count=60)
    monkeypatch.setattr("sys.platform", "linux")

    def found(folder=None):
        return sum(len(split[0]) for split in (datasets.mnist(folder).train, datasets.mnist(folder).validation))

    assert found() == 60
    monkeypatch.setenv("NBNET_DATA_DIR", str(tmp_path / "variable"))
    assert found() == 48
    datasets.set_data_dir(tmp_path / "option")
    assert found() == 36
    assert found(tmp_path / "argument") == 24
    datasets.set_data_dir(None)
    assert found() == 48


@pytest.mark.parametrize(
    ("platform", "folder"),
    [("darwin", "Library/Caches/nbnet/data"), ("win32", "nbnet/data"), ("linux", "nbnet/data")],
)
def test_the_cache_folder_of_each_system(tmp_path, monkeypatch, platform, folder):
    monkeypatch.setattr("sys.platform", platform)
    write(tmp_path / "home" / folder)
    assert len(datasets.mnist().test[0]) == 10


def test_the_other_data_set_is_noticed(tmp_path):
    write(tmp_path, first=MNIST.first_labels)
    assert len(datasets.mnist(tmp_path).test[0]) == 10
    with pytest.raises(DataError, match=r"are those of mnist; expected fashion-mnist"):
        datasets.fashion_mnist(tmp_path)


def test_no_folder_says_what_to_put_where(tmp_path):
    with pytest.raises(DataError) as caught:
        datasets.fashion_mnist(tmp_path / "none")
    message = str(caught.value)
    assert all(f"\n    {name}.gz" in message for name in NAMES)
    assert f"'{tmp_path / 'none' / 'fashion-mnist'}' or '{tmp_path / 'none'}' (the argument)" in message
    assert "does not exist" in message
    assert "NBNET_DATA_DIR=DIR, or nbnet.datasets.fashion_mnist('DIR')" in message


def test_the_default_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(DataError, match=r"home/nbnet/data/mnist' or .*\(the default\)"):
        datasets.mnist()
    monkeypatch.setenv("NBNET_DATA_DIR", str(tmp_path))
    with pytest.raises(DataError, match=r"\(NBNET_DATA_DIR\):"):
        datasets.mnist()


def test_only_the_missing_files_are_listed(tmp_path):
    write(tmp_path / "mnist")
    (tmp_path / "mnist" / f"{NAMES[2]}.gz").unlink()
    with pytest.raises(DataError) as caught:
        datasets.mnist(tmp_path)
    assert f"in '{tmp_path / 'mnist'}'" in str(caught.value)
    assert [name for name in NAMES if name in str(caught.value)] == [NAMES[2]]


@pytest.mark.parametrize(
    ("replaced", "words"),
    [
        ({"train_images": np.zeros((48, 28, 28), "float32")}, "expected images, uint8 .* received float32"),
        ({"train_images": np.zeros((48, 784), "uint8")}, r"received uint8 \(48, 784\)"),
        ({"train_labels": np.zeros((48, 1), "uint8")}, r"expected labels, uint8 of shape \(N,\)"),
        ({"t10k_labels": np.zeros(9, "uint8")}, "has 10 images and .* 9 labels"),
        ({"t10k_labels": np.full(10, 12, "uint8")}, "expected labels 0 to 9; received 12 at sample 0"),
        ({"t10k_images": np.zeros((0, 28, 28), "uint8"), "t10k_labels": np.zeros(0, "uint8")}, "has 0 images"),
        ({"t10k_images": np.zeros((10, 32, 32), "uint8")}, r"test x with samples of shape \(28, 28\)"),
    ],
)
def test_files_that_do_not_fit(tmp_path, replaced, words):
    write(tmp_path, **replaced)
    with pytest.raises(DataError, match=words):
        datasets.mnist(tmp_path)


def test_a_truncated_download(tmp_path):
    write(tmp_path)
    path = tmp_path / f"{NAMES[0]}.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz' is damaged or truncated"):
        datasets.mnist(tmp_path)


@real
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_files(name):
    data = datasets.load(name)
    assert [x.shape for x, _ in data.splits.values()] == [(55_000, 28, 28), (5_000, 28, 28), (10_000, 28, 28)]
    first = MNIST.first_labels if name == "mnist" else FASHION_MNIST.first_labels
    assert tuple(data.train[1][: len(first)]) == first
    np.testing.assert_array_equal(np.bincount(data.test[1]).sum(), 10_000)
    assert data.train[0].max() == 255


def test_names():
    assert {"digits", "mnist", "fashion-mnist"} <= set(datasets.names())
    assert len(datasets.load("digits").test[0]) == 270
    with pytest.raises(UnknownNameError, match=r"Did you mean 'mnist'\?|Did you mean"):
        datasets.load("mnits")
