"""Element-wise ops: promotion, weak numbers, broadcasting, IEEE values, and gradients where a function has a kink."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nbnet.errors import DTypeError, ShapeError
from nbnet.graph import ops
from nbnet.graph.dtypes import LADDER
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input


def slope(function, *values):
    """The gradients of sum(function) at float64 values."""
    arrays = [np.asarray(value, "float64") for value in values]
    leaves = [make_input(array.shape, array.dtype, index) for index, array in enumerate(arrays)]
    return evaluate(Graph(tuple(leaves), tuple(gradients(ops.sum(function(*leaves)), leaves))), arrays)


@pytest.mark.parametrize(("low", "high"), list(itertools.combinations_with_replacement(LADDER, 2)))
def test_two_arrays_take_the_higher_dtype(low, high):
    x, y = np.ones(2, low), np.ones(2, high)
    assert ops.add(x, y).dtype == ops.add(y, x).dtype == high
    node = ops.add(make_input((2,), low), make_input((2,), high, 1))
    assert node.dtype == high
    assert all(item.dtype == high for item in node.inputs)


@pytest.mark.parametrize(
    ("dtype", "number", "wanted"),
    [
        ("float32", 2, "float32"), ("float32", 0.5, "float32"), ("float64", 0.5, "float64"), ("int32", 2, "int32"),
        ("int32", 0.5, "float32"), ("uint8", 2, "uint8"), ("int64", 0.5, "float32"), ("bool", 2, "int32"),
        ("bool", 0.5, "float32"), ("bool", True, "bool"), ("uint8", True, "uint8"),
    ],
)  # fmt: skip
def test_python_numbers_are_weak(dtype, number, wanted):
    assert ops.multiply(np.ones(3, dtype), number).dtype == wanted
    assert (number * make_input((3,), np.dtype(dtype))).dtype == wanted


def test_weak_numbers_keep_their_64_bits():
    assert ops.add(np.zeros((), "float64"), 0.1) == 0.1
    assert ops.cast(0.1, "float64") == 0.1
    assert ops.full((), 0.1, "float64") == 0.1


def test_integers_are_computed_in_float32_where_the_result_is_no_integer():
    for function in (ops.exp, ops.log1p, ops.sqrt, ops.tanh, ops.sigmoid, ops.softplus, ops.rsqrt):
        assert function(np.array([1, 4], "uint8")).dtype == np.float32
    np.testing.assert_array_equal(ops.divide(np.array([1, 3], "int64"), 2), np.array([0.5, 1.5], "float32"))


def test_ops_take_lists_and_numbers():
    np.testing.assert_array_equal(ops.add([1.0, 2.0], [[1.0], [2.0]]), [[2.0, 3.0], [3.0, 4.0]])
    assert ops.exp(0) == 1.0


@pytest.mark.parametrize("shapes", [((2,), (3,)), ((2, 3), (2,)), ((0,), (2,))])
def test_shapes_that_do_not_broadcast(shapes):
    with pytest.raises(ShapeError, match=r"add expects shapes that broadcast.*received \(\d"):
        ops.add(np.zeros(shapes[0]), np.zeros(shapes[1]))


@pytest.mark.parametrize("function", [ops.negative, ops.sign, lambda x: ops.subtract(x, True)])
def test_arithmetic_that_bools_do_not_have(function):
    with pytest.raises(DTypeError, match="not defined for bools; cast them first"):
        function(np.array([True, False]))


def test_bools_add_as_or_and_multiply_as_and():
    x, y = np.array([True, True, False]), np.array([True, False, False])
    np.testing.assert_array_equal(ops.add(x, y), [True, True, False])
    np.testing.assert_array_equal(ops.multiply(x, y), [True, False, False])


def test_ieee_values():
    inf, nan = np.inf, np.nan
    np.testing.assert_array_equal(ops.divide([1.0, 0.0, -1.0], 0.0), [inf, nan, -inf])
    np.testing.assert_array_equal(ops.exp([1000.0, -1000.0, nan]), [inf, 0.0, nan])
    np.testing.assert_array_equal(ops.log([0.0, -1.0]), [-inf, nan])
    np.testing.assert_array_equal(ops.sigmoid([-1000.0, 1000.0, nan]), [0.0, 1.0, nan])
    np.testing.assert_array_equal(ops.softplus([-1000.0, 1000.0, nan]), [0.0, 1000.0, nan])
    np.testing.assert_array_equal(ops.maximum([nan, 1.0], [1.0, nan]), [nan, nan])
    np.testing.assert_array_equal(ops.minimum([nan, 1.0], [1.0, nan]), [nan, nan])
    np.testing.assert_array_equal(ops.tanh([-inf, inf]), [-1.0, 1.0])
    np.testing.assert_array_equal(ops.isfinite([1.0, inf, nan]), [True, False, False])


def test_gradients_at_kinks():
    np.testing.assert_array_equal(slope(ops.abs, [0.0])[0], [0.0])
    left, right = slope(ops.maximum, [1.0, 2.0, 0.0], [1.0, 0.0, 2.0])
    np.testing.assert_array_equal(left, [0.5, 1.0, 0.0])
    np.testing.assert_array_equal(right, [0.5, 0.0, 1.0])
    left, right = slope(ops.minimum, [1.0, 2.0], [1.0, 0.0])
    np.testing.assert_array_equal(left, [0.5, 0.0])
    np.testing.assert_array_equal(right, [0.5, 1.0])


def test_power_has_finite_gradients_at_zero():
    base, exponent = slope(ops.power, [0.0, 0.0, 0.0, -2.0], [0.0, 1.0, 2.0, 3.0])
    np.testing.assert_array_equal(base, [0.0, 1.0, 0.0, 12.0])
    np.testing.assert_array_equal(exponent, [0.0, 0.0, 0.0, 0.0])


def test_power_of_integers():
    np.testing.assert_array_equal(ops.power(np.array([2, -3, 4]), 2), [4, 9, 16])
    np.testing.assert_array_equal(ops.power(np.array([2, 1]), -1), [0, 1])


def test_where_stops_the_gradient_of_the_branch_not_taken():
    (grad,) = slope(lambda x: ops.where(x > 0, ops.sqrt(ops.where(x > 0, x, 1.0)), 0.0), [-1.0, 4.0])
    np.testing.assert_array_equal(grad, [0.0, 0.25])


def test_where_takes_any_condition_and_weak_branches():
    result = ops.where(np.array([0, 2, -1]), np.zeros(3, "float32"), 1)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, [1.0, 0.0, 0.0])


def test_stop_gradient():
    np.testing.assert_array_equal(slope(lambda x: x * ops.stop_gradient(x), [3.0])[0], [3.0])


def test_python_operators():
    x, values = make_input((3,), np.dtype("float64")), np.array([1.5, -2.0, 3.0])
    results = (x + 1, 1 + x, x - 1, 1 - x, x * 2, 2 * x, x / 2, 2 / x, x**2, 2**x, -x, +x, abs(x), x > 0, x >= 3, x < 0)
    wanted = (
        values + 1, values + 1, values - 1, 1 - values, values * 2, values * 2, values / 2, 2 / values, values**2,
        2**values, -values, values, abs(values), values > 0, values >= 3, values < 0,
    )  # fmt: skip
    for found, right in zip(evaluate(Graph((x,), results), [values]), wanted, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-15)
    found = evaluate(Graph((x,), (x == 3, x != 3, (x > 0) & (x < 2), (x < 0) | (x > 2), ~(x > 0))), [values])
    np.testing.assert_array_equal(found, [values == 3, values != 3, values == 1.5, values != 1.5, values < 0])


def test_numpy_arrays_on_the_left_leave_the_work_to_the_tensor():
    x = make_input((2,), np.dtype("float32"))
    assert (np.ones(2, "float32") * x).op.name == "multiply"
    assert (np.ones((3, 2), "float32") @ x).shape == (3,)
