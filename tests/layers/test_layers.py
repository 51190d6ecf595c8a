"""Dense, Flatten, Rescaling, InputLayer and BatchNormalization: shapes, dtypes, defaults and errors."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ArgumentError, DTypeError, ShapeError, TraceError, UnknownNameError
from nbnet.layers import BatchNormalization, Dense, Flatten, InputLayer, Rescaling
from nbnet.runtime.function import Function


def eagerly(layer, x, training=False):
    return Function(lambda x: layer(x, training=training), seed=lambda: 0, step=lambda: 0, eager=True)(x)


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
    assert InputLayer((2,))(x).dtype == np.uint8
    assert InputLayer((2,), dtype="float64")(x).dtype == np.float64


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


def test_dense_refuses_a_word_as_use_bias():
    with pytest.raises(ArgumentError, match="use_bias as True or False; received 'no'"):
        Dense(1, use_bias="no")
