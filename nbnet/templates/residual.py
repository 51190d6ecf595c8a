"""A residual network: blocks that add to what they get, instead of replacing it.

A block's output is its input plus what two convolutions make of it, so numbers and gradients have a straight way
through however many blocks there are: try ``--set blocks=6``, and ``--set skip=false``, which leaves the ways out. On
the digits of 8x8 pixels that come with nbnet it reaches about 98 % in a few seconds.
"""

from typing import Any

import nbnet
from nbnet.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
    Rescaling,
    Reshape,
)
from nbnet.optimizers import Adam
from nbnet.schedules import CosineDecay

# An epoch is 1,257 samples: 40 steps of 32 samples.
fit = {"epochs": 20, "batch_size": 32}
STEPS = 20 * 40
# The moving averages of the normalization forget in ten steps: with 0.99, the default, they lag behind so short a run.
MOMENTUM = 0.9


def data() -> nbnet.Data:
    """1,257 digits to train on, 270 to choose the best weights by, 270 for the final test."""
    return nbnet.datasets.digits()


def block(x: Any, filters: int, skip: bool) -> Any:
    """Two convolutions, and the straight way beside them; where the channels change, a 1x1 convolution adapts it."""
    straight = x if x.shape[-1] == filters else Conv2D(filters, 1, use_bias=False)(x)
    y = Conv2D(filters, 3, padding="same", use_bias=False)(x)
    y = Activation("relu")(BatchNormalization(momentum=MOMENTUM)(y))
    y = Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = BatchNormalization(momentum=MOMENTUM)(y)
    return Activation("relu")(Add()([y, straight]) if skip else y)


def model(filters: int = 16, blocks: int = 2, skip: bool = True, learning_rate: float = 0.005) -> nbnet.Model:
    """One convolution, blocks on 8x8 places, blocks of twice the channels on 4x4, the mean of all places."""
    image = nbnet.Input((8, 8), name="image")
    x = Reshape((8, 8, 1))(Rescaling(1 / 16)(image))
    x = Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = Activation("relu")(BatchNormalization(momentum=MOMENTUM)(x))
    for number in range(blocks):
        if number == blocks // 2:
            x, filters = MaxPooling2D()(x), 2 * filters
        x = block(x, filters, skip)
    digit = Dense(10, activation="softmax", name="digit")(GlobalAveragePooling2D()(x))
    network = nbnet.Model(image, digit)
    schedule = CosineDecay(learning_rate, decay_steps=STEPS)
    network.compile(optimizer=Adam(schedule), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network
