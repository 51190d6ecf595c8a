"""Convolutional networks through all passes: the references, any number of threads, and what fuses."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import ops
from nbnet.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConv2D,
)

CASES = {
    "valid": ((2, 8, 9, 3), (3, 3, 3, 5), {}),
    "same, strided": ((3, 10, 10, 8), (3, 2, 8, 33), {"strides": 2, "padding": "same"}),
    "groups, dilated": ((2, 9, 9, 6), (3, 3, 2, 9), {"groups": 3, "dilation": 2}),
    "single pixels": ((2, 7, 7, 4), (1, 1, 4, 6), {}),
    "one of several pixels": ((2, 7, 7, 4), (1, 1, 4, 6), {"strides": 2}),
    "much padding": ((1, 12, 12, 3), (5, 5, 3, 4), {"strides": (3, 2), "padding": ((1, 2), (4, 6))}),
    "each channel": ((2, 6, 7, 5), (3, 3, 1, 10), {"groups": 5, "padding": "same"}),
}


def step(x, w, b, **options):
    """A convolution with what follows it in a network, and all gradients."""
    y = ops.maximum(ops.conv2d(x, w, **options) + b, 0.0)
    return (y, *nbnet.gradients(ops.sum(ops.square(y)), [x, w, b]))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_convolutions_against_the_references(name, dtype, rng):
    shape, kernel, options = CASES[name]
    arrays = [rng.normal(size=size).astype(dtype) for size in (shape, kernel, kernel[-1:])]
    found = nbnet.function(lambda *given: step(*given, **options))(*arrays)
    expected = nbnet.function(lambda *given: step(*given, **options), eager=True)(*arrays)
    for one, other in zip(found, expected, strict=True):
        precision = 2e-6 if dtype == "float32" else 1e-14
        np.testing.assert_allclose(one, other, rtol=0, atol=precision * np.abs(other).max())


@pytest.mark.parametrize("pool", [ops.max_pool2d, ops.avg_pool2d])
@pytest.mark.parametrize("options", [{}, {"strides": 1}, {"padding": "same", "strides": 2}])
def test_pooling_against_the_references(pool, options, rng):
    x = rng.integers(0, 5, (2, 7, 9, 5)).astype("float32")

    def gradient(x):
        y = pool(x, (3, 2), **options)
        return y, nbnet.gradients(ops.sum(ops.square(y)), [x])[0]

    for one, other in zip(nbnet.function(gradient)(x), nbnet.function(gradient, eager=True)(x), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def network():
    model = nbnet.Sequential([
        Conv2D(8, 3, activation="relu", padding="same", input_shape=(10, 10, 3)), BatchNormalization(), MaxPooling2D(),
        SeparableConv2D(16, 3, activation="relu"), DepthwiseConv2D(2), Conv2DTranspose(6, 3, strides=2),
        GlobalAveragePooling2D(), Dense(4, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


def trained(rng, threads):
    nbnet.set_seed(3)
    random = np.random.default_rng(0)
    x, y = random.normal(size=(40, 10, 10, 3)).astype("float32"), random.integers(0, 4, 40)
    nbnet.set_num_threads(threads)
    try:
        model = network()
        model.fit(x, y, epochs=2, batch_size=16, verbose=0)
        return [*model.get_weights(), model.predict(x)]
    finally:
        nbnet.set_num_threads(2)
        nbnet.set_seed(0)


def test_the_same_bits_for_any_number_of_threads(rng):
    one = trained(rng, 1)
    for threads in (2, 3):
        for first, second in zip(one, trained(rng, threads), strict=True):
            np.testing.assert_array_equal(first, second)


def test_bias_and_activation_are_the_convolution_s_epilogue(rng):
    model = nbnet.Sequential([Conv2D(8, 3, activation="relu", input_shape=(10, 10, 3)), Flatten(), Dense(2)])
    model.compile("sgd", "mse")
    x = rng.normal(size=(4, 10, 10, 3)).astype("float32")
    plan = model._function("predict").explain(x, model._trainable_key())
    assert [entry.spec.family for entry in plan.entries] == ["conv", "matmul"]
    families = [entry.spec.family for entry in model._function("train").explain(
        x, x[:, :2, 0, 0], None, model._trainable_key()
    ).entries]  # fmt: skip
    assert families.count("conv") == 1, "the first layer's input has no gradient"
    assert families.count("conv_kernel") == 1
