"""Reductions and softmax: dtypes, axes, empty arrays, ties, and numbers near the ends of the range."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input

X = np.arange(24.0).reshape(2, 3, 4) % 7


def slope(function, value):
    x = make_input(np.shape(value), np.dtype("float64"))
    return evaluate(Graph((x,), tuple(gradients(ops.sum(function(x)), [x]))), [np.asarray(value, "float64")])[0]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64"])
def test_integers_sum_to_int64_and_average_to_float32(dtype):
    x = np.array([[1, 0], [1, 1]], dtype)
    assert ops.sum(x).dtype == np.int64
    assert ops.sum(x) == 3
    assert ops.mean(x).dtype == np.float32
    assert ops.mean(x) == 0.75
    assert ops.max(x).dtype == np.dtype(dtype)


def test_uint8_sums_do_not_wrap():
    assert ops.sum(np.full(1000, 255, "uint8")) == 255000


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_keep_their_dtype(dtype):
    for function in (ops.sum, ops.mean, ops.max, ops.min, ops.logsumexp):
        assert function(X.astype(dtype), axis=1).dtype == np.dtype(dtype)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 0), [1], ()])
def test_axes_as_numpy_takes_them(axis, keepdims):
    form = tuple(axis) if isinstance(axis, list) else axis
    np.testing.assert_array_equal(ops.sum(X, axis, keepdims), np.sum(X, form, keepdims=keepdims))
    np.testing.assert_array_equal(ops.max(X, axis, keepdims), np.max(X, form, keepdims=keepdims))
    np.testing.assert_allclose(ops.mean(X, axis, keepdims), np.mean(X, form, keepdims=keepdims), rtol=1e-15)


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        (3, r"axis 3 of a tensor that has axes -3 to 2"),
        ((0, -3), "an axis twice"),
        (1.5, "an int as axis"),
        (-4, "axis -4"),
    ],
)
def test_axes_that_do_not_exist(axis, message):
    with pytest.raises(ShapeError, match=message):
        ops.sum(X, axis)


def test_attributes_are_normalised():
    node = ops.sum(make_input((2, 3, 4), np.dtype("float32")), axis=(-1, 0), keepdims=True)
    assert dict(node.attrs) == {"axes": (0, 2), "keepdims": True}


def test_over_no_axes_nothing_is_recorded():
    x = make_input((), np.dtype("float32"))
    assert ops.sum(x) is x
    assert ops.mean(make_input((2,), np.dtype("int32")), axis=()).op.name == "cast"


def test_empty_sums_and_means():
    empty = np.zeros((2, 0), "float32")
    np.testing.assert_array_equal(ops.sum(empty, 1), [0.0, 0.0])
    np.testing.assert_array_equal(ops.mean(empty, 1), [np.nan, np.nan])
    np.testing.assert_array_equal(ops.logsumexp(empty, 1), [-np.inf, -np.inf])


@pytest.mark.parametrize("function", [ops.max, ops.min, ops.argmax])
def test_no_elements_have_no_extremum(function):
    with pytest.raises(ShapeError, match=r"of no elements does not exist: received shape \(2, 0\)"):
        function(np.zeros((2, 0)), axis=1)
    assert function(np.zeros((0, 2)), axis=1).shape == (0,)


def test_argmax():
    x = np.array([[1.0, 5.0, 5.0], [np.nan, 9.0, np.nan], [-1.0, -2.0, -1.0]])
    np.testing.assert_array_equal(ops.argmax(x, axis=-1), [1, 0, 0])
    assert ops.argmax(x[:1]) == 1
    assert ops.argmax(x[:1], keepdims=True).shape == (1, 1)
    assert ops.argmax(np.array(3.0)) == 0
    node = ops.argmax(make_input((3, 4), np.dtype("float32")))
    assert (node.shape, node.dtype, dict(node.attrs)) == ((), np.int64, {"axes": (0,), "keepdims": False})


def test_nan_is_the_extremum():
    x = np.array([1.0, np.nan, 3.0])
    assert np.isnan(ops.max(x))
    assert np.isnan(ops.min(x))


def test_ties_share_the_gradient():
    np.testing.assert_array_equal(slope(ops.max, [1.0, 3.0, 3.0, 2.0]), [0.0, 0.5, 0.5, 0.0])
    np.testing.assert_array_equal(
        slope(lambda x: ops.min(x, axis=1), [[1.0, 1.0], [0.0, 4.0]]), [[0.5, 0.5], [1.0, 0.0]]
    )


def test_logsumexp_at_the_ends_of_the_range():
    big = np.array([1000.0, 1000.0], "float32")
    np.testing.assert_allclose(ops.logsumexp(big), 1000 + np.log(2), rtol=1e-7)
    np.testing.assert_allclose(ops.logsumexp(-big), -1000 + np.log(2), rtol=1e-7)
    assert ops.logsumexp([-np.inf, -np.inf]) == -np.inf
    assert ops.logsumexp([np.inf, 0.0]) == np.inf
    assert np.isnan(ops.logsumexp([np.nan, 0.0]))
    np.testing.assert_allclose(slope(ops.logsumexp, [1000.0, 999.0]), [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))])


def test_softmax_at_the_ends_of_the_range():
    np.testing.assert_array_equal(ops.softmax([[1000.0, -1000.0]]), [[1.0, 0.0]])
    np.testing.assert_array_equal(ops.log_softmax([[1000.0, -1000.0]]), [[0.0, -2000.0]])
    np.testing.assert_array_equal(ops.softmax([0.0, -np.inf]), [1.0, 0.0])
    assert np.isnan(ops.softmax([np.nan, 0.0])).all()
    assert ops.softmax(np.array([1, 2])).dtype == np.float32


@pytest.mark.parametrize("function", [ops.softmax, ops.log_softmax])
def test_softmax_needs_its_axis(function):
    with pytest.raises(ShapeError, match="asked for axis -1 of a tensor that has no axes"):
        function(1.0)
    assert function(make_input((2, 3), np.dtype("float32")), axis=-2).attrs["axis"] == 0
