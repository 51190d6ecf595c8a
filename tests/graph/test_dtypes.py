"""The ladder of dtypes, weak numbers and conversion to arrays."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import DTypeError
from nbnet.graph.dtypes import LADDER, as_array, as_dtype, floating, promote


@pytest.mark.parametrize("dtype", LADDER)
def test_names_and_dtypes(dtype):
    assert as_dtype(str(dtype)) == as_dtype(dtype) == as_dtype(dtype.type) == dtype
    assert floating(dtype) == (dtype if dtype.kind == "f" else np.float32)


@pytest.mark.parametrize(("dtype", "message"), [("float16", "float16 is not supported"), ("word", "received 'word'")])
def test_dtypes_that_are_not_supported(dtype, message):
    with pytest.raises(DTypeError, match=message):
        as_dtype(dtype)


def test_promotion_of_numbers_alone():
    assert promote(True) == np.bool_
    assert promote(1, True) == np.int32
    assert promote(2**31) == np.int64
    assert promote(1, 0.5) == np.float32


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ([1.0, 2.0], "float32"), ([1, 2], "int64"), ([True], "bool"), (np.float16(1), "float32"), (np.int8(1), "int32"),
        (np.uint16(1), "int32"), (np.uint32(1), "int64"), (np.float64(1), "float64"), (2, "int64"),
        ([[0.5]], "float32"),
    ],
)  # fmt: skip
def test_arrays_take_a_supported_dtype(value, dtype):
    assert as_array(value).dtype == dtype
    assert as_array(value, np.dtype("float64")).dtype == np.float64


@pytest.mark.parametrize("value", ["text", [1, "a"], [[1], [1, 2]], None, np.zeros(2, "complex128"), object()])
def test_what_is_no_array_of_numbers(value):
    with pytest.raises(DTypeError):
        as_array(value)


def test_float_lists_become_float64_at_once():
    assert as_array(0.1, np.dtype("float64")) == 0.1
    assert as_array([0.1], np.dtype("float64"))[0] == 0.1
