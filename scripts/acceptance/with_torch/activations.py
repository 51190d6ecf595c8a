"""Activations beside those of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from acceptance import own, samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry, Known
from acceptance.with_torch import peer
from nbnet import activations as nb

SIXTH = Known("PyTorch's slope is the float32 number next to 1/6, also in float64.", within=1e-7)


def case(
    label: str, ours: Callable[[Any], Any], theirs: Callable[[torch.Tensor], torch.Tensor], known: Known | None = None
) -> Case:
    """Values at random numbers and at corners, and gradients at random numbers."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        x = samples.normal((6, 16), dtype, scale=3.0)
        y, slopes = own.value_and_gradients(ours, [x], [0])
        expected, expected_slopes = peer.value_and_gradients(theirs, [x], [0])
        corners = np.array(samples.KINKS, dtype).reshape(2, 8)
        at_corners = error(own.values(ours, corners), peer.numpy(theirs(peer.tensor(corners))))
        forward = max(error(y, expected), at_corners)
        return {"forward": forward, "gradient": errors(slopes, expected_slopes)}

    return Case(label, compare, known)


def capped(x: torch.Tensor) -> torch.Tensor:
    """relu with a largest value of 4."""
    return F.hardtanh(x, 0.0, 4.0)


def beyond(x: torch.Tensor) -> torch.Tensor:
    """relu with a threshold of 1."""
    return F.threshold(x, 1.0, 0.0)


def step(x: torch.Tensor) -> torch.Tensor:
    """Heaviside's step with 1 at 0, which PyTorch does not differentiate."""
    return torch.heaviside(x.detach(), torch.ones((), dtype=x.dtype)) + 0 * x


TABLE: Mapping[str, Entry] = {
    "celu": [case("celu", nb.celu, F.celu)],
    "CELU": [case("CELU(0.5)", nb.CELU(0.5), torch.nn.CELU(0.5))],
    "elu": [case("elu", nb.elu, F.elu)],
    "ELU": [case("ELU(0.5)", nb.ELU(0.5), torch.nn.ELU(0.5))],
    "exponential": [case("exponential", nb.exponential, torch.exp)],
    "gelu": [case("gelu", nb.gelu, F.gelu)],
    "GELU": [case("GELU(approximate=True)", nb.GELU(True), torch.nn.GELU("tanh"))],
    "hard_sigmoid": [case("hard_sigmoid", nb.hard_sigmoid, F.hardsigmoid, SIXTH)],
    "hard_silu": [case("hard_silu", nb.hard_silu, F.hardswish)],
    "leaky_relu": [case("leaky_relu with PyTorch's slope", lambda x: nb.leaky_relu(x, 0.01), F.leaky_relu)],
    "LeakyReLU": [case("LeakyReLU()", nb.LeakyReLU(), torch.nn.LeakyReLU(0.2))],
    "linear": [case("linear", nb.linear, torch.nn.Identity())],
    "log_softmax": [case("log_softmax", nb.log_softmax, lambda x: F.log_softmax(x, -1))],
    "LogSoftmax": [case("LogSoftmax(axis=0)", nb.LogSoftmax(0), torch.nn.LogSoftmax(0))],
    "mish": [case("mish", nb.mish, F.mish)],
    "relu": [case("relu", nb.relu, F.relu)],
    "ReLU": [
        case("ReLU(max_value=4)", nb.ReLU(max_value=4.0), capped),
        case("ReLU(threshold=1)", nb.ReLU(threshold=1.0), beyond),
    ],
    "relu6": [case("relu6", nb.relu6, F.relu6)],
    "selu": [case("selu", nb.selu, F.selu)],
    "sigmoid": [case("sigmoid", nb.sigmoid, torch.sigmoid)],
    "silu": [case("silu", nb.silu, F.silu)],
    "softmax": [case("softmax", nb.softmax, lambda x: F.softmax(x, -1))],
    "Softmax": [case("Softmax(axis=0)", nb.Softmax(0), torch.nn.Softmax(0))],
    "softplus": [case("softplus", nb.softplus, lambda x: F.softplus(x, threshold=1e9))],
    "softsign": [case("softsign", nb.softsign, F.softsign)],
    "step": [case("step", nb.step, step)],
    "tanh": [case("tanh", nb.tanh, torch.tanh)],
}
