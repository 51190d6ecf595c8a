"""Layers beside the modules and functions of PyTorch: outputs, gradients, ten training steps, running averages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

import nbnet
from acceptance import own, samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry
from acceptance.distributions import apart
from acceptance.with_torch import peer
from acceptance.with_torch.pair import BATCH, Converted, Names, Pair
from nbnet import layers as nb

STEPS = 10
RATE = 0.01


def case(
    label: str,
    ours: Callable[..., Any],
    theirs: Callable[[], Any],
    shape: Any,
    names: Names | None = None,
    numbers: int = 0,
    converted: Converted | None = None,
) -> Case:
    """Inference and training, gradients by inputs and weights, ten steps, and a file; arguments as of Pair."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        pair = Pair(ours, theirs, shape, names or {}, numbers, converted, dtype)
        by = [] if numbers else list(range(len(pair.shapes)))
        arrays = pair.inputs(1)
        forward, gradient = [], []
        for training in (False, True):
            pair.start()
            y, _, slopes = own.layer_call(pair.ours, pair.given, training, by)(*arrays)
            expected, wanted = pair.differentiated(arrays, training, by)
            forward += [error(y, expected), errors(pair.ours.get_weights(), pair.their_weights(int(training)))]
            gradient.append(errors(slopes, wanted))
        found = {"forward": max(forward), "gradient": max(gradient)}
        if pair.before:
            pair.start()
            found["steps"] = steps(pair)
        pair.start()
        still = pair.differentiated(arrays, False, [])[0]
        return {**found, "restored": error(own.predicted(pair.ours, pair.given, arrays), still)}

    return Case(label, compare)


def steps(pair: Pair) -> float:
    """Losses and all weights in ten training steps."""
    step = own.layer_stepper(pair.ours, pair.given, nbnet.optimizers.SGD(RATE, momentum=0.5))
    optimizer = torch.optim.SGD(pair.parameters, RATE, momentum=0.5)
    found, expected = [], []
    for number in range(STEPS):
        arrays = pair.inputs(10 + number)
        found += [step(*arrays), *pair.ours.get_weights()]
        loss = peer.weighted_sum(pair.their_output([peer.tensor(item) for item in arrays], True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected += [peer.numpy(loss), *pair.their_weights(number + 1)]
    return errors(found, expected)


def random(label: str, ours: Callable[..., Any], theirs: Callable[[], torch.nn.Module]) -> Case:
    """One that draws: exact in inference, in training of the same distribution to three digits."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        layer, module, worst = ours(dtype=dtype), theirs(), [0.0]
        for x in (np.full((300, 400), 2, dtype), samples.normal((300, 400), dtype, 1, scale=2.0)):
            for training, measure in ((False, error), (True, apart)):
                module.train(training)
                y = own.values(lambda item, training=training: layer(item, training=training), x)
                worst.append(measure(y.round(3), peer.numpy(module(peer.tensor(x))).round(3)))
        return {"forward": max(worst)}

    return Case(label, compare)


def wide(name: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """A layer of nbnet."""
    return lambda dtype: getattr(nb, name)(*args, dtype=dtype, **kwargs)


def normalization(momentum: float, shape: tuple[int, ...], axis: int) -> Case:
    """Batch normalization with PyTorch's epsilon.

    Its running variance is made of unbiased variances of batches. It is (what is left of the start) + (a sum of them),
    and n / (n - 1) times as large in the second part as with biased ones.
    """
    size = shape[axis if axis < 0 else axis - 1]
    count = BATCH * math.prod(shape) // size
    module = torch.nn.BatchNorm1d if len(shape) < 3 else torch.nn.BatchNorm2d

    def biased(variance: np.ndarray, start: np.ndarray, steps: int) -> np.ndarray:
        left = momentum**steps * start
        found: np.ndarray = left + (variance - left) * (count - 1) / count
        return found

    return case(
        f"BatchNormalization({axis}, {momentum}) of {shape}, the unbiased variance of PyTorch converted",
        wide("BatchNormalization", axis, momentum, 1e-5),
        lambda: module(size, momentum=1 - momentum),
        shape,
        {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"},
        converted=biased,
    )


def plain(name: str, f: Callable[..., torch.Tensor], shape: Any, *args: Any, **kwargs: Any) -> Case:
    """A layer without weights beside a function."""
    told = ", ".join([*map(str, args), *(f"{key}={value}" for key, value in kwargs.items())])
    return case(f"{name}({told}) of {shape}", wide(name, *args, **kwargs), lambda: f, shape)


def rows(f: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """A product of matrices of which the first is turned."""
    return lambda a, b: f(a.transpose(1, 2), b)


TWO = [(4,), (4,)]
modules = torch.nn

TABLE: Mapping[str, Entry] = {
    "Dense": [
        case("Dense(4)", wide("Dense", 4), lambda: modules.Linear(5, 4), (5,), {"kernel": "weight", "bias": "bias"}),
        case(
            "Dense(4, use_bias=False)",
            wide("Dense", 4, use_bias=False),
            lambda: modules.Linear(5, 4, bias=False),
            (3, 5),
            {"kernel": "weight"},
        ),
    ],
    "BatchNormalization": [
        normalization(0.9, (5,), -1),
        normalization(0.6, (3, 4), 1),
        normalization(0.9, (2, 4, 3), 1),
    ],
    "LayerNormalization": [
        case(
            "LayerNormalization(epsilon=1e-5)",
            wide("LayerNormalization", epsilon=1e-5),
            lambda: modules.LayerNorm(5),
            (5,),
            {"gamma": "weight", "beta": "bias"},
        ),
        case(
            "LayerNormalization([1, 2], center=False)",
            wide("LayerNormalization", [1, 2], center=False),
            lambda: modules.LayerNorm((4, 3), 1e-3, bias=False),
            (4, 3),
            {"gamma": "weight"},
        ),
    ],
    "Embedding": [
        case(
            "Embedding(7, 3)",
            wide("Embedding", 7, 3),
            lambda: modules.Embedding(7, 3),
            (4,),
            {"embeddings": "weight"},
            numbers=7,
        )
    ],
    "PReLU": [case("PReLU()", wide("PReLU"), lambda: modules.PReLU(5), (5,), {"alpha": "weight"})],
    "ReLU": [plain("ReLU", F.relu, (5,)), plain("ReLU", F.relu6, (5,), max_value=6.0)],
    "LeakyReLU": [plain("LeakyReLU", lambda x: F.leaky_relu(x, 0.3), (5,))],
    "ELU": [plain("ELU", F.elu, (5,)), plain("ELU", lambda x: F.elu(x, 0.5), (5,), 0.5)],
    "Softmax": [
        plain("Softmax", lambda x: F.softmax(x, -1), (5,)),
        plain("Softmax", lambda x: F.softmax(x, 1), (4, 3), axis=1),
    ],
    "Activation": [plain("Activation", torch.tanh, (5,), "tanh"), plain("Activation", F.gelu, (5,), "gelu")],
    "Dropout": [
        random("Dropout(0.3)", wide("Dropout", 0.3), lambda: modules.Dropout(0.3)),
        random("Dropout(0.5)", wide("Dropout", 0.5), lambda: modules.Dropout(0.5)),
    ],
    "AlphaDropout": [random("AlphaDropout(0.3)", wide("AlphaDropout", 0.3), lambda: modules.AlphaDropout(0.3))],
    "Flatten": [plain("Flatten", modules.Flatten(), (4, 3, 2))],
    "Identity": [plain("Identity", modules.Identity(), (4, 3))],
    "Lambda": "PyTorch has none: a function is called.",
    "UnitNormalization": [
        plain("UnitNormalization", lambda x: F.normalize(x, dim=-1), (5,)),
        plain("UnitNormalization", lambda x: F.normalize(x, dim=(1, 2)), (4, 3), axis=(1, 2)),
    ],
    "Add": [plain("Add", torch.add, TWO), plain("Add", torch.add, [(3, 4), (1, 4)])],
    "Subtract": [plain("Subtract", torch.sub, TWO)],
    "Multiply": [plain("Multiply", torch.mul, TWO)],
    "Maximum": [plain("Maximum", torch.maximum, TWO)],
    "Minimum": [plain("Minimum", torch.minimum, TWO)],
    "Average": [plain("Average", lambda *items: torch.stack(items).mean(0), [(4,), (4,), (4,)])],
    "Concatenate": [
        plain("Concatenate", lambda *items: torch.cat(items, -1), [(3,), (1,), (2,)]),
        plain("Concatenate", lambda *items: torch.cat(items, 1), [(3, 2), (1, 2)], axis=1),
    ],
    "Dot": [
        plain("Dot", lambda a, b: F.cosine_similarity(a, b, eps=1e-7)[:, None], TWO, -1, normalize=True),
        plain("Dot", torch.bmm, [(4, 3), (3, 2)], (2, 1)),
        plain("Dot", rows(torch.bmm), [(4, 3), (4, 2)], (1, 1)),
    ],
    "Permute": [plain("Permute", lambda x: x.permute(0, 3, 1, 2), (2, 3, 4), (3, 1, 2))],
    "Reshape": [plain("Reshape", modules.Unflatten(1, (2, 3)), (6,), (2, 3))],
    "RepeatVector": [plain("RepeatVector", lambda x: x[:, None].repeat(1, 3, 1), (5,), 3)],
    "ActivityRegularization": "PyTorch has none: a penalty is written by hand.",
    "GaussianDropout": "PyTorch has none.",
    "GaussianNoise": "PyTorch has none.",
    "InputLayer": "PyTorch has none: modules are told their sizes.",
    "Normalization": "PyTorch has none: torchvision's is told its numbers.",
    "Rescaling": "PyTorch has none.",
}
