"""A generative adversarial network: one network makes points, another tells them from real ones, and both learn.

The real points lie in eight heaps on a ring. The test has new noise: ``modes`` is the number of heaps that the made
points reach, ``close`` the share of the points that lie in one, and ``loss`` the energy distance between made and real
points, 0 for equal distributions. Expect 8 modes and more than 0.8 close. The class is registered as a plugin's would
be, so that commands can load what is saved: ``nbnet evaluate runs/gan-1 --data gan.py --plugin gan.py``.
"""

import numpy as np

import nbnet
from nbnet import ops
from nbnet.layers import Dense
from nbnet.losses import BinaryCrossentropy
from nbnet.optimizers import Adam

ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES, SPREAD = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype("float32"), 0.1


def data(samples: int = 8192, latent: int = 8, seed: int = 0) -> nbnet.Data:
    """Noise to make points of, and real points."""
    random = np.random.default_rng(seed)
    points = CENTRES[np.arange(samples) % 8] + SPREAD * random.normal(size=(samples, 2))
    noise = random.normal(size=(samples, latent))
    return nbnet.Data(*nbnet.data.split(noise.astype("float32"), points.astype("float32"), 0.125, 0.125, seed))


class GAN(nbnet.Model):
    """A generator, which `compile` gives its optimizer, and a discriminator with an optimizer of its own."""

    def __init__(self, hidden: int = 64, discriminator_rate: float = 0.001) -> None:
        super().__init__()
        self.generator = nbnet.Sequential([Dense(hidden, "relu"), Dense(hidden, "relu"), Dense(2)])
        self.discriminator = nbnet.Sequential([Dense(hidden, "leaky_relu"), Dense(hidden, "leaky_relu"), Dense(1)])
        self.discriminator_optimizer = Adam(discriminator_rate, beta_1=0.5)
        self.judge = BinaryCrossentropy(from_logits=True)

    def build(self, input_shape: tuple) -> None:
        """Make the weights of both networks."""
        self.generator.build(input_shape)
        self.discriminator.build((None, 2))

    def call(self, noise):
        """The points that the generator makes of noise."""
        return self.generator(noise)

    def train_step(self, x, y):
        """Teach the discriminator to tell real from made, and the generator to be taken for real."""
        made = self.discriminator(self.generator(ops.normal(x.shape)))  # fresh noise in each step
        real = self.discriminator(y)
        yes, no = ops.ones_like(made), ops.zeros_like(made)
        loss = self.judge(yes, real) + self.judge(no, made)
        fooled = self.judge(yes, made)
        # Both gradients belong to the weights as they are, so they are taken before any weight changes.
        critic, maker = self.discriminator.trainable_weights, self.generator.trainable_weights
        critic_gradients, maker_gradients = nbnet.gradients(loss, critic), nbnet.gradients(fooled, maker)
        self.discriminator_optimizer.apply(loss, critic_gradients, critic)
        self.optimizer.apply(fooled, maker_gradients, maker)
        return {"discriminator": loss, "generator": fooled}

    def test_step(self, x, y):
        """How near made points are to real ones."""
        made = self(x)
        near = distances(made, CENTRES) < 3 * SPREAD
        energy = 2 * ops.mean(distances(made, y)) - ops.mean(distances(made, made)) - ops.mean(distances(y, y))
        return {"loss": energy, "modes": ops.sum(ops.max(near * 1.0, 0)), "close": ops.mean(ops.max(near * 1.0, 1))}


def distances(a, b):
    """The distance of each point of `a` from each of `b`."""
    return ops.sqrt(ops.sum((a[:, None, :] - b[None, :, :]) ** 2, -1))


def model(hidden: int = 64, learning_rate: float = 0.001, discriminator_rate: float = 0.001) -> GAN:
    """Both networks; both learn with little momentum, as each must follow the other."""
    network = GAN(hidden, discriminator_rate)
    network.compile(optimizer=Adam(learning_rate, beta_1=0.5))
    return network


@nbnet.hookimpl
def register_layers(register):
    """Make the class known to commands that are given this file with --plugin."""
    register("GAN", GAN)


fit = {"epochs": 100, "batch_size": 256}
