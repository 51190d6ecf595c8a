"""full, zeros, ones, arange: arrays outside a trace, small symbolic nodes inside."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import DTypeError, ShapeError
from nbnet.graph import ops
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.tensor import Tensor, Variable
from nbnet.graph.trace import Trace, tracing


def test_outside_a_trace_they_are_arrays():
    for found, wanted in [
        (ops.zeros((2, 3)), np.zeros((2, 3), "float32")), (ops.ones(2, "int64"), np.ones(2, "int64")),
        (ops.full((2,), 7), np.full(2, 7, "int32")), (ops.full((), True), np.array(True)),
        (ops.full((2,), 0.5), np.full(2, 0.5, "float32")), (ops.full((2,), 2, "uint8"), np.full(2, 2, "uint8")),
        (ops.full((2, 2), np.array([1.0, 2.0])), np.array([[1.0, 2.0]] * 2)),
        (ops.arange(3), np.arange(3, dtype="int32")), (ops.arange(1, 2, 0.25), np.arange(1, 2, 0.25, "float32")),
        (ops.arange(5, 0, -2), np.array([5, 3, 1], "int32")), (ops.arange(2, dtype="float64"), np.array([0.0, 1.0])),
        (ops.zeros_like(np.ones((2,), "uint8")), np.zeros(2, "uint8")), (ops.ones_like([1.0]), np.ones(1, "float32")),
        (ops.full_like(np.ones(2), 3, "int32"), np.full(2, 3, "int32")),
    ]:  # fmt: skip
        assert not isinstance(found, Tensor)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


def test_inside_a_trace_no_large_array_is_stored():
    with tracing(Trace()):
        node = ops.zeros((1000, 1000))
    assert node.op.name == "broadcast"
    assert node.inputs[0].shape == ()
    assert evaluate(Graph((), (node,)), [])[0].shape == (1000, 1000)


def test_inside_a_trace_values_may_be_symbolic():
    with tracing(Trace(eager=True)):
        np.testing.assert_array_equal(ops.full((3,), Variable(2.5)).numpy(), [2.5] * 3)
        np.testing.assert_array_equal(ops.full((2,), np.float64(1.5)).numpy(), [1.5] * 2)
        assert isinstance(ops.arange(3), Tensor)
        assert ops.full((2,), 1, "bool").numpy().dtype == np.bool_


def test_like_a_tensor_is_a_tensor():
    x = make_input((2, 3), np.dtype("float64"))
    for function in (ops.zeros_like, ops.ones_like):
        assert (function(x).shape, function(x).dtype) == ((2, 3), np.float64)
        assert function(x, "int32").dtype == np.int32


def test_large_ints_are_int64():
    assert ops.full((1,), 2**40).dtype == np.int64
    assert ops.arange(2**40, 2**40 + 2).dtype == np.int64


def test_arguments_are_checked():
    with pytest.raises(ShapeError, match="a step that is not 0"):
        ops.arange(0, 3, 0)
    with pytest.raises(DTypeError, match="complex64 is not supported"):
        ops.zeros((2,), "complex64")
    with pytest.raises(ShapeError, match="full expects a shape"):
        ops.full((2.5,), 1)
