"""Pictures of 32x32 pixels in three colours, with three convolutions: Fashion-MNIST or CIFAR-10.

Put the four files of Fashion-MNIST into a folder and train with ``--data-dir FOLDER`` (or set NBNET_DATA_DIR). Its grey
images of 28x28 get a black frame and three equal channels. For photographs give the folder of CIFAR-10, of its binary
or Python version: ``--data-dir FOLDER --set dataset=cifar-10``.
"""

import numpy as np

import nbnet
from nbnet.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Rescaling
from nbnet.optimizers import Adam
from nbnet.schedules import CosineDecay

# An epoch of Fashion-MNIST is 55,000 samples: 430 steps of 128 samples.
fit = {"epochs": 10, "batch_size": 128}
STEPS = 10 * 430


def framed(images: np.ndarray) -> np.ndarray:
    """Grey images (N, 28, 28) in a black frame and three equal channels, (N, 32, 32, 3); still bytes."""
    wide = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    return np.repeat(wide[..., np.newaxis], 3, axis=-1)


def data(dataset: str = "fashion-mnist") -> nbnet.Data:
    """Images to train on, some to choose the best weights by, 10,000 for the final test."""
    images = nbnet.datasets.load(dataset)
    if images.train[0].ndim == 4:  # in colour already
        return images
    splits = {name: (framed(x), y) for name, (x, y) in images.splits.items()}
    return nbnet.Data(**splits, class_names=images.class_names)


def model(hidden: int = 64, dropout: float = 0.4, learning_rate: float = 0.001) -> nbnet.Sequential:
    """Three convolutions, which see 3x3, 5x5 and 14x14 pixels, and two dense layers; ten probabilities."""
    network = nbnet.Sequential(
        [
            Rescaling(1 / 255, input_shape=(32, 32, 3)),  # bytes to numbers from 0 to 1, a batch at a time
            Conv2D(32, (3, 3), activation="relu"),  # edges and spots
            Conv2D(64, (3, 3), activation="relu"),  # what is made of them
            MaxPooling2D((2, 2)),  # of 2x2 places the one that fits best: half the rows and columns remain
            Conv2D(128, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dropout(dropout),  # leaves out some of the numbers in each step, so that none is relied on alone
            Dense(hidden, activation="relu"),
            Dropout(dropout / 2),
            Dense(10, activation="softmax"),
        ]
    )
    # Half a wave of the cosine: large steps first, none at all in the end.
    schedule = CosineDecay(learning_rate, decay_steps=STEPS)
    network.compile(optimizer=Adam(schedule), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network
