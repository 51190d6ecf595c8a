"""What comes in as data is numbers, not empty, finite; else the message says what and where."""

import numpy as np
import pytest

from nbnet.data.arrays import check_finite, checked_array, surely_finite
from nbnet.errors import DataError


class Sparse:
    """What makes a sparse matrix of other libraries."""

    nnz = 2

    def toarray(self):
        return np.eye(2)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32", "float64"])
def test_supported_dtypes_are_not_copied(dtype):
    x = np.ones((3, 2), dtype)
    assert checked_array(x, "train x") is x or np.shares_memory(checked_array(x, "train x"), x)
    assert checked_array(x, "train x").dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("int8", "int32"), ("int16", "int32"), ("uint16", "int32"), ("uint32", "int64"), ("float16", "float32"),
     (">i4", "int32"), (">f8", "float64")],
)  # fmt: skip
def test_other_numbers_are_converted(given, expected):
    x = np.array([[1, 2], [3, 100]], given)
    result = checked_array(x, "train x")
    assert result.dtype == np.dtype(expected)
    assert result.dtype.isnative
    np.testing.assert_array_equal(result, x)


def test_lists_become_arrays():
    assert checked_array([[1.5, 2], [3, 4]], "train x").dtype == np.float32
    assert checked_array([0, 1, 1], "train y").dtype == np.int64
    assert checked_array([True, False], "train y").dtype == np.bool_


def test_objects_with_an_array_interface_are_taken():
    class Frame:
        def __array__(self, dtype=None, copy=None):
            return np.array([[1.0, 2.0]])

    assert checked_array(Frame(), "train x").shape == (1, 2)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.float32(3), "samples along its first axis"),
        (np.zeros((0, 4)), "at least one sample"),
        ([], "at least one sample"),
        (np.zeros((4, 0)), "which has none"),
        (np.ma.masked_array([1.0, 2.0], [0, 1]), "masked"),
        (Sparse(), "toarray"),
        (np.array([1 + 2j]), "real numbers"),
        (np.array(["2020-01-01"], "datetime64[D]"), "real numbers"),
        ("data.csv", "received the text 'data.csv'"),
        (["a", "b"], r"received text such as \['a'\]"),
        ([[1, 2], [3]], "different lengths"),
        (np.array([1, None, 3], object), r"NoneType None at \(1,\); remove or fill missing values"),
        (np.array([np.zeros(2), np.zeros(3)], object), r"ndarray .* at \(0,\); samples of different shapes"),
        (np.array([1, 2], object), "convert it"),
        (np.array([2**63], "uint64"), r"below 2\*\*63"),
        ({1, 2}, "set"),
        (None, "object array with NoneType"),
    ],
)
def test_unusable_values_are_refused(value, words):
    with pytest.raises(DataError, match=words) as caught:
        checked_array(value, "train x")
    assert str(caught.value).startswith("train x")


def test_text_labels_are_told_how_to_become_numbers():
    with pytest.raises(DataError, match="return_inverse=True"):
        checked_array(["cat", "dog"], "test y")


def test_a_conversion_that_fails_is_named():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("on another device")

    with pytest.raises(DataError, match="Broken, which NumPy cannot convert: on another device"):
        checked_array(Broken(), "train x")


@pytest.mark.parametrize(("bad", "shown"), [(np.nan, "NaN"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_values_that_are_not_finite_are_located(bad, shown):
    x = np.zeros((5, 3, 2), "float32")
    x[2, 1, 0] = x[4, 0, 0] = bad
    with pytest.raises(DataError, match=rf"received {shown} at sample 2, position \(1, 0\) \(2 of 30 values"):
        checked_array(x, "validation x")


def test_the_search_goes_through_all_chunks(monkeypatch):
    monkeypatch.setattr("nbnet.data.arrays._CHUNK", 6)
    x = np.zeros((100, 3))
    check_finite(x, "train x")
    x[97, 2] = x[99, 0] = np.nan
    with pytest.raises(DataError, match=r"sample 97, position \(2,\) \(2 of 300"):
        check_finite(x, "train x")


def test_labels_that_are_nan_are_located():
    with pytest.raises(DataError, match=r"train y: .* received NaN at sample 1 \("):
        checked_array(np.array([0, np.nan]), "train y")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", ["rows", "every other row", "columns"])
def test_a_sum_tells_finite_numbers(rng, dtype, layout):
    x = rng.normal(size=(60, 40)).astype(dtype)
    x = {"rows": x, "every other row": x[::2], "columns": np.asfortranarray(x)}[layout]
    assert surely_finite(x)
    for bad in ((np.nan,), (np.inf,), (-np.inf,), (np.inf, -np.inf)):
        spoiled = x.copy(order="K")
        spoiled[-len(bad) :, 3] = bad
        assert not surely_finite(spoiled)
        with pytest.raises(DataError, match=rf"{len(bad)} of {x.size} values are not finite"):
            check_finite(spoiled, "x")


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_large_finite_numbers_are_accepted(layout):
    large = layout(np.full((20, 30), np.finfo("float32").max))
    assert not surely_finite(large)
    assert checked_array(large, "x") is large
