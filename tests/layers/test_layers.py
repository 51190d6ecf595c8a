"""Built-in layers: values against NumPy, gradients in float64, shapes, dtypes and their errors."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import layers, ops, registry
from nbnet.errors import DTypeError, ShapeError, TraceError, UnknownNameError
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.trace import Trace, tracing
from nbnet.layers import Activation, BatchNormalization, Dense, Dropout, Flatten, Input, Rescaling
from nbnet.runtime.function import Function
from tests.graph.numerical import central_differences

# A layer of each registered name, with the shape of a sample it takes.
SAMPLES = {
    "Activation": (lambda: Activation("tanh", dtype="float64"), (3,)),
    "BatchNormalization": (lambda: BatchNormalization(dtype="float64"), (3,)),
    "Dense": (lambda: Dense(4, activation="sigmoid", bias_initializer="normal", dtype="float64"), (3,)),
    "Dropout": (lambda: Dropout(0.5, dtype="float64"), (3,)),
    "Flatten": (lambda: Flatten(), (2, 3)),
    "Input": (lambda: Input((3,)), (3,)),
    "Rescaling": (lambda: Rescaling([1.0, 2.0, 3.0], -1.0, dtype="float64"), (3,)),
}


def eagerly(layer, x, training=False):
    return Function(lambda x: layer(x, training=training), seed=lambda: 0, step=lambda: 0, eager=True)(x)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", registry.layers.names())
def test_gradients_against_central_differences(name, training, rng):
    make, shape = SAMPLES[name]
    layer, x = make(), rng.normal(size=(5, *shape))
    assert isinstance(layer, registry.layers.get(name))
    eagerly(layer, x)  # builds
    weighting = rng.normal(size=layer.output_shape[1:])

    def total(x, *weights):
        for variable, value in zip(layer.trainable_weights, weights, strict=True):
            variable.assign(value)
        return float(np.sum(eagerly(layer, x, training) * weighting))

    leaf = make_input(x.shape, x.dtype)
    with tracing(Trace()):
        target = ops.sum(layer(leaf, training=training) * weighting)
        grads = gradients(target, [leaf, *layer.trainable_weights])
    found = evaluate(Graph((leaf,), tuple(grads)), [x])
    arrays = [x, *(weight.numpy() for weight in layer.trainable_weights)]
    for index, grad in enumerate(found):
        numeric = central_differences(total, arrays, index)
        np.testing.assert_allclose(grad, numeric, rtol=1e-5, atol=1e-7)
        total(*arrays)


@pytest.mark.parametrize("name", registry.layers.names())
def test_config_makes_an_equal_layer(name):
    layer = SAMPLES[name][0]()
    layer.trainable = False
    twin = type(layer).from_config(layer.get_config())
    assert str(twin.get_config()).split(" at 0x")[0] == str(layer.get_config()).split(" at 0x")[0]
    assert twin.name == layer.name


def test_dense():
    x = np.array([[1.0, -2.0, 3.0]], "float32")
    layer = Dense(2, activation="relu", bias_initializer="ones")
    y = layer(x)
    kernel, bias = layer.get_weights()
    assert (kernel.shape, bias.shape) == ((3, 2), (2,))
    np.testing.assert_allclose(y, np.maximum(x @ kernel + bias, 0), rtol=1e-6)
    np.testing.assert_array_equal(bias, [1, 1])
    assert [weight.name for weight in layer.weights] == ["dense/kernel", "dense/bias"]
    assert layer.count_params() == 8
    bare = Dense(2, use_bias=False)
    np.testing.assert_allclose(bare(x), x @ bare.kernel.numpy(), rtol=1e-6)
    assert len(bare.weights) == 1


def test_dense_on_more_axes(rng):
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    layer = Dense(2)
    y = layer(x)
    np.testing.assert_allclose(y, x @ layer.kernel.numpy() + layer.bias.numpy(), rtol=1e-5)
    assert layer.compute_output_shape((None, 5, 3)) == (None, 5, 2)


def test_flatten_and_rescaling():
    x = np.arange(24, dtype="uint8").reshape(2, 3, 4)
    flat = Flatten()(x)
    np.testing.assert_array_equal(flat, x.reshape(2, 12))
    assert flat.dtype == np.uint8
    scaled = Rescaling(1 / 2, 1)(x)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, x / 2 + 1)


def test_input_casts_only_when_asked():
    x = np.ones((1, 2), "uint8")
    assert Input((2,))(x).dtype == np.uint8
    assert Input((2,), dtype="float64")(x).dtype == np.float64


@pytest.mark.parametrize("dtype", ["float64", "uint8", "int32", "int64", "bool", "float32"])
def test_layers_compute_in_float32_unless_told_otherwise(dtype):
    x = np.ones((2, 3), dtype)
    assert Dense(2)(x).dtype == np.float32
    assert Dense(2, dtype="float64")(x).dtype == np.float64


@pytest.mark.parametrize("axis", [-1, 1])
def test_batch_normalization(axis, rng):
    x = rng.normal(2, 3, size=(64, 4, 5)).astype("float32")
    layer = BatchNormalization(axis=axis, momentum=0.9)
    y = eagerly(layer, x, training=True)
    others = (0, 1) if axis == -1 else (0, 2)
    mean, variance = x.mean(others), x.var(others)
    shape = (1, 1, 5) if axis == -1 else (1, 4, 1)
    expected = (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + 1e-3)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9 + 0.1 * variance, rtol=1e-5)
    y = eagerly(layer, x)
    moving = (layer.moving_mean.numpy().reshape(shape), layer.moving_variance.numpy().reshape(shape))
    np.testing.assert_allclose(y, (x - moving[0]) / np.sqrt(moving[1] + 1e-3), rtol=1e-4, atol=1e-5)


def test_batch_normalization_keras_defaults_and_frozen():
    layer = BatchNormalization()
    assert (layer.momentum, layer.epsilon) == (0.99, 1e-3)
    x = np.arange(8, dtype="float32").reshape(4, 2)
    layer(x)
    assert [w.name.split("/")[1] for w in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert len(layer.trainable_weights) == 2
    layer.trainable = False
    before = layer.get_weights()
    np.testing.assert_allclose(eagerly(layer, x, training=True), x / np.sqrt(1 + 1e-3), rtol=1e-6)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert layer.trainable_weights == []
    plain = BatchNormalization(center=False, scale=False)
    plain(x)
    assert (len(plain.trainable_weights), len(plain.non_trainable_weights)) == (0, 2)


def test_dropout_drops_and_rescales():
    x = np.ones((200, 50), "float32")
    layer = Dropout(0.2)
    y = eagerly(layer, x, training=True)
    assert set(np.unique(y)) == {np.float32(0), np.float32(2**16 / round(0.8 * 2**16))}
    assert (y == 0).mean() == pytest.approx(0.2, abs=0.02)
    np.testing.assert_array_equal(eagerly(layer, x), x)
    np.testing.assert_array_equal(Dropout(0.0)(x, training=True), x)


def test_dropout_differs_by_step_layer_and_seed():
    x = np.ones((1, 1000), "float32")

    class Two(layers.Layer):
        def build(self, input_shape):
            self.first, self.second = Dropout(0.5), Dropout(0.5)

        def call(self, x):
            return ops.concatenate([self.first(x), self.second(x)], axis=0)

    two, state = Two(), {"seed": 0, "step": 0}
    run = Function(lambda x: two(x, training=True), seed=lambda: state["seed"], step=lambda: state["step"], eager=True)
    first = run(x)
    np.testing.assert_array_equal(first, run(x))
    assert (first[0] != first[1]).mean() == pytest.approx(0.5, abs=0.1)
    for key in ("seed", "step"):
        state[key] = 1
        assert (first != run(x)).mean() == pytest.approx(0.5, abs=0.1)
        state[key] = 0


def test_symbolic_tensors_have_no_numbers():
    def look(x):
        return Dense(1)(x) if x > 0 else x

    with pytest.raises(TraceError, match="run_eagerly"):
        Function(look)(np.float32(1))


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (
            lambda: Dense(2),
            (4,),
            r"Dense 'dense' expects input \(batch, inputs\); received \(None,\).*reshape\(-1, 1\)",
        ),
        (lambda: BatchNormalization(axis=0), (4, 2), r"BatchNormalization 'batch_normalization' expects.*axis 0"),
        (lambda: BatchNormalization(axis=3), (4, 2), "axis 3"),
        (lambda: Dense(2), (), "a single number"),
    ],
)
def test_wrong_input(make, shape, message):
    with pytest.raises(ShapeError, match=message):
        make()(np.ones(shape, "float32"))


def test_input_other_than_built_for():
    layer = Dense(2, name="head")
    layer(np.ones((1, 3)))
    with pytest.raises(ShapeError, match=r"Dense 'head' expects input \(batch, 3\); received \(1, 4\)"):
        layer(np.ones((1, 4)))
    with pytest.raises(ShapeError, match="Put a Flatten before it"):
        layer(np.ones((1, 2, 4)))
    normal = BatchNormalization()
    normal(np.ones((2, 3)))
    with pytest.raises(ShapeError, match="expects 3 channels"):
        normal(np.ones((2, 4)))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dense(0), ShapeError, "positive number of units; received 0"),
        (lambda: Dense(2.5), ShapeError, "received 2.5"),
        (lambda: Dense(2, activation="rellu"), UnknownNameError, "relu"),
        (lambda: Dense(2, dtype="int32"), DTypeError, "float32 or float64"),
        (lambda: Dense(2, input_shape=(0,)), ShapeError, "positive sizes"),
        (lambda: Dense(2, input_shape=(3,), input_dim=3), ShapeError, "not both"),
        (
            lambda: Dense(2, activaton="relu"),
            TypeError,
            "Dense takes no argument 'activaton'. Did you mean 'activation'",
        ),
        (lambda: Dropout(1.0), ValueError, r"rate in \[0, 1\)"),
        (lambda: Dropout("0.5"), ValueError, r"rate in \[0, 1\)"),
        (lambda: BatchNormalization(momentum=2), ValueError, "momentum"),
        (lambda: BatchNormalization(epsilon=-1), ValueError, "epsilon"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_numpy_integers_are_units():
    assert type(Dense(np.int64(3)).units) is int
    with pytest.raises(ShapeError):
        Dense(3.0)


def test_a_layer_larger_than_the_machine():
    with pytest.raises(ShapeError, match=r"GiB.*Give fewer units"):
        Dense(10**20)(np.ones((1, 3), np.float32))
