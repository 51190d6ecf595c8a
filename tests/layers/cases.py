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
    AveragePooling1D,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Cropping1D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dot,
    Dropout,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GroupNormalization,
    Identity,
    InputLayer,
    Lambda,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    MaxPooling1D,
    MaxPooling2D,
    Minimum,
    Multiply,
    Normalization,
    Permute,
    PReLU,
    ReLU,
    RepeatVector,
    Rescaling,
    Reshape,
    SeparableConv2D,
    Softmax,
    SpatialDropout1D,
    SpatialDropout2D,
    Subtract,
    UnitNormalization,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from nbnet.layers.layer import Layer
from tests.naive import images
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
    "AveragePooling1D": [
        Case(wide(AveragePooling1D, 2), (5, 2), images.image_of(images.pooling(images.MEAN, (1, 2), (1, 2)))),
        Case(
            wide(AveragePooling1D, 3, 2, "same"),
            (6, 2),
            images.image_of(images.pooling(images.MEAN, (1, 3), (1, 2), "same")),
        ),
    ],
    "AveragePooling2D": [
        Case(wide(AveragePooling2D, 2), (4, 5, 2), images.pooling(images.MEAN, (2, 2), (2, 2))),
        Case(wide(AveragePooling2D, 3, (2, 1), "same"), (4, 3, 2), images.pooling(images.MEAN, (3, 3), (2, 1), "same")),
    ],
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
    "Conv1D": [
        Case(
            wide(Conv1D, 3, 2, 2, "same", activation="sigmoid", bias_initializer="normal"),
            (5, 2),
            images.image_of(images.convolution((1, 2), "same", function=naive.sigmoid, row=True)),
        ),
        Case(
            wide(Conv1D, 2, 2, padding="causal", dilation_rate=2, groups=2, use_bias=False),
            (5, 4),
            images.image_of(images.convolution((1, 1), "causal", (1, 2), 2, row=True)),
        ),
    ],
    "Conv2D": [
        Case(
            wide(Conv2D, 3, (2, 3), (2, 1), "same", activation="sigmoid", bias_initializer="normal"),
            (3, 4, 2),
            images.convolution((2, 1), "same", function=naive.sigmoid),
        ),
        Case(
            wide(Conv2D, 2, 2, dilation_rate=(2, 1), groups=2, use_bias=False),
            (4, 3, 4),
            images.convolution(dilation=(2, 1), groups=2),
        ),
        Case(wide(Conv2D, 4, 1), (2, 3, 3), images.convolution()),
    ],
    "Conv2DTranspose": [
        Case(
            wide(Conv2DTranspose, 2, 3, 2, "same", activation="sigmoid", bias_initializer="normal"),
            (2, 3, 2),
            images.transposed((2, 2), ((0, 1), (0, 1)), function=naive.sigmoid),
        ),
        Case(
            wide(Conv2DTranspose, 1, (2, 3), (3, 2), output_padding=(1, 0), use_bias=False),
            (2, 2, 3),
            images.transposed((3, 2), ((0, 0), (0, 0)), (1, 0)),
        ),
    ],
    "Cropping1D": [Case(lambda: Cropping1D((0, 2)), (4, 2), images.cropping((0, 2)))],
    "Cropping2D": [
        Case(lambda: Cropping2D(((1, 0), (0, 2))), (3, 4, 2), images.cropping((1, 0), (0, 2))),
        Case(lambda: Cropping2D(1), (3, 4, 2), images.cropping((1, 1), (1, 1))),
    ],
    "Dense": [
        Case(wide(Dense, 4, activation="sigmoid", bias_initializer="normal"), (3,), naive.dense(naive.sigmoid)),
        Case(wide(Dense, 2), (4, 3), naive.dense()),
        Case(wide(Dense, 2, use_bias=False), (3,), naive.dense(bias=False)),
    ],
    "DepthwiseConv2D": [
        Case(
            wide(DepthwiseConv2D, (2, 3), (1, 2), "same", 2, activation="sigmoid", bias_initializer="normal"),
            (3, 4, 3),
            images.depthwise((1, 2), "same", function=naive.sigmoid),
        ),
        Case(wide(DepthwiseConv2D, 2, dilation_rate=2, use_bias=False), (4, 3, 2), images.depthwise(dilation=(2, 2))),
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
    "GlobalAveragePooling1D": [Case(wide(GlobalAveragePooling1D), (4, 3), images.over_places(images.mean))],
    "GlobalAveragePooling2D": [
        Case(wide(GlobalAveragePooling2D), (3, 2, 3), images.over_places(images.mean)),
        Case(wide(GlobalAveragePooling2D, keepdims=True), (3, 2, 3), images.over_places(images.mean, True)),
    ],
    "GlobalMaxPooling1D": [Case(wide(GlobalMaxPooling1D), (4, 3), images.over_places(max))],
    "GlobalMaxPooling2D": [
        Case(wide(GlobalMaxPooling2D), (3, 2, 3), images.over_places(max)),
        Case(wide(GlobalMaxPooling2D, keepdims=True), (3, 2, 3), images.over_places(max, True)),
    ],
    "GroupNormalization": [
        Case(wide(GroupNormalization, 2), (2, 3, 4), images.group_normalization(2)),
        Case(wide(GroupNormalization, -1, scale=False), (3, 2), images.group_normalization(-1, scale=False)),
        Case(wide(GroupNormalization, 1, 1, 0.01), (2, 3), images.group_normalization(1, 1, 0.01)),
        Case(wide(GroupNormalization, 2, center=False), (4,), images.group_normalization(2, center=False)),
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
    "MaxPooling1D": [
        Case(wide(MaxPooling1D), (5, 2), images.image_of(images.pooling(images.MAXIMUM, (1, 2), (1, 2)))),
        Case(
            wide(MaxPooling1D, 3, 1, "same"),
            (4, 2),
            images.image_of(images.pooling(images.MAXIMUM, (1, 3), (1, 1), "same")),
        ),
    ],
    "MaxPooling2D": [
        Case(wide(MaxPooling2D), (4, 5, 2), images.pooling(images.MAXIMUM, (2, 2), (2, 2))),
        Case(wide(MaxPooling2D, 3, (2, 1), "same"), (4, 3, 2), images.pooling(images.MAXIMUM, (3, 3), (2, 1), "same")),
    ],
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
    "SeparableConv2D": [
        Case(
            wide(SeparableConv2D, 3, 2, 2, "same", depth_multiplier=2, activation="sigmoid", bias_initializer="normal"),
            (3, 4, 2),
            images.separable((2, 2), "same", function=naive.sigmoid),
        ),
        Case(wide(SeparableConv2D, 2, (1, 2), use_bias=False), (2, 3, 3), images.separable()),
    ],
    "Softmax": [
        Case(wide(Softmax), (3,), naive.softmax()),
        Case(wide(Softmax, [1, 2]), (2, 3), naive.softmax((1, 2))),
    ],
    "SpatialDropout1D": [Case(wide(SpatialDropout1D, 0.5), (3, 4), naive.dropout(0.5, (None, 1, None)))],
    "SpatialDropout2D": [
        Case(wide(SpatialDropout2D, 0.25, seed=7), (2, 3, 4), naive.dropout(0.25, (None, 1, 1, None), 7))
    ],
    "Subtract": [Case(wide(Subtract), [(4, 3), (3,)], naive.merge(lambda items: items[0] - items[1]))],
    "UnitNormalization": [
        Case(wide(UnitNormalization), (3,), naive.unit_normalization()),
        Case(wide(UnitNormalization, (1, -1)), (3, 2), naive.unit_normalization((1, 2))),
    ],
    "UpSampling1D": [Case(lambda: UpSampling1D(3), (2, 2), images.repeated(3))],
    "UpSampling2D": [
        Case(lambda: UpSampling2D((2, 3)), (2, 3, 2), images.repeated(2, 3)),
        Case(wide(UpSampling2D, (3, 2), interpolation="bilinear"), (2, 3, 2), images.bilinear(3, 2)),
    ],
    "ZeroPadding1D": [Case(lambda: ZeroPadding1D((0, 2)), (3, 2), images.zero_padding((0, 2)))],
    "ZeroPadding2D": [
        Case(lambda: ZeroPadding2D(), (2, 3, 2), images.zero_padding((1, 1), (1, 1))),
        Case(lambda: ZeroPadding2D((2, 0)), (2, 3, 2), images.zero_padding((2, 2), (0, 0))),
        Case(lambda: ZeroPadding2D(((1, 0), (0, 2))), (2, 3, 2), images.zero_padding((1, 0), (0, 2))),
    ],
}

EACH = [(name, case) for name, cases in CASES.items() for case in cases]
IDS = [f"{name}-{index}" for name, cases in CASES.items() for index in range(len(cases))]
