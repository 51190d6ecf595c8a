"""What layers are for, shown by small experiments with a fixed seed."""

from __future__ import annotations

import math

import numpy as np

from nbnet import Sequential, ops
from nbnet.errors import NonFiniteError
from nbnet.graph.gradient import gradients
from nbnet.layers import BatchNormalization, Dense, Dropout
from nbnet.optimizers import SGD, Adam
from nbnet.runtime.function import Function


def rings(rng, samples):
    """Two classes: points near the origin and points around them."""
    y = rng.integers(0, 2, samples)
    angle, radius = rng.uniform(0, 2 * math.pi, samples), 1 + 2 * y + rng.normal(0, 0.2, samples)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype("float32"), y


def deep(normalized, width=32, depth=5):
    """Hidden layers with ReLU, with or without batch normalization, and one output."""
    hidden = []
    for _ in range(depth):
        hidden.append(Dense(width, activation="relu", kernel_initializer="he_normal"))
        if normalized:
            hidden.append(BatchNormalization())
    return Sequential([*hidden, Dense(1, activation="sigmoid")])


def final_loss(model, x, y, learning_rate):
    """The loss after training; infinite where numbers overflow."""
    model.compile(SGD(learning_rate), "binary_crossentropy")
    try:
        return model.fit(x, y, epochs=15, batch_size=50, verbose=0).history["loss"][-1]
    except NonFiniteError:
        return math.inf


def test_batch_normalization_trains_where_the_plain_network_diverges(rng):
    x, y = rings(rng, 200)
    chance = math.log(2)
    assert final_loss(deep(normalized=False), x, y, 2.0) > 0.9 * chance
    assert final_loss(deep(normalized=True), x, y, 2.0) < 0.2 * chance
    assert final_loss(deep(normalized=False), x, y, 0.1) < 0.4 * chance  # it can learn: the rate was too high


def test_dropout_narrows_the_gap_between_training_and_validation(rng):
    direction = rng.normal(size=(20, 1)) / math.sqrt(20)

    def data(samples):
        """A linear function of 20 numbers under noise as large as itself."""
        x = rng.normal(size=(samples, 20))
        return x.astype("float32"), (x @ direction + rng.normal(size=(samples, 1))).astype("float32")

    few, others = data(60), data(500)

    def losses(rate):
        """The loss on the samples of training, and on others."""
        model = Sequential([
            Dense(64, activation="relu"), Dropout(rate), Dense(64, activation="relu"), Dropout(rate), Dense(1),
        ])  # fmt: skip
        model.compile(Adam(0.003), "mse")
        model.fit(*few, epochs=60, batch_size=20, verbose=0)
        return [model.evaluate(*pair, return_dict=True)["loss"] for pair in (few, others)]

    seen, unseen = losses(0.0)
    seen_with_dropout, unseen_with_dropout = losses(0.5)
    assert seen < 0.05  # noise and all was learned by heart
    assert unseen_with_dropout < unseen
    assert unseen_with_dropout - seen_with_dropout < 0.85 * (unseen - seen)


def first_gradient(activation, initializer, x, y, depth=12):
    """Length of the gradient of the first kernel, over that of the last."""
    model = Sequential([Dense(32, activation=activation, kernel_initializer=initializer) for _ in range(depth)])
    model.add(Dense(1))
    model(x)
    kernels = [model.layers[0].kernel, model.layers[-1].kernel]
    loss = lambda x, y: ops.mean(ops.square(model(x, training=True) - y))  # noqa: E731
    first, last = Function(lambda x, y: tuple(gradients(loss(x, y), kernels)), eager=True)(x, y)
    return np.linalg.norm(first) / np.linalg.norm(last)


def test_relu_keeps_gradients_alive_where_sigmoid_loses_them(rng, seed):
    x, y = rng.normal(size=(64, 16)).astype("float32"), rng.normal(size=(64, 1)).astype("float32")
    relu = first_gradient("relu", "he_normal", x, y)
    sigmoid = first_gradient("sigmoid", "glorot_normal", x, y)
    assert relu > 0.1
    assert sigmoid < 1e-4


def test_leaky_relu_revives_units_that_relu_leaves_dead(rng, seed):
    x, y = rng.normal(size=(64, 4)).astype("float32"), np.full((64, 1), 2.0, "float32")

    def units_alive(activation):
        """How many of the hidden units are above 0 for some sample, before and after training."""
        hidden = Dense(16, activation=activation)
        model = Sequential([hidden, Dense(1, use_bias=False, kernel_initializer="ones", trainable=False)])
        model(x)
        hidden.bias.assign(np.full(16, -8.0, "float32"))  # below 0 for each of the samples

        def alive():
            kernel, bias = hidden.get_weights()
            return int((x @ kernel + bias > 0).any(axis=0).sum())

        before = alive()
        model.compile(Adam(0.1), "mse")
        model.fit(x, y, epochs=200, batch_size=64, verbose=0)
        return before, alive()

    assert units_alive("relu") == (0, 0)
    before, after = units_alive("leaky_relu")
    assert before == 0
    assert after > 8
