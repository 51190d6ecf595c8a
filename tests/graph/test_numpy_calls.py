"""NumPy's functions on tensors and state: an op, an array, or an error that names the op."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nbnet
from nbnet import ops
from nbnet.errors import TraceError

X = np.array([-1.0, 0.5, 2.0], np.float32)
UFUNCS = [np.tanh, np.exp, np.sign, np.absolute, np.fabs, np.square, np.negative]


@pytest.mark.parametrize("function", UFUNCS, ids=lambda function: function.__name__)
def test_ufuncs_are_ops(function):
    np.testing.assert_allclose(nbnet.function(lambda x: function(x))(X), function(X), rtol=1e-6)


def test_arrays_on_the_left():
    f = nbnet.function(lambda x: (X + x) * np.float32(2) - np.maximum(X, x) / (X @ x), eager=False)
    np.testing.assert_allclose(f(X + 1), (X + X + 1) * 2 - (X + 1) / (X @ (X + 1)), rtol=1e-5)
    assert nbnet.function(lambda x: x == X)(X).all()
    assert nbnet.function(lambda x: x > X)(X + 1).all()


def test_the_op_of_a_ufunc_has_a_gradient():
    np.testing.assert_allclose(nbnet.grad(lambda x: ops.sum(np.exp(x)))(X), np.exp(X), rtol=1e-6)


REFUSED = {
    "np.sum cannot take a Tensor; use nbnet.ops.sum.": np.sum,
    "np.amax cannot take a Tensor; use nbnet.ops.max.|np.max cannot": np.max,
    "np.stack cannot take a Tensor; use nbnet.ops.stack.": lambda x: np.stack([x, x]),
    r"np.sin cannot take a Tensor; .*nbnet.elementwise\(lambda x: np.sin\(x\)\)": np.sin,
    "np.var cannot take a Tensor; no op has that name": np.var,
}


@pytest.mark.parametrize("message", REFUSED)
@pytest.mark.parametrize("eager", [False, True])
def test_other_functions_name_the_op(message, eager):
    with pytest.raises(TypeError, match=message):
        nbnet.function(lambda x: REFUSED[message](x), eager=eager)(X)


def test_state_outside_a_step_is_an_array():
    state = nbnet.Variable(X)
    assert np.sum(state) == X.sum()
    np.testing.assert_allclose(np.sin(state), np.sin(X))
    np.testing.assert_array_equal(np.stack([state, state]), [X, X])
    assert isinstance(X + state, np.ndarray)
    with pytest.raises(TypeError, match=r"np.sum cannot take a Variable; use nbnet.ops.sum"):
        nbnet.function(lambda x: np.sum(state) + x)(X)


def test_shapes_need_no_numbers():
    assert nbnet.function(lambda x: x * np.shape(x)[0] + np.ndim(x))(X)[2] == 7


def test_math_on_a_tensor_mentions_elementwise():
    with pytest.raises(TraceError, match=r"nbnet\.elementwise"):
        nbnet.function(lambda x: math.exp(x))(X)
