"""Handwritten digits of 8x8 pixels, which come with nbnet: a first network that learns in seconds.

Train it with ``nbnet train`` and the name of this file. The arguments of ``model`` are hyperparameters: add, for
instance, ``--set hidden=32`` or ``--set learning_rate=0.01``.
"""

import nbnet
from nbnet.layers import Activation, BatchNormalization, Dense, Flatten, Rescaling
from nbnet.optimizers import Adam
from nbnet.schedules import ExponentialDecay


def data() -> nbnet.Data:
    """1,257 digits to train on, 270 to choose the best weights by, 270 for the final test."""
    return nbnet.datasets.digits()


def model(hidden: int = 128, learning_rate: float = 0.002) -> nbnet.Sequential:
    """A network of three dense layers; its output is one probability for each of the ten digits."""
    network = nbnet.Sequential(
        [
            Rescaling(1 / 16, input_shape=(8, 8)),  # pixels count ink from 0 to 16; bring them to 0 to 1
            Flatten(),  # rows of pixels to one list of 64 numbers
            Dense(hidden),
            BatchNormalization(),  # keeps what follows in a good range, so learning is faster
            Activation("relu"),  # without a bend between them, dense layers would collapse into one
            Dense(hidden // 2),
            BatchNormalization(),
            Activation("relu"),
            Dense(10, activation="softmax"),
        ]
    )
    # Large steps at first, small ones at the end: the learning rate halves every 300 steps.
    schedule = ExponentialDecay(learning_rate, decay_steps=300, decay_rate=0.5)
    network.compile(optimizer=Adam(schedule), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


# An epoch shows the network all training samples once, batch by batch; each batch is one step of the optimizer.
fit = {"epochs": 40, "batch_size": 32}
