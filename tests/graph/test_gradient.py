"""Reverse-mode differentiation: paths, sources, errors and higher derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import activations
from nbnet.errors import GradientError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients, unbroadcast
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.tensor import Variable
from nbnet.graph.trace import Trace, tracing

F64 = np.dtype("float64")


def leaf(*shape, index=0, dtype=F64):
    return make_input(shape, np.dtype(dtype), index)


def at(tensors, inputs, *arrays):
    return evaluate(Graph(tuple(inputs), tuple(tensors)), [np.asarray(array, "float64") for array in arrays])


def test_shared_nodes_add_up():
    x = leaf()
    y = ops.exp(x)
    z = y * y + y + x
    (value,) = at(gradients(z, [x]), [x], 0.3)
    np.testing.assert_allclose(value, 2 * np.exp(0.6) + np.exp(0.3) + 1, rtol=1e-14)


def test_many_paths_are_walked_once():
    x = node = leaf()
    for _ in range(60):
        node = node + node
    (grad,) = gradients(node, [x])
    assert len(Graph((x,), (grad,)).nodes()) < 200
    assert at([grad], [x], 1.0) == [2.0**60]


def test_sources_that_do_not_matter_get_zeros():
    x, y = leaf(2), leaf(3, 2, index=1, dtype="float32")
    found = gradients(ops.sum(x), [y, x])
    assert (found[0].shape, found[0].dtype) == ((3, 2), np.float32)
    values = evaluate(Graph((x, y), tuple(found)), [np.ones(2), np.ones((3, 2))])
    np.testing.assert_array_equal(values[0], np.zeros((3, 2)))
    np.testing.assert_array_equal(values[1], np.ones(2))


def test_inner_nodes_and_the_target_are_sources_too():
    x = leaf()
    y = ops.exp(x)
    z = y * 3
    assert at(gradients(z, [z, y, x]), [x], 0.0) == [1.0, 3.0, 3.0]


def test_a_source_cuts_no_path_to_another():
    x = leaf()
    y = x * 2
    assert at(gradients(y * y, [x, y]), [x], 3.0) == [24.0, 12.0]


def test_gradients_through_integers_and_stops_are_zero():
    x = leaf(3)
    target = ops.sum(ops.cast(ops.cast(x, "int32"), "float64") + ops.stop_gradient(x) + ops.sign(x))
    np.testing.assert_array_equal(at(gradients(target, [x]), [x], [1.5, -2.0, 0.5])[0], np.zeros(3))


def test_gradients_take_the_dtype_of_the_source():
    x = leaf(2, dtype="float32")
    (grad,) = gradients(ops.sum(ops.cast(x, "float64") ** 2), [x])
    assert grad.dtype == np.float32
    np.testing.assert_array_equal(evaluate(Graph((x,), (grad,)), [np.array([1.0, 3.0])])[0], [2.0, 6.0])


def test_higher_derivatives():
    x = leaf()
    node = ops.power(x, 5)
    for wanted in (5 * 2.0**4, 20 * 2.0**3, 60 * 2.0**2, 120 * 2.0, 120.0, 0.0):
        (node,) = gradients(node, [x])
        assert at([node], [x], 2.0) == [wanted]


def test_a_gradient_inside_the_target():
    x, v = leaf(2), leaf(2, index=1)
    (grad,) = gradients(ops.sum(ops.exp(x) * x), [x])
    (product,) = gradients(ops.sum(grad * v), [x])
    point, direction = np.array([0.2, -0.4]), np.array([1.0, 3.0])
    np.testing.assert_allclose(
        at([product], [x, v], point, direction)[0], np.exp(point) * (2 + point) * direction, rtol=1e-13
    )


def test_the_gradient_of_a_later_quantity():
    x = leaf(3)
    y = x * x
    found = at(gradients(y, [x], grad=ops.ones_like(y) * 2), [x], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(found[0], [4.0, 8.0, 12.0])


def test_a_given_gradient_of_another_dtype_is_cast():
    x = leaf(2, dtype="float32")
    y = x * x
    (grad,) = gradients(y, [x], grad=ops.ones_like(y, "float64"))
    assert grad.dtype == np.float32


def test_size_one_is_a_number():
    x = leaf(1, 1)
    assert at(gradients(x * 3, [x]), [x], [[2.0]])[0].tolist() == [[3.0]]


def test_variables_count_at_their_present_value():
    v = Variable(3.0, dtype="float64", name="v")
    with tracing(Trace()):
        first = gradients(v * v, [v])
        v.assign(v + 1)
        second = gradients(v * v, [v])
        through = gradients(v * v, [v, first[0]])
    assert evaluate(Graph((), (*first, *second, *through)), []) == [6.0, 8.0, 8.0, 0.0]


def test_eager_gradients_have_numbers():
    v = Variable([1.0, 2.0])
    with tracing(Trace(eager=True)):
        (grad,) = gradients(ops.sum(v * v), [v])
        np.testing.assert_array_equal(grad.numpy(), [2.0, 4.0])


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (2, 3), (1, 1), (4, 1, 3), (1, 2, 1), (4, 2, 3)])
def test_unbroadcast_sums_what_was_repeated(shape):
    g = leaf(4, 2, 3)
    values = np.arange(24.0).reshape(4, 2, 3)
    (found,) = at([unbroadcast(g, shape)], [g], values)
    wanted = np.zeros(shape)
    for place in np.ndindex(4, 2, 3):
        own = place[3 - len(shape) :]
        wanted[tuple(0 if size == 1 else i for i, size in zip(own, shape, strict=True))] += values[place]
    np.testing.assert_array_equal(found, wanted)


def test_empty_arrays():
    x, b = leaf(0, 3), leaf(3, index=1)
    found = gradients(ops.sum(x * b), [x, b])
    values = at(found, [x, b], np.zeros((0, 3)), np.ones(3))
    assert values[0].shape == (0, 3)
    np.testing.assert_array_equal(values[1], np.zeros(3))


def test_errors_say_what_to_do():
    x = leaf(3)
    with pytest.raises(GradientError, match=r"shape \(3,\) needs to know what to sum; reduce it first"):
        gradients(x * x, [x])
    with pytest.raises(GradientError, match="Only floating-point results have gradients"):
        gradients(ops.argmax(x), [x])
    with pytest.raises(GradientError, match="received ndarray"):
        gradients(np.ones(()), [x])
    with pytest.raises(GradientError, match="received list"):
        gradients(ops.sum(x), [[1.0]])
    with pytest.raises(GradientError, match="variable 'w' was asked for outside a trace"):
        gradients(ops.sum(x), [Variable(1.0, name="w")])


def test_no_gradient_goes_through_what_was_written_to_state():
    state = Variable(1.0, "float64", name="state")

    @nbnet.function
    def step(x):
        state.assign(state * x)
        return nbnet.gradients(ops.sum(state * x), [x])[0]

    assert step(3.0) == 3.0  # the state's new value; through the assignment it would be 6
    assert state.numpy() == 3.0


def test_an_op_without_gradient_ends_the_path():
    @nbnet.function
    def step(x):
        kept = ops.stop_gradient(activations.leaky_relu(x))
        first = nbnet.gradients(ops.sum(activations.leaky_relu(x)), [x])[0]
        return nbnet.gradients(ops.sum(kept * x + ops.stop_gradient(first)), [x])[0]

    assert step(np.array([2.0]))[0] == 2.0
