"""Activations beside those of Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from acceptance import own, samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry
from acceptance.with_keras import peer
from nbnet import activations as nb

ka = keras.activations


def case(label: str, ours: Callable[[Any], Any], theirs: Callable[[Any], Any]) -> Case:
    """Values at random numbers and at corners, and gradients at random numbers."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        x = samples.normal((6, 16), dtype, scale=3.0)
        y, slopes = own.value_and_gradients(ours, [x], [0])
        expected, expected_slopes = peer.value_and_gradients(theirs, [x], [0])
        corners = np.array(samples.KINKS, dtype).reshape(2, 8)
        restored = error(own.values(own.restored(ours), x), expected)
        at_corners = error(own.values(ours, corners), np.asarray(theirs(corners)))
        forward = max(error(y, expected), at_corners)
        return {"forward": forward, "gradient": errors(slopes, expected_slopes), "restored": restored}

    return Case(label, compare)


def same(name: str) -> list[Case]:
    """One with the same name in both libraries."""
    return [case(name, nb.get(name), ka.get(name))]


TABLE: Mapping[str, Entry] = {
    **{
        name: same(name)
        for name in (
            "celu", "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu", "linear", "log_softmax",
            "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "tanh",
        )
    },
    "CELU": [case("CELU(0.5)", nb.CELU(0.5), lambda x: ka.celu(x, 0.5))],
    "ELU": [case("ELU(0.5)", nb.ELU(0.5), lambda x: ka.elu(x, 0.5))],
    "GELU": [
        case("GELU()", nb.GELU(), ka.gelu),
        case("GELU(approximate=True)", nb.GELU(True), lambda x: ka.gelu(x, approximate=True)),
    ],
    "LeakyReLU": [
        case("LeakyReLU()", nb.LeakyReLU(), ka.leaky_relu),
        case("LeakyReLU(0.01)", nb.LeakyReLU(0.01), lambda x: ka.leaky_relu(x, 0.01)),
    ],
    "LogSoftmax": [case("LogSoftmax(axis=0)", nb.LogSoftmax(0), lambda x: ka.log_softmax(x, axis=0))],
    "ReLU": [
        case("ReLU(max_value=4)", nb.ReLU(max_value=4.0), lambda x: ka.relu(x, max_value=4.0)),
        case("ReLU(0.1, 4, 0.25)", nb.ReLU(0.1, 4.0, 0.25), lambda x: ka.relu(x, 0.1, 4.0, 0.25)),
        case("ReLU(threshold=1)", nb.ReLU(threshold=1.0), lambda x: ka.relu(x, threshold=1.0)),
    ],
    "Softmax": [case("Softmax(axis=0)", nb.Softmax(0), lambda x: ka.softmax(x, axis=0))],
    "step": "Keras has no activation of this kind: its gradient is 0.",
}  # fmt: skip
