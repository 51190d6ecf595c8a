"""JAX: a jitted step with Adam written by hand and donated buffers; every call is waited for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.images import ImageNetwork
from benchmarks.network import LEARNING_RATE, Network


def setup(threads: int) -> str:
    """The version; XLA reads the number of threads from the environment."""
    return jax.__version__


def _start(network: Network | ImageNetwork) -> dict[str, Any]:
    """Weights, slots of Adam, moving averages and the step number."""
    weights: list[dict[str, Any]] = []
    averages: list[tuple[Any, Any]] = []
    for index, (kernel, bias) in enumerate(network.weights()):
        layer = {"kernel": jnp.asarray(kernel), "bias": jnp.asarray(bias)}
        if isinstance(network, Network) and network.normalized and index < len(network.pairs) - 1:
            layer |= {"gamma": jnp.ones_like(layer["bias"]), "beta": jnp.zeros_like(layer["bias"])}
            averages.append((jnp.zeros_like(layer["bias"]), jnp.ones_like(layer["bias"])))
        weights.append(layer)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return {
        "weights": weights, "first": zeros, "second": jax.tree.map(jnp.zeros_like, weights), "averages": averages,
        "count": jnp.zeros((), "int32"),
    }  # fmt: skip


def _image_logits(weights: Any, x: Any, network: ImageNetwork) -> Any:
    """Images (samples, height, width, channels) through the layers; `weights` are pairs (kernel, bias)."""
    rest = list(weights)
    for kind, number in network.layers:
        if kind == "pool":
            window = (1, number, number, 1)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
        elif kind == "flatten":
            x = x.reshape(x.shape[0], -1)
        else:
            kernel, bias = rest.pop(0)
            order = ("NHWC", "HWIO", "NHWC")
            conv = kind == "conv"
            x = (
                jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=order)
                if conv
                else x @ kernel
            )
            x = jax.nn.relu(x + bias) if rest else x + bias
    return x


def _crossentropy(logits: Any, y: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()


def _loss(weights: Any, averages: Any, x: Any, y: Any, network: Network | ImageNetwork) -> tuple[Any, Any]:
    """The loss and the new moving averages."""
    kept: list[Any] = []
    if isinstance(network, ImageNetwork):
        pairs = [(layer["kernel"], layer["bias"]) for layer in weights]
        return _crossentropy(_image_logits(pairs, x, network), y), kept
    for index, layer in enumerate(weights[:-1]):
        x = x @ layer["kernel"] + layer["bias"]
        if network.normalized:
            mean, variance = x.mean(0), x.var(0)
            old_mean, old_variance = averages[index]
            kept.append((0.99 * old_mean + 0.01 * mean, 0.99 * old_variance + 0.01 * variance))
            x = (x - mean) * jax.lax.rsqrt(variance + 1e-3) * layer["gamma"] + layer["beta"]
        x = jax.nn.relu(x)
    x = x @ weights[-1]["kernel"] + weights[-1]["bias"]
    if network.loss == "mse":
        return jnp.mean((x - y) ** 2), kept
    return _crossentropy(x, y), kept


def _step(state: dict[str, Any], x: Any, y: Any, network: Network | ImageNetwork) -> tuple[dict[str, Any], Any]:
    """The state after a step, and the loss."""
    find = jax.value_and_grad(_loss, has_aux=True)
    (loss, averages), grads = find(state["weights"], state["averages"], x, y, network)
    if network.optimizer == "sgd":
        weights = jax.tree.map(lambda w, g: w - LEARNING_RATE * g, state["weights"], grads)
        return {**state, "weights": weights, "averages": averages}, loss
    count = state["count"] + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state["first"], grads)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, state["second"], grads)
    rate = LEARNING_RATE * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), state["weights"], first, second)
    return {"weights": weights, "first": first, "second": second, "averages": averages, "count": count}, loss


def train_step(network: Network | ImageNetwork, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """A training step on one batch, waited for."""
    jitted = jax.jit(functools.partial(_step, network=network), donate_argnums=0)
    state, a, b = _start(network), jnp.asarray(x), jnp.asarray(y)

    def step() -> Any:
        nonlocal state
        state, loss = jitted(state, a, b)
        return loss.block_until_ready()  # the other results of the same call are ready with it

    return step


def predictors(network: Network | ImageNetwork, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """A jitted prediction, waited for."""
    weights = [(jnp.asarray(kernel), jnp.asarray(bias)) for kernel, bias in network.weights()]

    @jax.jit
    def predict(weights: Any, x: Any) -> Any:
        if isinstance(network, ImageNetwork):
            return jax.nn.softmax(_image_logits(weights, x, network))
        for kernel, bias in weights[:-1]:
            x = jax.nn.relu(x @ kernel + bias)
        return jax.nn.softmax(x @ weights[-1][0] + weights[-1][1])

    a = jnp.asarray(x)
    return {"jit": lambda: predict(weights, a).block_until_ready()}
