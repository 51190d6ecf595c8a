"""nbnet: steps by ``nbnet.function``, results as NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import nbnet
from benchmarks.network import LEARNING_RATE, Network
from nbnet.layers import Activation, BatchNormalization, Dense, Input


def setup(threads: int) -> str:
    """Set the number of threads; the version."""
    nbnet.set_num_threads(threads)
    return nbnet.__version__


def model(network: Network) -> Any:
    """A compiled model."""
    layers: list[Any] = [Input((network.widths[0],))]
    for width in network.widths[1:-1]:
        layers += [Dense(width), BatchNormalization()] if network.normalized else [Dense(width)]
        layers.append(Activation("relu"))
    layers.append(Dense(network.widths[-1], activation="softmax" if network.loss == "crossentropy" else None))
    made = nbnet.Sequential(layers)
    made.compile(
        optimizer={"adam": nbnet.optimizers.Adam, "sgd": nbnet.optimizers.SGD}[network.optimizer](LEARNING_RATE),
        loss="sparse_categorical_crossentropy" if network.loss == "crossentropy" else "mse",
    )
    return made


def train_step(network: Network, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """A training step on one batch; gives the loss as a NumPy array."""
    step = nbnet.function(model(network).train_step)
    return lambda: step(x, y)


def predictors(network: Network, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Ways to predict, each from array to array."""
    made = model(network)
    for layer, (kernel, bias) in zip((item for item in made.layers if item.weights), network.weights(), strict=True):
        layer.set_weights([kernel, bias])
    call = nbnet.function(made)
    return {"model.predict(x)": lambda: made.predict(x), "nbnet.function(model)(x)": lambda: call(x)}


def product(size: int) -> Callable[[], Any]:
    """A square matrix product, written to memory that nbnet keeps (a result would be copied)."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((size, size), dtype="float32") for _ in range(2))
    target = nbnet.Variable(np.zeros((size, size), "float32"), name="product")

    def multiply(a: Any, b: Any) -> None:
        target.assign(nbnet.ops.matmul(a, b))

    step = nbnet.function(multiply)
    return lambda: step(a, b)


def trainer(network: Network, x: np.ndarray, y: np.ndarray, batch: int) -> Callable[[int], Any]:
    """A function of a number of epochs, which fits."""
    made = model(network)
    return lambda epochs: made.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)


def _erf(x: float) -> float:
    return math.erf(x)


def _gelu(x: float) -> float:
    return 0.5 * x * (1.0 + math.erf(x * 0.7071067811865476))


def function(name: str) -> Callable[[Any], Any]:
    """exp, log, tanh or sigmoid as nbnet has them, erf and gelu as formulas of a plugin."""
    formulas = {"erf": _erf, "gelu": _gelu}
    return nbnet.elementwise(formulas[name]) if name in formulas else getattr(nbnet.ops, name)


def unary(name: str, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """The function into memory that is kept, and with its result as a new array."""
    formula = function(name)
    target = nbnet.Variable(np.zeros(x.shape, "float32"), name=name)

    def write(x: Any) -> None:
        target.assign(formula(x))

    into, returned = nbnet.function(write), nbnet.function(lambda x: formula(x))
    return {"kept": lambda: into(x), "returned": lambda: returned(x)}


def values(name: str, x: np.ndarray) -> np.ndarray:
    """The function of each element."""
    formula = function(name)
    found: np.ndarray = nbnet.function(lambda x: formula(x))(x)
    return found
