"""Fashion-MNIST: articles of clothing, 28x28 pixels in ten classes, with dense layers and batch normalization.

Put the four files of Fashion-MNIST into a folder and train with ``--data-dir FOLDER`` (or set NBNET_DATA_DIR). It
reaches about 89 % on the test set: shirts, pullovers and coats are hard to tell apart without convolutions.
"""

import nbnet
from nbnet.layers import Activation, BatchNormalization, Dense, Flatten, Rescaling
from nbnet.optimizers import Adam


def data() -> nbnet.Data:
    """55,000 images to train on, 5,000 to choose the best weights by, 10,000 for the final test."""
    return nbnet.datasets.fashion_mnist()


def model(hidden: int = 128, learning_rate: float = 0.001) -> nbnet.Sequential:
    """784 pixels, two hidden layers, ten probabilities."""
    network = nbnet.Sequential(
        [
            Rescaling(1 / 255, input_shape=(28, 28)),  # bytes to numbers from 0 to 1
            Flatten(),
            Dense(hidden),
            BatchNormalization(),  # brings each unit to mean 0 and variance 1 over the batch
            Activation("relu"),
            Dense(hidden // 2),
            BatchNormalization(),
            Activation("relu"),
            Dense(10, activation="softmax"),
        ]
    )
    network.compile(optimizer=Adam(learning_rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


fit = {"epochs": 12, "batch_size": 128}
