"""Every registered operator: its meaning against plain loops, its gradient against central differences."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.ops.registry import OPS, register
from nbnet.graph.tensor import Tensor, apply
from nbnet.graph.trace import Trace, tracing
from tests.graph.numerical import central_differences
from tests.graph.samples import SAMPLES, Sample

CASES = [
    pytest.param(name, sample, id=f"{name}{i}") for name, samples in SAMPLES.items() for i, sample in enumerate(samples)
]
SMOOTH = [case for case in CASES if case.values[1].differentiable]


def arrays_of(sample: Sample, dtype: str) -> list[np.ndarray]:
    """The sample's arrays, floats in `dtype`."""
    return [array.astype(dtype) if array.dtype.kind == "f" else array for array in sample.inputs]


def leaves_for(arrays: list[np.ndarray]) -> list[Tensor]:
    return [make_input(array.shape, array.dtype, index) for index, array in enumerate(arrays)]


def sources_of(sample: Sample) -> tuple[int, ...]:
    """The inputs in which the op may have a derivative."""
    return tuple(range(len(sample.inputs))) if sample.sources is None else sample.sources


def test_every_op_has_samples():
    assert set(SAMPLES) == set(OPS)
    assert all(SAMPLES.values())


def test_an_op_name_is_taken_once():
    with pytest.raises(ValueError, match="'add' exists already"):
        register(OPS["add"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "sample"), CASES)
def test_meaning_shape_and_dtype(name, sample, dtype):
    arrays = arrays_of(sample, dtype)
    leaves = leaves_for(arrays)
    node = apply(OPS[name], *leaves, **sample.attrs)
    (value,) = evaluate(Graph(tuple(leaves), (node,)), arrays)
    wanted = sample.naive(*arrays, **sample.attrs)
    assert value.shape == node.shape == np.shape(wanted)
    assert value.dtype == node.dtype
    if node.dtype.kind == "f":
        tolerance = 3e-6 if node.dtype == np.float32 or dtype == "float32" else 1e-13
        np.testing.assert_allclose(value, np.asarray(wanted, "float64"), rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(value, np.asarray(wanted).astype(node.dtype))


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_arrays_and_eager_tensors_give_the_same_bits(name, sample):
    arrays = arrays_of(sample, "float32")
    leaves = leaves_for(arrays)
    (value,) = evaluate(Graph(tuple(leaves), (apply(OPS[name], *leaves, **sample.attrs),)), arrays)
    np.testing.assert_array_equal(apply(OPS[name], *arrays, **sample.attrs), value)
    for leaf, array in zip(leaves, arrays, strict=True):
        leaf.value = array
    with tracing(Trace(eager=True)):
        np.testing.assert_array_equal(apply(OPS[name], *leaves, **sample.attrs).numpy(), value)


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_inputs_are_left_alone(name, sample):
    arrays = arrays_of(sample, "float64")
    before = [array.copy() for array in arrays]
    apply(OPS[name], *arrays, **sample.attrs)
    for array, kept in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, kept)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("name", "sample"), SMOOTH)
def test_gradient(name, sample, order):
    arrays = arrays_of(sample, "float64")
    leaves = leaves_for(arrays)
    floats = [leaf for index, leaf in enumerate(leaves) if leaf.dtype.kind == "f" and index in sources_of(sample)]
    rng = np.random.default_rng(7)
    node = apply(OPS[name], *leaves, **sample.attrs)
    target = ops.sum(node * rng.uniform(0.5, 1.5, node.shape))
    for _ in range(order - 1):
        parts = gradients(target, floats)
        target = sum((ops.sum(part * rng.uniform(0.5, 1.5, part.shape)) for part in parts), start=ops.sum(0.0 * target))
    found = gradients(target, floats)
    graph = Graph(tuple(leaves), (target, *found))
    values = evaluate(graph, arrays)[1:]
    function = lambda *inputs: evaluate(Graph(tuple(leaves), (target,)), inputs)[0].item()  # noqa: E731
    for leaf, tensor, value in zip(floats, found, values, strict=True):
        assert tensor.shape == value.shape == leaf.shape
        assert tensor.dtype == value.dtype == np.float64
        wanted = central_differences(function, arrays, leaf.attrs["index"])
        np.testing.assert_allclose(value, wanted, rtol=1e-6, atol=3e-8)


@pytest.mark.parametrize(("name", "sample"), [case for case in CASES if not case.values[1].differentiable])
def test_ops_without_derivative_pass_no_gradient(name, sample):
    arrays = arrays_of(sample, "float64")
    leaves = leaves_for(arrays)
    node = apply(OPS[name], *leaves, **sample.attrs)
    floats = [leaf for leaf in leaves if leaf.dtype.kind == "f"]
    if not floats:
        return
    target = ops.sum(ops.cast(node, "float64"))
    for array, value in zip(
        floats, evaluate(Graph(tuple(leaves), tuple(gradients(target, floats))), arrays), strict=True
    ):
        np.testing.assert_array_equal(value, np.zeros(array.shape))


def test_an_op_that_is_missing_is_pointed_to_formulas():
    with pytest.raises(
        AttributeError, match=r"no op 'sigmoidd' in nbnet.ops. Did you mean 'sigmoid'.*nbnet.elementwise"
    ):
        nbnet.ops.sigmoidd  # noqa: B018
    assert not hasattr(nbnet.ops, "sin")
