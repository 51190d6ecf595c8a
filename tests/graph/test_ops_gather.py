"""gather, scatter_add and one_hot: indices of every kind, and those outside."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import DataError, DTypeError, ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input

TABLE = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gather_as_take(dtype, axis):
    indices = np.array([[2, 0], [1, 1]], dtype)
    np.testing.assert_array_equal(ops.gather(TABLE, indices, axis), np.take(TABLE, indices, axis))


def test_an_index_outside_is_named():
    with pytest.raises(
        DataError, match=r"indices in \[-4, 4\); received 7 at position \(1, 0\), the first of 2 outside"
    ):
        ops.gather(TABLE, np.array([[0, 3], [7, -9]]))
    with pytest.raises(DataError, match="scatter_add expects indices"):
        ops.scatter_add((2,), np.array([0, -3]), np.ones(2))
    with pytest.raises(DataError, match="received 0"):
        ops.gather(np.zeros((0, 2)), [0])


def test_indices_are_integers():
    for indices in ([0.0], [True]):
        with pytest.raises(DTypeError, match="expects integers as indices"):
            ops.gather(TABLE, indices)


def test_the_gradient_adds_up_repeated_rows():
    x, indices = make_input((4, 3), np.dtype("float64")), np.array([1, 1, -3, 0])
    target = ops.sum(ops.gather(x, indices) * np.arange(1.0, 5.0)[:, None])
    (grad,) = evaluate(Graph((x,), tuple(gradients(target, [x]))), [TABLE])
    np.testing.assert_array_equal(grad[:, 0], [4.0, 6.0, 0.0, 0.0])


def test_scatter_add_sums_in_order(rng):
    updates = (rng.normal(size=2000) * 10.0 ** rng.integers(-6, 6, 2000)).astype("float32")
    indices = rng.integers(0, 3, 2000)
    wanted = np.zeros(3, "float32")
    for index, update in zip(indices, updates, strict=True):
        wanted[index] += update
    np.testing.assert_array_equal(ops.scatter_add((3,), indices, updates), wanted)


def test_scatter_add_counts_bools():
    found = ops.scatter_add((2,), np.array([0, 0, 1]), np.array([True, True, False]))
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, [2, 0])


def test_scatter_add_checks_the_shape_of_updates():
    with pytest.raises(ShapeError, match=r"expects updates of shape \(2, 3\); received \(3, 2\)"):
        ops.scatter_add((4, 3), np.array([0, 1]), np.zeros((3, 2)))


def test_one_hot():
    np.testing.assert_array_equal(ops.one_hot([1, -1, 3, 0], 3), [[0, 1, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0]])
    assert ops.one_hot([1], 2).dtype == np.float32
    np.testing.assert_array_equal(ops.one_hot([True, False], 2, "int32"), [[0, 1], [1, 0]])
    assert ops.one_hot(make_input((2, 3), np.dtype("uint8")), 5, "bool").shape == (2, 3, 5)
    assert ops.one_hot([1], 0).shape == (1, 0)
    with pytest.raises(DTypeError, match="one_hot expects integers"):
        ops.one_hot([1.0], 2)
    with pytest.raises(ShapeError, match="sizes 0 or more"):
        ops.one_hot([1], -1)
