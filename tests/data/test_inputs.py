"""Inputs for predictions and labelled samples from files of several formats."""

import gzip

import numpy as np
import pytest
from PIL import Image

from nbnet.data import InputSpec, read_inputs, read_labelled
from nbnet.errors import DataError
from tests.data.test_idx import idx_bytes

SPEC = InputSpec((2, 3), "uint8", 0, 16)


def test_the_arrays_of_a_split(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=np.zeros((3, 2)), y_train=np.zeros(3), x_val=np.ones((4, 2)), y_val=np.ones(4))
    assert [len(read_labelled(path, split)[0]) for split in ("train", "validation")] == [3, 4]
    with pytest.raises(DataError, match="has no test samples: expected the arrays x_test and y_test"):
        read_labelled(path, "test")


def test_negatives_are_known_by_their_mean():
    digits = InputSpec((2, 2), "uint8", 0, 10, 2.0)
    assert digits.looks_negative(np.full((1, 2, 2), 8))
    assert not digits.looks_negative(np.full((1, 2, 2), 5))
    assert not digits.looks_negative(np.full((1, 2, 2), 0))
    assert not InputSpec((2, 2), "uint8", 0, 10).looks_negative(np.full((1, 2, 2), 10))
    assert not InputSpec((2, 2), "uint8", 0, 10, 5.0).looks_negative(np.full((1, 2, 2), 10))


def test_formats_are_told_by_content(tmp_path):
    x = np.arange(12, dtype="uint8").reshape(2, 2, 3)
    np.save(tmp_path / "a.npy", x)
    np.savez(tmp_path / "b.npz", x=x + 1, y=np.arange(2))
    (tmp_path / "c").write_bytes(idx_bytes(x + 2))
    (tmp_path / "d.gz").write_bytes(gzip.compress(idx_bytes(x + 3)))
    Image.fromarray(np.full((2, 3), 255, "uint8")).save(tmp_path / "e.png")
    names, inputs = read_inputs([tmp_path / name for name in ("a.npy", "b.npz", "c", "d.gz", "e.png")], SPEC)
    np.testing.assert_array_equal(inputs, np.concatenate([x, x + 1, x + 2, x + 3, np.full((1, 2, 3), 16)]))
    assert names[:3] == [f"{tmp_path}/a.npy[0]", f"{tmp_path}/a.npy[1]", f"{tmp_path}/b.npz[0]"]
    assert names[-1] == f"{tmp_path}/e.png"


def test_one_sample_gets_its_batch_axis(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 3)))
    assert read_inputs([tmp_path / "a.npy"], SPEC).x.shape == (1, 2, 3)


@pytest.mark.parametrize("name", ["x", "x_test", "inputs", "images", "anything"])
def test_names_of_the_inputs_in_an_archive(tmp_path, name):
    np.savez(tmp_path / "a.npz", **{name: np.ones((4, 2, 3))})
    assert len(read_inputs([tmp_path / "a.npz"], SPEC).x) == 4


def test_an_archive_without_inputs(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.ones((4, 2, 3)), b=np.ones(4))
    with pytest.raises(DataError, match=r"expected the inputs as array x .* received a, b"):
        read_inputs([tmp_path / "a.npz"], SPEC)


def test_a_folder_of_images(tmp_path):
    for name in ("b.png", "a.PNG"):
        Image.new("L", (3, 2)).save(tmp_path / name, format="PNG")
    (tmp_path / "notes.txt").write_text("no image")
    assert read_inputs([tmp_path], SPEC).names == [str(tmp_path / "a.PNG"), str(tmp_path / "b.png")]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="has no image"):
        read_inputs([tmp_path / "empty"], SPEC)


def test_samples_of_another_shape(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((5, 4, 4)))
    with pytest.raises(
        DataError, match=r"samples of shape \(2, 3\), that is an array \(N, 2, 3\); received \(5, 4, 4\)"
    ):
        read_inputs([tmp_path / "a.npy"], SPEC)


def test_inputs_that_are_not_finite(tmp_path):
    np.save(tmp_path / "a.npy", np.full((5, 2, 3), np.nan))
    with pytest.raises(DataError, match=r"a.npy'.* received NaN at sample 0, position \(0, 0\)"):
        read_inputs([tmp_path / "a.npy"], SPEC)


def test_no_input(tmp_path):
    with pytest.raises(DataError, match="at least one input file"):
        read_inputs([], SPEC)
    with pytest.raises(DataError, match="there is no such file"):
        read_inputs([tmp_path / "gone"], SPEC)
    (tmp_path / "a.txt").write_text("0 1 2")
    with pytest.raises(DataError, match="no known image"):
        read_inputs([tmp_path / "a.txt"], SPEC)


@pytest.mark.parametrize("names", [("x", "y"), ("x_test", "y_test")])
def test_labelled_samples(tmp_path, names):
    np.savez(tmp_path / "a.npz", **{names[0]: np.ones((4, 2, 3)), names[1]: np.arange(4), "more": np.zeros(1)})
    x, y = read_labelled(tmp_path / "a.npz")
    assert x.shape == (4, 2, 3)
    np.testing.assert_array_equal(y, np.arange(4))


def test_labelled_samples_with_gaps(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.full((4, 2), np.nan), y=np.arange(4))
    assert np.isnan(read_labelled(tmp_path / "a.npz", missing=True)[0]).all()
    with pytest.raises(DataError, match=r"a.npz' x: expected finite numbers"):
        read_labelled(tmp_path / "a.npz")


def test_labelled_samples_that_are_not_whole(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones((4, 2)))
    with pytest.raises(DataError, match="expected the arrays x and y"):
        read_labelled(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", x=np.ones((4, 2)), y=np.ones(3))
    with pytest.raises(DataError, match="received 4 and 3"):
        read_labelled(tmp_path / "a.npz")


def test_a_folder_of_classes(tmp_path):
    for place in ("a/0.png", "b/deeper/1.png", ".hidden/2.png", "3.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((2, 3), 255, "uint8")).save(tmp_path / place)
    names, _ = read_inputs([tmp_path], SPEC)
    assert names == [str(tmp_path / place) for place in ("3.png", "a/0.png", "b/deeper/1.png")]
