"""reshape, transpose, broadcast_to and relatives; cutting, joining and indexing."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import DataError, DTypeError, ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input

X = np.arange(60.0).reshape(3, 4, 5)


def leaf(*shape, dtype="float64"):
    return make_input(shape, np.dtype(dtype))


@pytest.mark.parametrize("shape", [(60,), (-1,), (3, -1), (5, -1, 4), (2, 5, 6), 60, [4, -1]])
def test_reshape(shape):
    np.testing.assert_array_equal(ops.reshape(X, shape), X.reshape(shape))


@pytest.mark.parametrize(
    ("source", "shape", "message"),
    [
        ((3, 4), (5, -1), r"reshape of \(3, 4\) \(12 elements\) to \(5, -1\)"), ((3, 4), (-1, -1), "not possible"),
        ((3, 4), (11,), "not possible"), ((0, 2), (0, -1), "write the size"), ((3, 4), (-2, 6), "sizes 0 or more"),
        ((3, 4), (2.0, 6), "an int or a tuple of ints"),
    ],
)  # fmt: skip
def test_reshape_that_is_not_possible(source, shape, message):
    with pytest.raises(ShapeError, match=message):
        ops.reshape(np.zeros(source), shape)


def test_nothing_is_recorded_where_nothing_changes():
    x = leaf(3, 4)
    for same in (
        ops.reshape(x, (3, 4)), ops.transpose(x, (0, 1)), ops.broadcast_to(x, (3, 4)), ops.concatenate([x]),
        x[:], x[...],
        ops.embed(x, (3, 4), (0, 0), (1, 1)), ops.pad(x, [(0, 0), (0, 0)]), ops.squeeze(x), ops.cast(x, "float64"),
    ):  # fmt: skip
        assert same is x


@pytest.mark.parametrize("axes", [None, (0, 1, 2), (2, 0, 1), (-1, 0, 1)])
def test_transpose(axes):
    np.testing.assert_array_equal(ops.transpose(X, axes), np.transpose(X, axes))


@pytest.mark.parametrize("axes", [(0, 1), (0, 0, 1), (0, 1, 3)])
def test_transpose_names_each_axis_once(axes):
    with pytest.raises(ShapeError, match="transpose"):
        ops.transpose(X, axes)


def test_broadcast_to():
    x = np.arange(3.0)[:, None]
    np.testing.assert_array_equal(ops.broadcast_to(x, (2, 3, 4)), np.broadcast_to(x, (2, 3, 4)))
    ops.broadcast_to(x, (3, 2))[0, 0] = 5.0
    assert x[0, 0] == 0.0
    for shape in [(3,), (4, 1), (3, 1, 2)]:
        with pytest.raises(ShapeError, match=r"broadcast_to cannot repeat \(3, 1\)"):
            ops.broadcast_to(x, shape)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (-1, 0), 3])
def test_expand_dims_and_squeeze(axis):
    found = ops.expand_dims(X, axis)
    np.testing.assert_array_equal(found, np.expand_dims(X, axis))
    np.testing.assert_array_equal(ops.squeeze(found, axis), X)
    np.testing.assert_array_equal(ops.squeeze(found), X)
    with pytest.raises(ShapeError, match="squeeze expects axes of size 1"):
        ops.squeeze(X, 1)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concatenate_stack_and_split(axis):
    parts = [X, X + 1, X[:, :, :]]
    np.testing.assert_array_equal(ops.concatenate(parts, axis), np.concatenate(parts, axis))
    np.testing.assert_array_equal(ops.stack(parts, axis), np.stack(parts, axis))
    for piece, wanted in zip(ops.split(X, [1, 1, 2], axis), np.split(X, [1, 1, 2], axis), strict=True):
        np.testing.assert_array_equal(piece, wanted)
    size = X.shape[axis]
    for piece, wanted in zip(ops.split(X, size, axis), np.split(X, size, axis), strict=True):
        np.testing.assert_array_equal(piece, wanted)


def test_concatenate_promotes():
    assert ops.concatenate([np.ones(2, "int32"), np.ones(2, "float32")]).dtype == np.float32


def test_joining_and_cutting_that_is_not_possible():
    with pytest.raises(ShapeError, match=r"equal except along axis 0; received \(3, 4, 5\), \(3, 4\)"):
        ops.concatenate([X, X[0, 0:3, 0:4]])
    with pytest.raises(ShapeError, match="equal except along axis 1"):
        ops.concatenate([X, X[:, :, :4]], axis=1)
    with pytest.raises(ShapeError, match="at least one array"):
        ops.concatenate([])
    with pytest.raises(ShapeError, match="into 2 equal pieces"):
        ops.split(X, 2)
    with pytest.raises(ShapeError, match="rising positions between 0 and 3"):
        ops.split(X, [2, 1])


def test_split_of_an_empty_axis():
    assert [piece.shape for piece in ops.split(np.zeros((0, 2)), 2)] == [(0, 2), (0, 2)]


def test_pad_and_embed():
    np.testing.assert_array_equal(ops.pad(X, [(1, 0), (0, 2), (0, 0)]), np.pad(X, [(1, 0), (0, 2), (0, 0)]))
    np.testing.assert_array_equal(ops.embed(np.ones(2), (6,), (4,), (-3,)), [0, 1, 0, 0, 1, 0])
    np.testing.assert_array_equal(ops.embed(np.arange(2.0), (2,), (1,), (-1,)), [1.0, 0.0])
    for widths in ([(1, 1)], [(0, -1), (0, 0), (0, 0)]):
        with pytest.raises(ShapeError, match="pad of"):
            ops.pad(X, widths)
    with pytest.raises(ShapeError, match="embed cannot place"):
        ops.embed(np.ones(3), (6,), (1,), (3,))


KEYS = [
    0, -1, np.int64(1), slice(None), slice(1, None), slice(None, -1), slice(None, None, -1), slice(None, None, 2),
    slice(2, 0, -1), slice(5, 1), slice(-2, None), slice(0, 0), None, ..., (0, 1), (..., 0), (slice(None), None, 2),
    (None, ..., None), (1, ..., slice(None, None, -2)), (slice(None, None, -1), slice(3, 0, -2), slice(1, 4)),
    (0, 1, 2),
    (slice(1, 2), slice(2, 3, -1)), (), (slice(10, -10, -1), 0),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing_as_numpy_has_it(key):
    wanted = X[key]
    x = leaf(3, 4, 5)
    node = x[key]
    assert node.shape == wanted.shape
    target = ops.sum(node * np.arange(1.0, wanted.size + 1).reshape(wanted.shape))
    value, grad = evaluate(Graph((x,), (node, *gradients(target, [x]))), [X])
    np.testing.assert_array_equal(value, wanted)
    np.testing.assert_array_equal(ops.getitem(X, key), wanted)
    right = np.zeros_like(X)
    right[key] = np.arange(1.0, wanted.size + 1).reshape(wanted.shape)
    np.testing.assert_array_equal(grad, right)


def test_equal_slices_are_recorded_alike():
    x = leaf(5)
    assert dict(x[4:1:-5].attrs) == dict(x[4:].attrs) == {"starts": (4,), "stops": (5,), "steps": (1,)}
    assert dict(x[::-2].attrs) == dict(x[4:-6:-2].attrs) == {"starts": (4,), "stops": (-2,), "steps": (-2,)}
    assert dict(x[3:1].attrs) == dict(x[9:].attrs) == {"starts": (0,), "stops": (0,), "steps": (1,)}


def test_equal_embeddings_are_recorded_alike():
    x = leaf(1, 0)
    assert dict(ops.embed(x, (3, 2), (1, 1), (-1, -1)).attrs) == {"shape": (3, 2), "starts": (1, 0), "steps": (1, 1)}


def test_rows_by_number():
    rows = np.array([[2, 0], [-1, -1]])
    for key in (rows, rows.tolist(), rows.astype("uint8") % 3):
        np.testing.assert_array_equal(leaf_value(X, key), X[np.asarray(key)])
    index = make_input((2,), np.dtype("int32"), 1)
    assert leaf(3, 4)[index].op.name == "gather"


def leaf_value(array, key):
    x = leaf(*array.shape)
    return evaluate(Graph((x,), (x[key],)), [array])[0]


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (3, ShapeError, r"position 3 lies outside axis 0 of \(3, 4, 5\)"), ((0, -5), ShapeError, "outside axis 1"),
        ((0, 0, 0, 0), ShapeError, "names 4 axes"), ((..., ...), ShapeError, "may stand once"),
        (np.array([True, False, True]), ShapeError, "depends on numbers"), ("a", ShapeError, "received str"),
        (slice(None, None, 0), ShapeError, "cannot be 0"), ((0, np.array([1])), ShapeError, "received ndarray"),
        (True, ShapeError, "received bool"), ([0.5], DTypeError, "expects integers"), ([3], DataError, "received 3"),
    ],
    ids=str,
)  # fmt: skip
def test_indexing_that_is_not_possible(key, error, message):
    with pytest.raises(error, match=message):
        ops.getitem(X, key)


def test_strided_slice_stays_inside():
    with pytest.raises(ShapeError, match="leaves an axis of size 4"):
        ops.strided_slice(np.zeros(4), (1,), (6,), (1,))
    with pytest.raises(ShapeError, match="expects 1 starts, stops and non-zero steps"):
        ops.strided_slice(np.zeros(4), (1,), (2,), (0,))


def test_iteration_and_length():
    x = leaf(3, 2)
    assert len(x) == 3
    assert [row.shape for row in x] == [(2,)] * 3
    with pytest.raises(ShapeError, match="no length"):
        len(leaf())
