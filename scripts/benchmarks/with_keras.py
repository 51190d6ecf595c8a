"""Keras on TensorFlow: ``train_on_batch`` (its compiled step) and ``predict_on_batch`` on NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.images import KERNEL, ImageNetwork
from benchmarks.network import LEARNING_RATE, Network


def setup(threads: int) -> str:
    """Set the number of threads; the version."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    keras.utils.set_random_seed(0)
    return f"{keras.__version__} on TensorFlow {tf.__version__}"


def _dense_layers(network: Network) -> list[Any]:
    made: list[Any] = [layers.Input((network.widths[0],))]
    for width in network.widths[1:-1]:
        made.append(layers.Dense(width))
        if network.normalized:
            made.append(layers.BatchNormalization())
        made.append(layers.Activation("relu"))
    return [*made, layers.Dense(network.widths[-1], activation="softmax" if network.loss == "crossentropy" else None)]


def _image_layers(network: ImageNetwork) -> list[Any]:
    make: dict[str, Callable[[int], Any]] = {
        "conv": lambda filters: layers.Conv2D(filters, KERNEL, activation="relu"), "pool": layers.MaxPooling2D,
        "flatten": lambda _: layers.Flatten(), "dense": lambda units: layers.Dense(units, activation="relu"),
    }  # fmt: skip
    made = [make[kind](number) for kind, number in network.layers[:-1]]
    return [layers.Input(network.shape), *made, layers.Dense(network.layers[-1][1], activation="softmax")]


def model(network: Network | ImageNetwork) -> Any:
    """A compiled model."""
    images = isinstance(network, ImageNetwork)
    made = keras.Sequential(_image_layers(network) if images else _dense_layers(network))
    made.compile(
        optimizer={"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[network.optimizer](LEARNING_RATE),
        loss="sparse_categorical_crossentropy" if network.loss == "crossentropy" else "mse",
    )
    return made


def train_step(network: Network | ImageNetwork, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """A training step on one batch; gives the loss as a number."""
    made = model(network)
    return lambda: made.train_on_batch(x, y)


def predictors(network: Network | ImageNetwork, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """From array to array."""
    made = model(network)
    made.set_weights([part for pair in network.weights() for part in pair])
    return {"predict_on_batch": lambda: made.predict_on_batch(x)}


def trainer(network: Network, x: np.ndarray, y: np.ndarray, batch: int) -> Callable[[int], Any]:
    """A function of a number of epochs, which fits."""
    made = model(network)
    return lambda epochs: made.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
