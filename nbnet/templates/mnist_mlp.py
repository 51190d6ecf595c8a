"""MNIST: handwritten digits of 28x28 pixels, with a network of dense layers and dropout.

Put the four files of MNIST into a folder and train with ``--data-dir FOLDER`` (or set NBNET_DATA_DIR). It reaches about
98.4 % on the test set in 15 epochs.
"""

import nbnet
from nbnet.layers import Dense, Dropout, Flatten, Rescaling
from nbnet.optimizers import Adam
from nbnet.schedules import CosineDecay

# An epoch is 55,000 samples: 430 steps of 128 samples.
fit = {"epochs": 15, "batch_size": 128}
STEPS = 15 * 430


def data() -> nbnet.Data:
    """55,000 images to train on, 5,000 to choose the best weights by, 10,000 for the final test."""
    return nbnet.datasets.mnist()


def model(hidden: int = 256, dropout: float = 0.2, learning_rate: float = 0.001) -> nbnet.Sequential:
    """784 pixels, two hidden layers, ten probabilities."""
    network = nbnet.Sequential(
        [
            Rescaling(1 / 255, input_shape=(28, 28)),  # bytes to numbers from 0 to 1
            Flatten(),
            Dense(hidden, activation="relu"),
            Dropout(dropout),  # leaves out some of the units in each step, so that none is relied on alone
            Dense(hidden // 2, activation="relu"),
            Dropout(dropout),
            Dense(10, activation="softmax"),
        ]
    )
    # Half a wave of the cosine: large steps first, none at all in the end.
    schedule = CosineDecay(learning_rate, decay_steps=STEPS)
    network.compile(optimizer=Adam(schedule), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network
