"""matmul: vectors, stacks, integers, and how stacks times one matrix become one product."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from tests.graph.numerical import central_differences

SHAPES = [
    ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((4, 2, 3), (3,)), ((3,), (4, 3, 2)),
    ((4, 2, 3), (3, 5)), ((2, 3), (4, 3, 2)), ((5, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)),
    ((4, 0, 3), (3, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_shapes_as_numpy_has_them(left, right, rng):
    a, b = rng.normal(size=left), rng.normal(size=right)
    leaves = make_input(left, a.dtype), make_input(right, b.dtype, 1)
    node = ops.matmul(*leaves)
    target = ops.sum(node * rng.normal(size=node.shape))
    value, _, *found = evaluate(Graph(leaves, (node, target, *gradients(target, leaves))), [a, b])
    np.testing.assert_allclose(value, a @ b, rtol=1e-12)
    np.testing.assert_array_equal(ops.matmul(a, b), value)
    assert node.shape == np.shape(value)
    for index in range(2):
        wanted = central_differences(lambda *x: evaluate(Graph(leaves, (target,)), x)[0].item(), [a, b], index)
        np.testing.assert_allclose(found[index], wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("turn", [(False, False), (True, False), (False, True), (True, True)])
def test_transposes(turn, rng):
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    found = ops.matmul(a.T if turn[0] else a, b.T if turn[1] else b, *turn)
    np.testing.assert_allclose(found, a @ b, rtol=1e-12)


def test_a_vector_is_not_transposed(rng):
    a, b = rng.normal(size=3), rng.normal(size=(2, 3))
    np.testing.assert_allclose(ops.matmul(a, b, transpose_a=True, transpose_b=True), b @ a, rtol=1e-12)


def test_a_stack_times_one_matrix_is_one_product():
    a, b = make_input((5, 2, 3), np.dtype("float32")), make_input((3, 4), np.dtype("float32"), 1)
    text = str(Graph((a, b), (ops.matmul(a, b),)))
    assert "matmul(%2, %1, transpose_a=False, transpose_b=False) : float32[10,4]" in text


def test_the_gradient_turns_operands_instead_of_transposing():
    a, b = make_input((2, 3), np.dtype("float32")), make_input((3, 4), np.dtype("float32"), 1)
    names = [node.op.name for node in Graph((a, b), tuple(gradients(ops.sum(a @ b), [a, b]))).nodes()]
    assert "transpose" not in names
    assert names.count("matmul") == 2


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [("bool", "int32"), ("uint8", "int32"), ("int32", "int32"), ("int64", "int64"), ("float32", "float32")],
)
def test_dtypes(dtype, wanted):
    x = np.full((2, 2), 200 if dtype != "bool" else 1, dtype)
    found = ops.matmul(x, x)
    assert found.dtype == wanted
    np.testing.assert_array_equal(found, x.astype(wanted) @ x.astype(wanted))
    assert ops.matmul(x, np.ones((2, 2), "float32")).dtype == np.float32


@pytest.mark.parametrize(("left", "right"), [((2, 3), (2, 3)), ((3,), (4,)), ((2, 2, 3), (3, 3, 2))])
def test_shapes_that_do_not_fit(left, right):
    with pytest.raises(ShapeError, match=r"matmul expects .* received \("):
        ops.matmul(np.zeros(left), np.zeros(right))


def test_errors_name_the_transposes():
    with pytest.raises(ShapeError, match=r"received \(2, 3\) @ \(3, 4\) with a and b transposed"):
        ops.matmul(np.zeros((2, 3)), np.zeros((3, 4)), True, True)


def test_numbers_are_no_matrices():
    with pytest.raises(ShapeError, match=r"Use \* for numbers"):
        ops.matmul(np.zeros((2, 2)), 2.0)
