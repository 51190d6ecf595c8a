"""What a first course on neural networks shows, with nbnet."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Perceptron, Sequential, activations, datasets
from nbnet.layers import Dense, Flatten, Rescaling
from nbnet.optimizers import SGD, Adam, RMSprop

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
XOR = np.array([0, 1, 1, 0], "float32")


def test_a_neuron():
    x, w, b = [1, -2, 3], [0.5, 0.1, -0.4], 0.2
    for activation, expected in ((None, -0.7), ("sigmoid", 0.332), ("relu", 0.0), ("tanh", -0.604)):
        neuron = Sequential([Dense(1, activation=activation, input_shape=(3,))])
        neuron.set_weights([np.reshape(w, (3, 1)), [b]])
        assert neuron.predict([x])[0, 0] == pytest.approx(expected, abs=5e-4)


def test_activations_of_one_number():
    z = -0.7
    assert activations.sigmoid(z) == pytest.approx(1 / (1 + np.exp(0.7)), rel=1e-6)
    assert activations.relu(z) == 0
    assert activations.tanh(z) == pytest.approx(np.tanh(-0.7), rel=1e-6)
    assert activations.step(z) == 0


def test_stacked_linear_layers_are_one_linear_layer(rng):
    deep = Sequential([Dense(8, input_shape=(5,)), Dense(6), Dense(3)])
    a, b, c, d, e, f = deep.get_weights()
    single = Sequential([Dense(3, input_shape=(5,))])
    single.set_weights([a @ c @ e, (b @ c + d) @ e + f])
    x = rng.normal(size=(20, 5)).astype("float32")
    np.testing.assert_allclose(deep.predict(x), single.predict(x), rtol=1e-4, atol=1e-5)


def test_a_perceptron_learns_and_and_or_but_not_xor():
    for target in ([0, 0, 0, 1], [0, 1, 1, 1]):
        model = Perceptron()
        model.fit(CORNERS, target, verbose=0)
        assert model.converged_
        np.testing.assert_array_equal(model.predict(CORNERS).ravel(), target)
    model = Perceptron()
    history = model.fit(CORNERS, XOR, verbose=0)
    assert not model.converged_
    assert "did not converge" in history.message


def test_two_layers_learn_xor():
    model = Sequential([Dense(8, activation="tanh", input_shape=(2,)), Dense(1, activation="sigmoid")])
    model.compile(Adam(0.1), "binary_crossentropy", ["accuracy"])
    model.fit(CORNERS, XOR, batch_size="full", epochs=200, verbose=0)
    np.testing.assert_array_equal(model.predict(CORNERS).ravel() > 0.5, XOR)
    assert model.evaluate(CORNERS, XOR)[1] == 1.0


@pytest.mark.parametrize("batch_size", ["full", 1, 32], ids=["batch", "stochastic", "mini-batch"])
@pytest.mark.parametrize("optimizer", [SGD(0.5), RMSprop(0.01), Adam(0.02)], ids=lambda item: item.name)
def test_descent(batch_size, optimizer):
    x, y = datasets.digits().train
    x, y = x[:192], y[:192]
    model = Sequential([Rescaling(1 / 16, input_shape=(8, 8)), Flatten(), Dense(10, activation="softmax")])
    optimizer = type(optimizer).from_config(optimizer.get_config())
    model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
    history = model.fit(x, y, batch_size=batch_size, epochs=40 if batch_size == "full" else 6, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.85
