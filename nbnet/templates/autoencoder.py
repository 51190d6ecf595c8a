"""Anomalies by reconstruction error: an autoencoder that has not seen one digit.

Each image is squeezed through a few numbers, the code, and drawn again from them. Trained on normal images alone, the
network draws normal ones well and others badly, so the error says how strange an image is. The test has normal images
and the digit that was left out; ``auc`` is the probability that a strange one gets the larger error (nan in training,
where none is strange). Expect about 0.98, and less for digits that look like others: try ``--set anomaly=9``, and with
so large a code that anything can be drawn ``--set code=32``.
"""

import numpy as np

import nbnet
from nbnet.layers import Activation, Dense, Dot, Flatten, Rescaling, Subtract
from nbnet.metrics import AUC
from nbnet.optimizers import Adam


def data(anomaly: int = 0) -> nbnet.Data:
    """Normal digits to train on; normal ones and the anomaly to choose the best weights by, and for the test."""
    digits = nbnet.datasets.digits()
    splits = {name: (x, np.where(y == anomaly, 1, 0)) for name, (x, y) in digits.splits.items()}
    x, y = splits["train"]
    splits["train"] = x[y == 0], y[y == 0]
    return nbnet.Data(**splits, class_names=["normal", "anomaly"])


def model(code: int = 4, hidden: int = 64, scale: float = 0.25, learning_rate: float = 0.002) -> nbnet.Model:
    """Encoder, code and decoder; its output is the probability that an image is an anomaly."""
    image = nbnet.Input((8, 8), name="image")
    pixels = Flatten()(Rescaling(1 / 16)(image))
    encoded = Dense(code, name="code")(Dense(hidden, activation="relu")(pixels))
    decoded = Dense(64, activation="sigmoid", name="decoded")(Dense(hidden, activation="relu")(encoded))
    difference = Subtract()([pixels, decoded])
    error = Dot(axes=1, name="error")([difference, difference])  # the sum of the squared differences
    # Probability of being normal: exp(-scale * error), 1 where the drawing is perfect. The cross-entropy of a normal
    # image is the negative logarithm of that, scale * error: training makes the error small, and nothing else.
    normal = Activation("exponential")(Rescaling(-scale)(error))
    network = nbnet.Model(image, Rescaling(-1.0, offset=1.0, name="anomaly")(normal))
    network.compile(optimizer=Adam(learning_rate), loss="binary_crossentropy", metrics=["accuracy", AUC(name="auc")])
    return network


fit = {"epochs": 60, "batch_size": 32}
