"""A generative adversarial network: two networks learn from each other to make points.

The real points lie in eight heaps on a ring. ``modes`` is the number of heaps that a batch of made points reaches,
``close`` the share of them that lie in a heap, and ``loss`` what the heaps lack of an eighth of the points each. Expect
8 modes and about 0.9 close. The losses of the two networks say little, as each is measured against an opponent that
learns too. Commands that load what was saved need the class: give them ``--plugin gan.py``.
"""

from typing import Any

import numpy as np

import nbnet
from nbnet import ops
from nbnet.layers import Dense
from nbnet.losses import BinaryCrossentropy
from nbnet.optimizers import Adam
from nbnet.schedules import CosineDecay

# An epoch is 6,144 real points, each with noise to make another one of: 24 steps of 256.
fit = {"epochs": 200, "batch_size": 256, "validation_batch_size": 1024}
STEPS = 200 * 24

LATENT, SPREAD = 8, 0.1
ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype("float32")


def data(samples: int = 8192, seed: int = 0) -> nbnet.Data:
    """Noise as inputs, real points as targets; which noise stands beside which point means nothing."""
    random = np.random.default_rng(seed)
    points = CENTRES[np.arange(samples) % 8] + SPREAD * random.normal(size=(samples, 2))
    noise = random.normal(size=(samples, LATENT))
    return nbnet.Data(*nbnet.data.split(noise.astype("float32"), points.astype("float32"), 0.125, 0.125, seed))


class GAN(nbnet.Model):
    """A generator, which gets its optimizer from `compile`, and a discriminator with an optimizer of its own."""

    def __init__(self, hidden: int = 64, discriminator_rate: float = 0.002) -> None:
        super().__init__()
        self.generator = nbnet.Sequential(
            [Dense(hidden, "relu", input_shape=(LATENT,)), Dense(hidden, "relu"), Dense(2)]
        )
        self.discriminator = nbnet.Sequential(
            [Dense(hidden, "leaky_relu", input_shape=(2,)), Dense(hidden, "leaky_relu"), Dense(1)]
        )
        self.discriminator_optimizer = Adam(CosineDecay(discriminator_rate, STEPS), beta_1=0.5)
        self.judge = BinaryCrossentropy(from_logits=True)

    def call(self, noise: Any) -> Any:
        """The points that the generator makes of noise."""
        return self.generator(noise)

    def judged(self, noise: Any, real: Any) -> tuple:
        """The losses of discriminator and generator, and how the made points are spread."""
        made = self.generator(noise)
        doubted, trusted = self.discriminator(made), self.discriminator(real)
        yes, no = ops.ones_like(doubted), ops.zeros_like(doubted)
        discriminator, generator = self.judge(yes, trusted) + self.judge(no, doubted), self.judge(yes, doubted)
        apart = ops.sqrt(ops.sum((made[:, None, :] - CENTRES) ** 2, -1))  # of each point and each centre
        near = ops.cast(apart < 3 * SPREAD, "float32")
        missing = ops.sum(ops.maximum(1 / 8 - ops.mean(near, 0), 0.0))
        found = {"loss": missing, "modes": ops.sum(ops.max(near, 0)), "close": ops.mean(ops.max(near, 1))}
        return discriminator, generator, {**found, "discriminator": discriminator, "generator": generator}

    def train_step(self, x: Any, y: Any) -> dict:
        """Teach the discriminator to tell real from made, and the generator to be taken for real."""
        discriminator, generator, found = self.judged(ops.normal(x.shape), y)  # fresh noise in each step
        judges, makers = self.discriminator.trainable_weights, self.generator.trainable_weights
        # Both gradients belong to the weights as they are, so they are taken before any weight changes.
        judging, making = nbnet.gradients(discriminator, judges), nbnet.gradients(generator, makers)
        self.discriminator_optimizer.apply(discriminator, judging, judges)
        self.optimizer.apply(generator, making, makers)
        return found

    def test_step(self, x: Any, y: Any) -> dict:
        """Measure without learning."""
        _, _, found = self.judged(x, y)
        return found


def model(hidden: int = 64, learning_rate: float = 0.002, discriminator_rate: float = 0.002) -> GAN:
    """Both networks; each optimizer with little momentum, as it has to follow the other."""
    network = GAN(hidden, discriminator_rate)
    network.compile(optimizer=Adam(CosineDecay(learning_rate, STEPS), beta_1=0.5))
    return network


@nbnet.hookimpl
def register_layers(register: Any) -> None:
    """Make the class known to commands that are given this file with --plugin."""
    register("GAN", GAN)
