"""nbnet: steps by ``nbnet.function``, results as NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import nbnet
from benchmarks.images import KERNEL, ImageNetwork
from benchmarks.network import LEARNING_RATE, Network
from nbnet.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D


def setup(threads: int) -> str:
    """Set the number of threads; the version."""
    nbnet.set_num_threads(threads)
    return nbnet.__version__


def _dense_layers(network: Network) -> list[Any]:
    layers: list[Any] = [Input((network.widths[0],))]
    for width in network.widths[1:-1]:
        layers += [Dense(width), BatchNormalization()] if network.normalized else [Dense(width)]
        layers.append(Activation("relu"))
    return [*layers, Dense(network.widths[-1], activation="softmax" if network.loss == "crossentropy" else None)]


def _image_layers(network: ImageNetwork) -> list[Any]:
    layers: list[Any] = [Input(network.shape)]
    make: dict[str, Callable[[int], Any]] = {
        "conv": lambda filters: Conv2D(filters, KERNEL, activation="relu"), "pool": MaxPooling2D,
        "flatten": lambda _: Flatten(), "dense": lambda units: Dense(units, activation="relu"),
    }  # fmt: skip
    layers += [make[kind](number) for kind, number in network.layers[:-1]]
    return [*layers, Dense(network.layers[-1][1], activation="softmax")]


def model(network: Network | ImageNetwork) -> Any:
    """A compiled model."""
    made = nbnet.Sequential(_image_layers(network) if isinstance(network, ImageNetwork) else _dense_layers(network))
    made.compile(
        optimizer={"adam": nbnet.optimizers.Adam, "sgd": nbnet.optimizers.SGD}[network.optimizer](LEARNING_RATE),
        loss="sparse_categorical_crossentropy" if network.loss == "crossentropy" else "mse",
    )
    return made


def train_step(network: Network | ImageNetwork, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """A training step on one batch; gives the loss as a NumPy array."""
    step = nbnet.function(model(network).train_step)
    return lambda: step(x, y)


def predictors(network: Network | ImageNetwork, x: np.ndarray) -> dict[str, Callable[[], Any]]:
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


def convolutions(case: Any, x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> dict[str, Callable[[], Any]]:
    """A convolution and its two gradients, each written to memory that nbnet keeps."""
    padding = ((case.padding, case.padding), (case.padding, case.padding))

    def forward(x: Any, w: Any, dy: Any) -> Any:
        return nbnet.ops.conv2d(x, w, strides=case.stride, padding=padding, groups=case.groups)

    def by_input(x: Any, w: Any, dy: Any) -> Any:
        return nbnet.gradients(forward(x, w, dy), [x], dy)[0]

    def by_kernel(x: Any, w: Any, dy: Any) -> Any:
        return nbnet.gradients(forward(x, w, dy), [w], dy)[0]

    def kept(formula: Callable[[Any, Any, Any], Any], like: np.ndarray) -> Callable[[], Any]:
        target = nbnet.Variable(np.zeros(like.shape, "float32"), name="kept")

        def write(x: Any, w: Any, dy: Any) -> None:
            target.assign(formula(x, w, dy))

        step = nbnet.function(write)
        return lambda: step(x, w, dy)

    return {"forward": kept(forward, dy), "input gradient": kept(by_input, x), "kernel gradient": kept(by_kernel, w)}


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
