"""Each registered layer against its definition: numbers, gradients, shapes, and what becomes of it in a file."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from nbnet import Model, load, ops, registry
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.trace import Trace, tracing
from nbnet.runtime.function import Function
from tests.graph.numerical import central_differences
from tests.layers.cases import CASES, EACH, IDS, cube, shifted

each_case = pytest.mark.parametrize(("name", "case"), EACH, ids=IDS)
both_modes = pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])


def compiled(case, layer, training, eager=False):
    """The layer as a function of its inputs; seed and step are those of the definitions."""
    call = lambda *inputs: layer(case.given(inputs), training=training)  # noqa: E731
    return Function(call, seed=lambda: 0, step=lambda: 0, eager=eager)


def built(case, inputs, rng):
    """A layer with weights that no definition can guess; variances are positive."""
    layer = case.make()
    compiled(case, layer, False, eager=True)(*inputs)
    layer.set_weights([
        rng.normal(size=weight.shape) if "variance" not in weight.name else rng.uniform(0.5, 2, weight.shape)
        for weight in layer.weights
    ])  # fmt: skip
    return layer


def test_every_registered_layer_is_defined():
    assert set(registry.layers.names()) == set(CASES)


@each_case
def test_the_case_is_of_the_registered_class(name, case):
    assert type(case.make()) is registry.layers.get(name)


@both_modes
@each_case
def test_numbers_compiled_and_by_reference(name, case, training, rng):
    inputs = case.inputs(rng)
    layer = built(case, inputs, rng)
    weights = layer.get_weights()
    expected = case.definition(inputs, weights, training)
    for eager in (True, False):
        layer.set_weights(weights)
        y = compiled(case, layer, training, eager)(*inputs)
        assert y.dtype == (np.float64 if not case.rows else layer.dtype)
        assert y.shape == expected.shape
        np.testing.assert_allclose(y, expected, rtol=1e-6 if "Gaussian" in name else 1e-10, atol=1e-12)


@both_modes
@each_case
def test_gradients_against_central_differences(name, case, training, rng):
    inputs = case.inputs(rng)
    layer = built(case, inputs, rng)
    state = layer.get_weights()
    run = compiled(case, layer, training, eager=True)
    weighting = rng.normal(size=run(*inputs).shape)
    layer.set_weights(state)
    count = 0 if case.rows else len(inputs)  # no gradient flows to numbers of rows
    trained = [weight.numpy() for weight in layer.trainable_weights]

    def total(*arrays):
        for variable, value in zip(layer.trainable_weights, arrays[count:], strict=True):
            variable.assign(value)
        return float(np.sum(run(*(arrays[:count] or inputs)) * weighting))

    leaves = [make_input(x.shape, x.dtype, index) for index, x in enumerate(inputs)]

    def slopes(*leaves):
        target = ops.sum(layer(case.given(leaves), training=training) * weighting)
        return tuple(gradients(target, [*leaves[:count], *layer.trainable_weights]))

    with tracing(Trace()):
        found = evaluate(Graph(tuple(leaves), slopes(*leaves)), inputs)
    if found:
        for one, other in zip(found, Function(slopes, seed=lambda: 0, step=lambda: 0)(*inputs), strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)
    layer.set_weights(state)
    arrays = [*inputs[:count], *trained]
    for index, grad in enumerate(found):
        numeric = central_differences(total, arrays, index)
        np.testing.assert_allclose(grad, numeric, rtol=1e-5, atol=1e-7)
        total(*arrays)


@each_case
def test_shapes_follow_from_shapes(name, case, rng):
    layer, inputs = case.make(), case.inputs(rng)
    shapes = [(None, *shape) for shape in case.shapes]
    told = layer.compute_output_shape(case.given(shapes))
    y = compiled(case, case.make(), False, eager=True)(*inputs)
    assert told == (None, *y.shape[1:])
    assert layer.compute_output_shape(case.given([(7, *shape) for shape in case.shapes])) == (7, *y.shape[1:])


@each_case
def test_config_makes_an_equal_layer(name, case, rng):
    layer = case.make()
    layer.trainable = False
    config = layer.get_config()
    twin = type(layer).from_config(config)
    assert str(twin.get_config()).split(" at 0x")[0] == str(config).split(" at 0x")[0]
    assert twin.name == layer.name
    inputs = case.inputs(rng)
    np.testing.assert_array_equal(
        compiled(case, layer, True, eager=True)(*inputs), compiled(case, twin, True, eager=True)(*inputs)
    )


class Around(Model):
    """A layer whose inputs are cut out of vectors."""

    def __init__(self, layer, shape, name=None):
        super().__init__(name=name)
        self.layer = layer
        self.shape = shape

    def call(self, x):
        several = bool(self.shape) and isinstance(self.shape[0], (list, tuple))
        shapes = self.shape if several else [self.shape]
        cuts = list(itertools.accumulate(math.prod(shape) for shape in shapes))[:-1]
        inputs = [
            ops.reshape(piece, (x.shape[0], *shape))
            for piece, shape in zip(ops.split(x, cuts, axis=1), shapes, strict=True)
        ]
        return self.layer(inputs if several else inputs[0])


@each_case
def test_a_saved_model_gives_the_same_numbers(name, case, rng, tmp_path):
    inputs = case.inputs(rng)
    flat = np.concatenate([x.reshape(len(x), -1) for x in inputs], axis=1).astype("float64")
    model = Around(case.make(), case.shape)
    model(flat)
    layer = model.layer
    layer.set_weights([np.abs(rng.normal(size=weight.shape)) + 0.5 for weight in layer.weights])
    model.save(tmp_path / "model.nbnet")
    custom = {"Around": Around, "cube": cube, "shifted": shifted}
    again = load(tmp_path / "model.nbnet", custom_objects=custom)
    assert again.layer is not layer
    np.testing.assert_array_equal(again(flat), model(flat))
    expected = case.definition(inputs, layer.get_weights(), False)
    np.testing.assert_allclose(again(flat), expected, rtol=1e-10, atol=1e-12)
