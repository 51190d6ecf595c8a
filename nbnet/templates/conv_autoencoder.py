"""Noise taken out of pictures, by an autoencoder of convolutions.

The encoder makes the picture smaller and keeps what matters in a few channels; the decoder, convolutions the other way
round, draws it again. It sees noisy digits and is told the clean ones, and noise has no place in so small a code. The
``rmse`` of the noisy digits themselves is 0.196; expect about 0.13.
"""

import numpy as np

import nbnet
from nbnet.layers import Conv2D, Conv2DTranspose, Rescaling, Reshape
from nbnet.metrics import RootMeanSquaredError
from nbnet.optimizers import Adam
from nbnet.schedules import CosineDecay

# An epoch is 1,257 samples: 40 steps of 32 samples.
fit = {"epochs": 40, "batch_size": 32}
STEPS = 40 * 40


def noisy(images: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Images with normal noise, still between 0 and 16."""
    spoilt = images + rng.normal(0, 16 * noise, images.shape)
    return np.clip(np.rint(spoilt), 0, 16).astype(images.dtype)


def data(noise: float = 0.25) -> nbnet.Data:
    """Noisy digits, and the clean ones as targets."""
    rng = np.random.default_rng(0)
    splits = nbnet.datasets.digits().splits
    train, validation, test = ((noisy(x, noise, rng), (x / 16).astype("float32")) for x, _ in splits.values())
    return nbnet.Data(train, validation, test)


def model(filters: int = 32, code: int = 8, learning_rate: float = 0.004) -> nbnet.Sequential:
    """8x8 pixels to 4x4, to 2x2 places with `code` numbers each, and back."""
    network = nbnet.Sequential(
        [
            Rescaling(1 / 16, input_shape=(8, 8)),
            Reshape((8, 8, 1)),
            Conv2D(filters, 3, strides=2, padding="same", activation="relu"),  # every second place of a convolution
            Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu"),
            Conv2D(code, 1, name="code"),
            Conv2DTranspose(2 * filters, 3, strides=2, padding="same", activation="relu"),  # 2x2 to 4x4
            Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu"),
            Conv2D(1, 3, padding="same", activation="sigmoid"),
            Reshape((8, 8)),
        ]
    )
    schedule = CosineDecay(learning_rate, decay_steps=STEPS)
    network.compile(optimizer=Adam(schedule), loss="mse", metrics=[RootMeanSquaredError(name="rmse")])
    return network
