"""A layer or several of each registered name, with the shape of a sample that it takes and its definition."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbnet.layers import (
    ELU,
    Activation,
    ActivityRegularization,
    Add,
    AlphaDropout,
    Average,
    BatchNormalization,
    Concatenate,
    Dense,
    Dot,
    Dropout,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    Identity,
    InputLayer,
    Lambda,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    Minimum,
    Multiply,
    Normalization,
    Permute,
    PReLU,
    ReLU,
    RepeatVector,
    Rescaling,
    Reshape,
    Softmax,
    Subtract,
    UnitNormalization,
)
from nbnet.layers.layer import Layer
from tests.naive import layers as naive

Definition = Callable[[list[np.ndarray], list[np.ndarray], bool], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A way to use a layer.

    Attributes
    ----------
    make : callable
        Without arguments, giving a layer that computes in float64.
    shape : tuple of int, or list of these for a layer that is called with a list
        Of a sample.
    definition : callable
        Of tests/naive/layers.py.
    rows : int
        Where the input are numbers of rows: how many there are; else 0.
    """

    make: Callable[[], Layer]
    shape: Any
    definition: Definition
    rows: int = 0

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return self.shape if isinstance(self.shape, list) else [self.shape]

    def inputs(self, rng: np.random.Generator, batch: int = 5) -> list[np.ndarray]:
        """Random input, an array for each tensor that the layer takes."""
        if self.rows:
            return [rng.integers(0, self.rows, (batch, *shape)) for shape in self.shapes]
        return [rng.normal(size=(batch, *shape)) for shape in self.shapes]

    def given(self, inputs: list[Any]) -> Any:
        """What the layer is called with."""
        return list(inputs) if isinstance(self.shape, list) else inputs[0]


def wide(layer: type, *args: Any, **kwargs: Any) -> Callable[[], Layer]:
    """A layer that computes in float64."""
    return lambda: layer(*args, dtype="float64", **kwargs)


def cube(x):
    return x * x * x


def shifted(x, by, training):
    return x * (2 if training else 1) + by


SHIFTED = lambda inputs, weights, training: inputs[0] * (2 if training else 1) + 0.5  # noqa: E731

CASES: dict[str, list[Case]] = {
    "Activation": [Case(wide(Activation, "tanh"), (3,), naive.each(math.tanh))],
    "ActivityRegularization": [Case(wide(ActivityRegularization, 0.1, l2=0.2), (3,), naive.same)],
    "Add": [
        Case(wide(Add), [(3,), (3,), (3,)], naive.merge(sum)),
        Case(wide(Add), [(3,), (4, 3)], naive.merge(sum)),
        Case(wide(Add), [(4, 1), (4, 3), (1, 3)], naive.merge(sum)),
    ],
    "AlphaDropout": [
        Case(wide(AlphaDropout, 0.25), (3,), naive.alpha_dropout(0.25)),
        Case(wide(AlphaDropout, 0.5, (None, 1, 3), 7), (2, 3), naive.alpha_dropout(0.5, (None, 1, 3), 7)),
    ],
    "Average": [Case(wide(Average), [(3,), (3,), (4, 3)], naive.merge(lambda items: sum(items) / 3))],
    "BatchNormalization": [
        Case(wide(BatchNormalization), (3,), naive.batch_normalization()),
        Case(wide(BatchNormalization, 1, epsilon=0.01), (3, 2), naive.batch_normalization(1, 0.01)),
        Case(wide(BatchNormalization, -2, scale=False), (2, 3, 2), naive.batch_normalization(-2, scale=False)),
        Case(wide(BatchNormalization, -1, center=False), (2, 3), naive.batch_normalization(-1, center=False)),
    ],
    "Concatenate": [
        Case(wide(Concatenate), [(3,), (1,), (2,)], naive.concatenate(-1)),
        Case(wide(Concatenate, 1), [(3, 2), (1, 2)], naive.concatenate(1)),
        Case(wide(Concatenate, -2), [(3, 2), (1, 2)], naive.concatenate(-2)),
    ],
    "Dense": [
        Case(wide(Dense, 4, activation="sigmoid", bias_initializer="normal"), (3,), naive.dense(naive.sigmoid)),
        Case(wide(Dense, 2), (4, 3), naive.dense()),
        Case(wide(Dense, 2, use_bias=False), (3,), naive.dense(bias=False)),
    ],
    "Dot": [
        Case(wide(Dot, 1), [(3,), (3,)], naive.dot(1, 1)),
        Case(wide(Dot, -1, normalize=True), [(3,), (3,)], naive.dot(1, 1, True)),
        Case(wide(Dot, (2, 1)), [(4, 3), (3, 2)], naive.dot(2, 1)),
        Case(wide(Dot, (1, -1), normalize=True), [(3, 2), (2, 2, 3)], naive.dot(1, 3, True)),
        Case(wide(Dot, (1, 2)), [(3,), (2, 3)], naive.dot(1, 2)),
    ],
    "Dropout": [
        Case(wide(Dropout, 0.5), (3,), naive.dropout(0.5)),
        Case(wide(Dropout, 0.25, (None, 1, None), 7), (4, 3), naive.dropout(0.25, (None, 1, None), 7)),
    ],
    "ELU": [Case(wide(ELU, 0.5), (3,), naive.each(lambda z: z if z > 0 else 0.5 * math.expm1(z)))],
    "Embedding": [
        Case(wide(Embedding, 4, 3), (2,), naive.embedding, 4),
        Case(wide(Embedding, 4, 3), (), naive.embedding, 4),
    ],
    "Flatten": [Case(Flatten, (2, 3), naive.reshape(6))],
    "GaussianDropout": [
        Case(wide(GaussianDropout, 0.2), (3,), naive.gaussian_dropout(0.2)),
        Case(wide(GaussianDropout, 0.5, seed=-3), (3,), naive.gaussian_dropout(0.5, -3)),
    ],
    "GaussianNoise": [
        Case(wide(GaussianNoise, 0.5), (3,), naive.gaussian_noise(0.5)),
        Case(wide(GaussianNoise, 2, seed=9), (2, 3), naive.gaussian_noise(2, 9)),
    ],
    "Identity": [Case(Identity, (2, 3), naive.same)],
    "InputLayer": [Case(lambda: InputLayer((3,)), (3,), naive.same)],
    "Lambda": [
        Case(wide(Lambda, cube), (3,), naive.each(lambda z: z**3)),
        Case(wide(Lambda, shifted, output_shape=(3,), arguments={"by": 0.5}), (3,), SHIFTED),
    ],
    "LayerNormalization": [
        Case(wide(LayerNormalization), (3,), naive.layer_normalization()),
        Case(wide(LayerNormalization, [-1, 1], 0.01), (3, 2), naive.layer_normalization((1, 2), 0.01)),
        Case(wide(LayerNormalization, 1, scale=False), (3, 2), naive.layer_normalization((1,), scale=False)),
        Case(wide(LayerNormalization, center=False), (4, 3), naive.layer_normalization(center=False)),
    ],
    "LeakyReLU": [Case(wide(LeakyReLU), (3,), naive.each(lambda z: z if z > 0 else 0.3 * z))],
    "Maximum": [Case(wide(Maximum), [(3,), (3,), (4, 3)], naive.merge(max))],
    "Minimum": [Case(wide(Minimum), [(3,), (3,), (4, 3)], naive.merge(min))],
    "Multiply": [Case(wide(Multiply), [(3,), (3,), (4, 3)], naive.merge(math.prod))],
    "Normalization": [
        Case(wide(Normalization), (3,), naive.normalization()),
        Case(wide(Normalization, axis=1, invert=True), (3, 2), naive.normalization(axis=1, invert=True)),
        Case(wide(Normalization, axis=None), (3, 2), naive.normalization(axis=None)),
        Case(
            wide(Normalization, mean=[1, 2, 3], variance=[4, 0.5, 1]),
            (2, 3),
            naive.normalization([1, 2, 3], [4, 0.5, 1]),
        ),
        Case(wide(Normalization, -1, 0.5, 4.0, True), (3,), naive.normalization(0.5, 4.0, invert=True)),
    ],
    "PReLU": [
        Case(wide(PReLU, "normal"), (3,), naive.prelu),
        Case(wide(PReLU, "normal", shared_axes=[1]), (2, 3), naive.prelu),
    ],
    "Permute": [
        Case(lambda: Permute((2, 1)), (2, 3), naive.permute(2, 1)),
        Case(lambda: Permute((3, 1, 2)), (2, 3, 4), naive.permute(3, 1, 2)),
    ],
    "ReLU": [
        Case(wide(ReLU), (3,), naive.each(lambda z: max(z, 0))),
        Case(
            wide(ReLU, 1.0, 0.1, 0.25),
            (3,),
            naive.each(lambda z: min(z, 1.0) if z >= 0.25 else 0.1 * (z - 0.25)),
        ),
    ],
    "RepeatVector": [Case(lambda: RepeatVector(2), (3,), naive.repeat_vector(2))],
    "Rescaling": [Case(wide(Rescaling, [1.0, 2.0, 3.0], -1.0), (3,), naive.rescaling([1, 2, 3], -1))],
    "Reshape": [
        Case(lambda: Reshape((3, 2)), (2, 3), naive.reshape(3, 2)),
        Case(lambda: Reshape((-1, 2, 1)), (2, 3), naive.reshape(3, 2, 1)),
    ],
    "Softmax": [
        Case(wide(Softmax), (3,), naive.softmax()),
        Case(wide(Softmax, [1, 2]), (2, 3), naive.softmax((1, 2))),
    ],
    "Subtract": [Case(wide(Subtract), [(4, 3), (3,)], naive.merge(lambda items: items[0] - items[1]))],
    "UnitNormalization": [
        Case(wide(UnitNormalization), (3,), naive.unit_normalization()),
        Case(wide(UnitNormalization, (1, -1)), (3, 2), naive.unit_normalization((1, 2))),
    ],
}

EACH = [(name, case) for name, cases in CASES.items() for case in cases]
IDS = [f"{name}-{index}" for name, cases in CASES.items() for index in range(len(cases))]
