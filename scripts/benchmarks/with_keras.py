"""Keras on TensorFlow: ``train_on_batch`` (its compiled step) and ``predict_on_batch`` on NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.network import LEARNING_RATE, Network


def setup(threads: int) -> str:
    """Set the number of threads; the version."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    keras.utils.set_random_seed(0)
    return f"{keras.__version__} on TensorFlow {tf.__version__}"


def model(network: Network) -> Any:
    """A compiled model."""
    made = keras.Sequential([layers.Input((network.widths[0],))])
    for width in network.widths[1:-1]:
        made.add(layers.Dense(width))
        if network.normalized:
            made.add(layers.BatchNormalization())
        made.add(layers.Activation("relu"))
    made.add(layers.Dense(network.widths[-1], activation="softmax" if network.loss == "crossentropy" else None))
    made.compile(
        optimizer={"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[network.optimizer](LEARNING_RATE),
        loss="sparse_categorical_crossentropy" if network.loss == "crossentropy" else "mse",
    )
    return made


def train_step(network: Network, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """A training step on one batch; gives the loss as a number."""
    made = model(network)
    return lambda: made.train_on_batch(x, y)


def predictors(network: Network, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """From array to array."""
    made = model(network)
    made.set_weights([part for pair in network.weights() for part in pair])
    return {"predict_on_batch": lambda: made.predict_on_batch(x)}


def trainer(network: Network, x: np.ndarray, y: np.ndarray, batch: int) -> Callable[[int], Any]:
    """A function of a number of epochs, which fits."""
    made = model(network)
    return lambda epochs: made.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
