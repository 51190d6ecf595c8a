"""CIFAR-10 and CIFAR-100: both versions, where their files are sought, and files that do not fit."""

import pickle
import pickletools

import numpy as np
import pytest

from nbnet import datasets
from nbnet.errors import ArgumentError, DataError
from tests.datasets.cifar_files import CIFAR10, CIFAR100, array, numbers, pickled, text, write


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """No data of this machine."""
    monkeypatch.delenv("NBNET_DATA_DIR", raising=False)
    yield
    datasets.set_data_dir(None)


PIXELS = np.zeros((6, 3072), "uint8")


def check(data, written, kind):
    """All numbers as they were written, and the splits one after another."""
    x, y, x_test, y_test = written
    np.testing.assert_array_equal(np.concatenate([data.train[0], data.validation[0]]), x)
    np.testing.assert_array_equal(np.concatenate([data.train[1], data.validation[1]]), y[kind])
    np.testing.assert_array_equal(data.test[0], x_test)
    np.testing.assert_array_equal(data.test[1], y_test[kind])
    assert data.train[0].dtype == np.uint8
    assert data.train[1].dtype == np.int64


@pytest.mark.parametrize("python", [False, True], ids=["binary", "python"])
def test_cifar10(tmp_path, python):
    written = write(tmp_path, CIFAR10, python)
    data = datasets.cifar10(tmp_path)
    check(data, written, "labels")
    assert [len(x) for x, _ in data.splits.values()] == [27, 3, 6]
    assert data.class_names[0] == "airplane"
    assert data.class_names[9] == "truck"
    assert data.name == "cifar-10"


@pytest.mark.parametrize("python", [False, True], ids=["binary", "python"])
@pytest.mark.parametrize(("mode", "classes"), [("fine", 100), ("coarse", 20)])
def test_cifar100(tmp_path, python, mode, classes):
    written = write(tmp_path, CIFAR100, python, count=20)
    data = datasets.cifar100(tmp_path, label_mode=mode)
    check(data, written, f"{mode}_labels")
    assert len(set(data.class_names)) == classes
    assert list(data.class_names) == sorted(data.class_names)


def test_the_writer_of_the_tests_writes_pickles(tmp_path):
    written = write(tmp_path, CIFAR10, python=True)
    content = pickle.loads((tmp_path / "test_batch").read_bytes(), encoding="bytes")
    planes = content[b"data"].reshape(-1, 3, 32, 32)
    np.testing.assert_array_equal(planes.transpose(0, 2, 3, 1), written[2])
    assert content[b"labels"] == written[3]["labels"].tolist()


@pytest.mark.parametrize("protocol", [3, 4])
def test_pickles_of_python_3(tmp_path, protocol):
    written = write(tmp_path, CIFAR10, python=True)
    for path in tmp_path.iterdir():
        content = pickle.loads(path.read_bytes(), encoding="bytes")
        path.write_bytes(pickle.dumps({key.decode(): value for key, value in content.items()}, protocol))
    check(datasets.cifar10(tmp_path), written, "labels")


@pytest.mark.parametrize(
    ("subfolder", "python"),
    [("cifar-10-batches-bin", False), ("cifar-10-batches-py", True), ("cifar-10", False), ("cifar-10", True)],
)
def test_where_files_may_lie(tmp_path, monkeypatch, subfolder, python):
    written = write(tmp_path / subfolder, CIFAR10, python)
    monkeypatch.setenv("NBNET_DATA_DIR", str(tmp_path))
    check(datasets.load("cifar-10"), written, "labels")
    datasets.set_data_dir(tmp_path / subfolder)
    check(datasets.load("cifar-10"), written, "labels")


def test_no_folder_says_what_to_put_where(tmp_path):
    with pytest.raises(DataError) as caught:
        datasets.cifar10(tmp_path / "none")
    message = str(caught.value)
    assert "data_batch_1.bin, data_batch_2.bin" in message
    assert f"'{tmp_path / 'none' / 'cifar-10-batches-bin'}'" in message
    assert f"'{tmp_path / 'none' / 'cifar-10-batches-py'}'" in message
    assert "(the argument) (the folder" in message
    assert "does not exist" in message
    assert "nbnet.datasets.cifar10('DIR')" in message


def test_only_the_missing_files_are_listed(tmp_path):
    write(tmp_path / "cifar-10-batches-py", CIFAR10, python=True)
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").unlink()
    with pytest.raises(DataError, match=r"cifar-10-batches-py' these are missing: data_batch_3\.") as caught:
        datasets.cifar10(tmp_path)
    assert "data_batch_2" not in str(caught.value)


def test_label_modes():
    with pytest.raises(ArgumentError, match=r"expected label_mode 'fine' or 'coarse'; received 'superclass'"):
        datasets.cifar100(label_mode="superclass")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (0, "has 0 bytes"),
        (3073 * 5 + 1000, "is no multiple of the 3073 bytes"),
        (3073 * 5, "it has 5 images, and .*data_batch_1.bin' 6"),
    ],
)
def test_truncated_binary_files(tmp_path, left, words):
    write(tmp_path, CIFAR10)
    path = tmp_path / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DataError, match=f"data_batch_2.bin' is truncated.*{words}"):
        datasets.cifar10(tmp_path)


def test_labels_that_do_not_exist(tmp_path):
    write(tmp_path, CIFAR10)
    path = tmp_path / "test_batch.bin"
    content = bytearray(path.read_bytes())
    content[2 * 3073] = 10
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"expected labels 0 to 9 of cifar-10; received 10 at sample 2"):
        datasets.cifar10(tmp_path)


def test_one_image(tmp_path):
    write(tmp_path, CIFAR100, count=1)
    with pytest.raises(DataError, match="has 1 training images; expected at least 2"):
        datasets.cifar100(tmp_path)


def test_a_pickle_that_is_cut_anywhere(tmp_path):
    write(tmp_path, CIFAR100, python=True)
    path = tmp_path / "train"
    content = path.read_bytes()
    for length in (0, 1, 2, 3, 40, 80, 200, 300, 5000, len(content) - 40, len(content) - 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"train' is truncated or damaged, or no pickle"):
            datasets.cifar100(tmp_path)


def test_a_pickle_with_any_byte_changed(tmp_path):
    """Another answer or a DataError, and nothing else."""
    write(tmp_path, CIFAR100, python=True, count=2)
    path, rng = tmp_path / "train", np.random.default_rng(0)
    content = path.read_bytes()
    plain = [position for _, _, position in pickletools.genops(content)]
    refused = 0
    for position in [*plain, *rng.integers(0, 400, 100)]:
        changed = bytearray(content)
        changed[position] = rng.integers(0, 256)
        path.write_bytes(changed)
        try:
            datasets.cifar100(tmp_path)
        except DataError:
            refused += 1
    assert refused > len(plain) / 2


class Bomb:
    """Runs when it is unpickled."""

    def __init__(self, function, *arguments):
        self.state = function, arguments

    def __reduce__(self):
        return self.state


BODY = {"data": array(PIXELS), "labels": numbers(range(6))}
HOSTILE = {
    "a command": (pickle.dumps(Bomb(print, "executed"), 2), r"it names __builtin__\.print"),
    "a command, protocol 4": (pickle.dumps(Bomb(print, "executed"), 4), r"it names builtins\.print"),
    "a command in the labels": (
        pickled(data=array(PIXELS), labels=b"cposix\nsystem\n" + text("echo executed") + b"\x85R"),
        r"it names posix\.system",
    ),
    "a function of NumPy": (b"\x80\x02cnumpy\nload\n" + text("file.npy") + b"\x85R.", r"it names numpy\.load"),
    "an attribute of a name": (
        b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__init__\x93.",
        r"it names numpy\.ndarray\.__init__",
    ),
    "a call of a type": (b"\x80\x02cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85\x85R.", "it calls what does not make"),
    "an array of objects": (pickled(data=array(PIXELS, b"O8"), labels=numbers([0])), "an array of dtype 'O8'"),
    "a state of a list": (b"\x80\x02]K\x01\x85b.", "sets the state of an object of type list"),
    "an instance": (b"\x80\x02(ios\nsystem\n.", "it has the instruction INST"),
    "an extension": (b"\x80\x02\x82\x01.", "it has the instruction EXT1"),
    "a persistent name": (b"\x80\x02K\x01Q.", "it has the instruction BINPERSID"),
    "a key whose hash takes for ever": (
        b"\x80\x02}K\x01" + b"".join(b"q%ch%c\x86" % (n, n) for n in range(60)) + b"K\x01s.",
        "a dict with a key of type tuple",
    ),
    "a place in a memo of 16 GB": (b"\x80\x02K\x01r\xff\xff\xff\x7f.", "expected a dict; received int"),
    "an array without contents": (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R.",
        "something in it has no contents",
    ),
    "an array that is larger than its bytes": (
        pickled(data=array(PIXELS, shape=(2**31 - 1, 3072)), labels=numbers([0])),
        r"an array \(2147483647, 3072\) of u1 cannot have 18432 bytes",
    ),
    "a negative shape": (
        pickled(data=array(PIXELS, shape=(-6, -3072)), labels=numbers([0])),
        "an array without shape, dtype and bytes",
    ),
    "a text of 2 GB": (b"\x80\x02T\xff\xff\xff\x7fabc.", "truncated or damaged"),
    "a text of 2^63 bytes": (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7fabc.", "truncated or damaged"),
    "no mark": (b"\x80\x02K\x01t.", "a mark is missing"),
    "nothing": (b"\x80\x02.", "its end comes too early"),
    "a list": (b"\x80\x02].", "expected a dict; received list"),
    "no pixels": (pickled(labels=BODY["labels"]), r"expected 'data', uint8 of shape \(N, 3072\); received NoneType"),
    "pixels of another size": (
        pickled(data=array(PIXELS[:, :784]), labels=BODY["labels"]),
        r"received uint8 \(6, 784\)",
    ),
    "no labels": (
        pickled(data=BODY["data"], batch_label=text("x")),
        r"expected 'labels'.* it has 'batch_label', 'data'",
    ),
    "labels that are texts": (pickled(data=BODY["data"], labels=b"]" + text("cat") + b"a"), "a list of integers"),
    "fewer labels": (pickled(data=BODY["data"], labels=numbers([1])), "has 6 images and 1 labels"),
    "labels above 9": (pickled(data=BODY["data"], labels=numbers([0, 0, 300, 0, 0, 0])), "received 300 at sample 2"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_wrong_pickles(tmp_path, capfd, name):
    content, words = HOSTILE[name]
    write(tmp_path, CIFAR10, python=True)
    (tmp_path / "data_batch_1").write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        datasets.cifar10(tmp_path)
    assert str(tmp_path / "data_batch_1") in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_pickle_that_is_too_large(tmp_path):
    write(tmp_path, CIFAR10, python=True)
    with (tmp_path / "data_batch_1").open("r+b") as file:
        file.truncate(2**29 + 1)
    with pytest.raises(DataError, match=r"has 536.9 MB; the limit is 536.9 MB"):
        datasets.cifar10(tmp_path)


def test_a_folder_in_place_of_a_file(tmp_path):
    write(tmp_path, CIFAR10, python=True)
    (tmp_path / "test_batch").unlink()
    (tmp_path / "test_batch").mkdir()
    with pytest.raises(DataError, match="these are missing: test_batch"):
        datasets.cifar10(tmp_path)
