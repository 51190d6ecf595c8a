"""Activations as layers: their arguments, learned slopes, shapes that do not fit, and their way through a file."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import Sequential, activations
from nbnet.errors import ShapeError
from nbnet.layers import ELU, Dense, LeakyReLU, PReLU, ReLU, Softmax
from nbnet.optimizers import SGD

X = np.linspace(-3, 4, 24).reshape(2, 3, 4).astype("float32")


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (ReLU(), np.maximum(X, 0)),
        (ReLU(2.0), np.clip(X, 0, 2)),
        (ReLU(2.0, 0.5, 1.0), np.where(X > 1, np.minimum(X, 2), 0.5 * (X - 1))),
        (LeakyReLU(), np.where(X > 0, X, 0.3 * X)),
        (LeakyReLU(0.1), np.where(X > 0, X, 0.1 * X)),
        (ELU(0.5), np.where(X > 0, X, 0.5 * np.expm1(X))),
        (Softmax(), np.exp(X) / np.exp(X).sum(-1, keepdims=True)),
        (Softmax(1), np.exp(X) / np.exp(X).sum(1, keepdims=True)),
        (Softmax([-2]), np.exp(X) / np.exp(X).sum(1, keepdims=True)),
        (Softmax([1, 2]), np.exp(X) / np.exp(X).sum((1, 2), keepdims=True)),
    ],
    ids=lambda value: f"{type(value).__name__}{value.get_config()}" if hasattr(value, "get_config") else "",
)
def test_values_and_config(layer, expected):
    np.testing.assert_allclose(layer(X), expected, rtol=1e-5, atol=1e-7)
    twin = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(twin(X), layer(X))


@pytest.mark.parametrize(
    ("shared_axes", "shape"), [(None, (3, 4)), (1, (1, 4)), ([1], (1, 4)), ((1, 2), (1, 1)), (-1, (3, 1))]
)
def test_prelu_shares_slopes_along_axes(shared_axes, shape):
    layer = PReLU("uniform", shared_axes=shared_axes)
    y = layer(X)
    assert layer.alpha.shape == shape
    np.testing.assert_allclose(y, np.where(X < 0, X * layer.alpha.numpy(), X), rtol=1e-6)
    np.testing.assert_array_equal(PReLU(shared_axes=shared_axes)(X), np.maximum(X, 0))  # as it begins


def test_prelu_learns_its_slopes(seed):
    x = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
    wanted = np.where(x < 0, x * [0.5, -0.25], x)
    model = Sequential([PReLU(input_shape=(2,))])
    model.compile(SGD(0.5), loss="mse")
    model.fit(x, wanted, epochs=30, batch_size=64, verbose=0)
    np.testing.assert_allclose(model.layers[0].alpha.numpy(), [0.5, -0.25], atol=1e-3)


def test_prelu_carries_its_penalty_and_constraint(tmp_path):
    model = Sequential([Dense(3, input_shape=(2,)), PReLU("ones", "l1", "non_neg"), ReLU(6.0), Softmax()])
    model.compile(loss="mse")
    model.save(tmp_path / "model.nbnet")
    layer = nbnet.load(tmp_path / "model.nbnet").layers[1]
    np.testing.assert_allclose(layer.alpha.regularizer(layer.alpha.numpy()), 0.03, rtol=1e-6)
    np.testing.assert_array_equal(layer.alpha.constraint(np.array([-1.0, 1.0])), [0.0, 1.0])
    x = np.ones((2, 2), "float32")
    np.testing.assert_array_equal(nbnet.load(tmp_path / "model.nbnet").predict(x), model.predict(x))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ReLU(-1.0), ValueError, "max_value >= 0"),
        (lambda: LeakyReLU(-1.0), ValueError, "negative_slope >= 0"),
        (lambda: Softmax(5)(X), ShapeError, "axis 5"),
        (lambda: PReLU(shared_axes=3)(X), ShapeError, r"PReLU 'pre_lu' expects shared_axes among 1 to 2.*\[3\]"),
        (lambda: PReLU(shared_axes=[0])(X), ShapeError, "the batch being axis 0"),
    ],
)
def test_arguments_that_do_not_fit(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_prelu_on_other_samples_than_it_was_built_for():
    layer = PReLU()
    layer(X)
    with pytest.raises(ShapeError, match=r"built for samples like \(3, 4\); received \(4,\)"):
        layer(X[:, 0])
    with pytest.raises(ShapeError, match=r"received \(3, 3\)"):
        layer(X[:, :, :3])


def test_softmax_layer_is_seen_by_the_loss(seed):
    model = Sequential([Dense(2, kernel_initializer="zeros", input_shape=(1,)), Softmax()])
    model.compile(loss="sparse_categorical_crossentropy")
    model.layers[0].set_weights([np.array([[200.0, -200.0]]), np.zeros(2)])
    loss = model.evaluate(np.ones((1, 1), "float32"), np.array([1]), verbose=0)
    assert (loss["loss"] if isinstance(loss, dict) else loss) == pytest.approx(400.0)  # by probabilities: at most 16


def test_layers_and_activations_have_slopes_of_their_own():
    assert (LeakyReLU().negative_slope, activations.LeakyReLU().negative_slope) == (0.3, 0.2)
