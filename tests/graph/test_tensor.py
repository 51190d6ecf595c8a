"""Tensors, variables and run-time scalars as operands."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ShapeError, TraceError
from nbnet.graph import ops
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.tensor import RuntimeScalar, Tensor, Variable, aligned_empty, aligned_zeros, constant
from nbnet.graph.trace import Trace, tracing


def test_a_symbolic_tensor_has_no_number():
    x = make_input((2,), np.dtype("float32"))
    for ask in (x.numpy, lambda: bool(x), lambda: float(x), lambda: int(x), lambda: np.asarray(x)):
        with pytest.raises(TraceError, match=r"is symbolic.*ops\.where"):
            ask()
    assert repr(x) == "Tensor(input, shape=(2,), float32)"
    assert (x.ndim, x.size, len({x, x})) == (1, 2, 1)


def test_an_eager_tensor_shows_its_number():
    with tracing(Trace(eager=True)):
        x = ops.full((2,), 1.5) * 2
        assert repr(x) == "Tensor(multiply, shape=(2,), float32, value=[3. 3.])"
        assert bool(x[0] > 2)
        assert (float(x[0]), int(x[1])) == (3.0, 3)
        np.testing.assert_array_equal(np.asarray(x, "float64"), [3.0, 3.0])
        with pytest.raises(ValueError, match="ambiguous"):
            bool(x > 2)


def test_attributes_are_read_only():
    node = ops.reshape(make_input((2,), np.dtype("float32")), (2, 1))
    with pytest.raises(TypeError):
        node.attrs["shape"] = (1, 2)


def test_ops_on_state_outside_a_trace_answer_at_once():
    v = Variable([1.0, 2.0], name="w")
    result = v * 2 + RuntimeScalar("rate", lambda: 0.5)
    assert not isinstance(result, Tensor)
    np.testing.assert_array_equal(result, [2.5, 4.5])
    step = RuntimeScalar("step", lambda: 3, "int64")
    assert 1 - 0.5**step == 0.875
    assert float(step) == 3.0
    assert repr(step) == "RuntimeScalar('step', int64)"


def test_results_never_share_memory_with_state():
    v = Variable([1.0, 2.0])
    for result in (
        ops.reshape(v, (2, 1)),
        v[0:1],
        ops.stop_gradient(v),
        ops.cast(v, "float32"),
        v.numpy(),
        np.asarray(v),
    ):
        result[...] = 9.0
    np.testing.assert_array_equal(v.numpy(), [1.0, 2.0])
    source = np.array([1.0, 2.0], "float32")
    w = Variable(source)
    source[0] = 9.0
    np.testing.assert_array_equal(w.numpy(), [1.0, 2.0])


def test_variables():
    v = Variable([[1, 2]], dtype="float64", name="w", trainable=False)
    assert (v.shape, v.ndim, v.size, v.dtype, v.trainable) == ((1, 2), 2, 2, np.float64, False)
    assert v.address % 64 == 0
    assert v.address == v.storage.ctypes.data
    assert repr(v) == "Variable('w', shape=(1, 2), float64)"
    v.assign([[3.0, 4.0]])
    np.testing.assert_array_equal(v.numpy(), [[3.0, 4.0]])
    for wrong in (np.zeros((2, 1)), 1.0, make_input((2,), np.dtype("float32"))):
        with pytest.raises(ShapeError, match=r"Variable 'w' holds an array of shape \(1, 2\); received shape"):
            v.assign(wrong)


def test_arrays_beside_tensors_become_constants():
    x = make_input((2,), np.dtype("float64"))
    node = x + np.array([1, 2])
    assert [item.op.name for item in node.inputs] == ["input", "constant"]
    assert node.inputs[1].dtype == np.float64
    np.testing.assert_array_equal(evaluate(Graph((x,), (node,)), [np.zeros(2)])[0], [1.0, 2.0])


def test_constants():
    assert constant(0.1, "float64").attrs["value"] == 0.1
    assert constant([1, 2]).dtype == np.int64
    with tracing(Trace(eager=True)):
        assert constant(2.0).numpy() == 2.0


def test_state_beside_tensors_is_read_inside_a_trace():
    rate, v = RuntimeScalar("rate", lambda: 0.25), Variable([1.0, 2.0])
    with tracing(Trace()):
        node = v * rate
    assert [item.op.name for item in node.inputs] == ["read", "scalar"]
    np.testing.assert_array_equal(evaluate(Graph((), (node,)), [])[0], [0.25, 0.5])
    v.assign([4.0, 8.0])
    np.testing.assert_array_equal(evaluate(Graph((), (node,)), [])[0], [1.0, 2.0])


def test_a_variable_copies_its_value_unless_it_is_given_to_it():
    array = aligned_zeros((3,), np.dtype("float32"))
    copied, given = Variable(array), Variable(array, copy=False)
    assert not np.shares_memory(copied.storage, array)
    assert given.storage is array
    assert given.address == array.ctypes.data


@pytest.mark.parametrize(
    "unfit",
    [
        lambda array: array[1:],  # not on a border
        lambda array: array.reshape(4, 4).T,
        lambda array: array.astype("float64"),
        lambda array: np.lib.stride_tricks.as_strided(array, writeable=False),
    ],
)
def test_memory_that_steps_cannot_use_is_copied(unfit):
    array = unfit(aligned_zeros((16,), np.dtype("float32")))
    variable = Variable(array, "float32", copy=False)
    assert not np.shares_memory(variable.storage, array)
    assert variable.address % 64 == 0
    assert (variable.shape, variable.dtype) == (array.shape, np.float32)
    np.testing.assert_array_equal(variable.numpy(), array)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 5), (1000,)])
def test_aligned_arrays(shape):
    zeros, empty = aligned_zeros(shape, np.dtype("int64")), aligned_empty(shape, np.dtype("int64"))
    for array in (zeros, empty):
        assert array.shape == shape
        assert array.flags.c_contiguous
        assert array.size == 0 or array.ctypes.data % 64 == 0
    assert not zeros.any()
