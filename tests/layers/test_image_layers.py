"""Layers over signals and images: sizes as Keras has them, dtypes, networks of them, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import layers, load, models
from nbnet.errors import ArgumentError, ShapeError
from nbnet.layers import (
    AveragePooling1D,
    AveragePooling2D,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Cropping1D,
    Cropping2D,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GroupNormalization,
    MaxPooling1D,
    MaxPooling2D,
    SeparableConv2D,
    SpatialDropout1D,
    SpatialDropout2D,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from nbnet.runtime.function import Function

# What Keras 3 says for these.
SIZES = [
    (lambda: Conv1D(4, 3), (10, 2), (8, 4)),
    (lambda: Conv1D(4, 3, 2, "same"), (9, 2), (5, 4)),
    (lambda: Conv1D(4, 3, 2, "causal"), (9, 2), (5, 4)),
    (lambda: Conv2D(4, 3), (9, 8, 3), (7, 6, 4)),
    (lambda: Conv2D(4, (3, 2), strides=2, padding="same"), (9, 8, 3), (5, 4, 4)),
    (lambda: Conv2D(4, 3, dilation_rate=(2, 3)), (9, 8, 3), (5, 2, 4)),
    (lambda: DepthwiseConv2D(3, depth_multiplier=2), (9, 8, 3), (7, 6, 6)),
    (lambda: SeparableConv2D(4, 3, padding="SAME"), (9, 8, 3), (9, 8, 4)),
    (lambda: Conv2DTranspose(4, 3), (9, 8, 3), (11, 10, 4)),
    (lambda: Conv2DTranspose(4, 3, 2, "same"), (9, 8, 3), (18, 16, 4)),
    (lambda: Conv2DTranspose(4, 2, 3), (9, 8, 3), (27, 24, 4)),
    (lambda: Conv2DTranspose(4, 3, 2, "same", output_padding=0), (9, 8, 3), (17, 15, 4)),
    (lambda: Conv2DTranspose(4, 3, 2, output_padding=1), (9, 8, 3), (20, 18, 4)),
    (lambda: MaxPooling1D(3), (10, 2), (3, 2)),
    (lambda: AveragePooling1D(3, 2, "same"), (9, 2), (5, 2)),
    (lambda: MaxPooling2D(), (9, 8, 3), (4, 4, 3)),
    (lambda: AveragePooling2D((3, 2), 1, "same"), (9, 8, 3), (9, 8, 3)),
    (lambda: GlobalMaxPooling1D(keepdims=True), (9, 2), (1, 2)),
    (lambda: GlobalAveragePooling1D(), (9, 2), (2,)),
    (lambda: GlobalMaxPooling2D(), (9, 8, 3), (3,)),
    (lambda: GlobalAveragePooling2D(keepdims=True), (9, 8, 3), (1, 1, 3)),
    (lambda: ZeroPadding1D(), (9, 2), (11, 2)),
    (lambda: ZeroPadding2D((1, 2)), (9, 8, 3), (11, 12, 3)),
    (lambda: Cropping1D(), (9, 2), (7, 2)),
    (lambda: Cropping2D(), (9, 8, 3), (9, 8, 3)),
    (lambda: Cropping2D((1, 2)), (9, 8, 3), (7, 4, 3)),
    (lambda: UpSampling1D(), (9, 2), (18, 2)),
    (lambda: UpSampling2D(), (9, 8, 3), (18, 16, 3)),
]


@pytest.mark.parametrize(("make", "sample", "wanted"), SIZES)
def test_sizes(make, sample, wanted):
    assert make().compute_output_shape((None, *sample)) == (None, *wanted)
    assert make()(np.ones((2, *sample), "float32")).shape == (2, *wanted)


def issue_network():
    return models.Sequential([
        layers.Conv2D(32, (3, 3), activation="relu", input_shape=(32, 32, 3)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(128, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def test_a_network_of_images_is_built():
    model = issue_network()
    assert model.count_params() == 896 + 18496 + 73856 + 294976 + 650
    assert [layer.name for layer in model.layers][:4] == ["conv2d", "conv2d_1", "max_pooling2d", "conv2d_2"]
    assert [layer.output_shape for layer in model.layers][4] == (None, 6, 6, 128)
    y = model.predict(np.zeros((2, 32, 32, 3), "float32"))
    np.testing.assert_allclose(y, np.full((2, 10), 0.1), rtol=1e-6)


@pytest.mark.parametrize("eagerly", [True, False])
def test_a_network_learns_and_is_saved(eagerly, seed, rng, tmp_path):
    """Bright squares stand left or right."""
    x = rng.normal(size=(64, 8, 8, 1)).astype("float32") * 0.1
    y = rng.integers(0, 2, 64)
    for image, label in zip(x, y, strict=True):
        image[2:5, 1 + 3 * label : 4 + 3 * label] += 1
    model = models.Sequential([
        Conv2D(4, 3, padding="same", activation="relu", input_shape=(8, 8, 1)),
        MaxPooling2D(),
        SeparableConv2D(4, 2, activation="relu"),
        UpSampling2D(),
        GroupNormalization(2),
        AveragePooling2D(2),
        Flatten(),
        layers.Dense(2, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=eagerly)
    model.optimizer.learning_rate = 0.03
    history = model.fit(x, y, batch_size=16, epochs=6, verbose=0)
    assert history.history["accuracy"][-1] > 0.95
    model.save(tmp_path / "model.nbnet")
    again = load(tmp_path / "model.nbnet")
    np.testing.assert_array_equal(again.predict(x[:5]), model.predict(x[:5]))


@pytest.mark.parametrize("make", [ZeroPadding2D, Cropping2D, UpSampling2D])
def test_what_computes_nothing_keeps_the_dtype(make):
    assert make()(np.ones((1, 3, 3, 2), "uint8")).dtype == np.uint8


@pytest.mark.parametrize("make", [MaxPooling2D, lambda: UpSampling2D(interpolation="bilinear"), lambda: Conv2D(1, 2)])
def test_what_computes_casts(make):
    assert make()(np.ones((1, 3, 3, 2), "uint8")).dtype == np.float32


@pytest.mark.parametrize(
    ("layer", "shape"), [(SpatialDropout1D(0.5), (8, 5, 6)), (SpatialDropout2D(0.5), (8, 3, 2, 6))]
)
def test_whole_channels_are_dropped(layer, shape):
    y = Function(lambda x: layer(x, training=True), seed=lambda: 3, step=lambda: 0, eager=True)(np.ones(shape))
    each = y.reshape(8, -1, 6)
    assert set(np.unique(y)) == {0, 2}
    assert (each == each[:, :1]).all()


def test_a_separable_kernel_is_two():
    layer = SeparableConv2D(5, 3, depth_multiplier=2)
    layer.build((None, 8, 8, 3))
    assert [w.name.rpartition("/")[2] for w in layer.weights] == ["depthwise_kernel", "pointwise_kernel", "bias"]
    assert [w.shape for w in layer.weights] == [(3, 3, 3, 2), (1, 1, 6, 5), (5,)]


def test_kernels_have_the_shapes_of_keras():
    for layer, wanted in [
        (Conv2D(6, (3, 2), groups=2), (3, 2, 2, 6)),
        (DepthwiseConv2D((3, 2), depth_multiplier=5), (3, 2, 4, 5)),
        (Conv2DTranspose(6, (3, 2)), (3, 2, 6, 4)),
    ]:
        layer.build((None, 8, 8, 4))
        assert layer.kernel.shape == wanted
    assert Conv2DTranspose(1, 1).name == "conv2d_transpose"


def test_regularizers_and_constraints_reach_the_weights():
    layer = SeparableConv2D(
        2,
        2,
        depthwise_regularizer="l2",
        pointwise_constraint="non_neg",
        bias_regularizer="l1",
        bias_constraint="non_neg",
    )
    layer.build((None, 4, 4, 2))
    assert [w.regularizer is not None for w in layer.weights] == [True, False, True]
    assert [w.constraint is not None for w in layer.weights] == [False, True, True]


IMAGES = (None, 8, 8, 3)


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (
            lambda: Conv2D(4, 3, name="c"),
            (None, 8, 8),
            r"Conv2D 'c' expects input .batch, height, width, channels.; rec",
        ),
        (
            lambda: Conv2D(4, 9, name="c"),
            IMAGES,
            r"Conv2D 'c' cannot place a window of \(9, 9\) on an input of \(8, 8\)",
        ),
        (lambda: Conv2D(4, 5, dilation_rate=2), IMAGES, r"dilation \(2, 2\), which spans \(9, 9\)"),
        (lambda: Conv2D(4, 3, groups=2), IMAGES, "expects channels that its groups divide; received 3 for groups=2"),
        (lambda: Conv1D(4, 3), IMAGES, r"Conv1D 'conv1d' expects input .batch, steps, channels.; received"),
        (lambda: Conv1D(4, 9), (None, 8, 2), r"'conv1d' cannot place a window of \(1, 9\) on an input of \(1, 8\)"),
        (lambda: DepthwiseConv2D(9), IMAGES, "DepthwiseConv2D 'depthwise_conv2d' cannot place a window"),
        (lambda: SeparableConv2D(4, 9), IMAGES, "SeparableConv2D 'separable_conv2d' cannot place a window"),
        (lambda: Conv2DTranspose(4, 3), (None, 8, 3), "Conv2DTranspose 'conv2d_transpose' expects input"),
        (lambda: MaxPooling2D(9), IMAGES, r"MaxPooling2D 'max_pooling2d' cannot place a window of \(9, 9\)"),
        (lambda: AveragePooling1D(9), (None, 8, 2), "AveragePooling1D 'average_pooling1d' cannot place"),
        (lambda: MaxPooling1D(2), IMAGES, "Bring it to that form with Reshape, or use the layer for images"),
        (lambda: MaxPooling2D(2), (None, 8, 3), "Give it an axis of channels with Reshape"),
        (lambda: GlobalMaxPooling2D(), (None, 8), "GlobalMaxPooling2D .* Bring it to that form with Reshape.$"),
        (lambda: GlobalAveragePooling1D(), IMAGES, "expects input .batch, steps, channels."),
        (lambda: ZeroPadding2D(), (None, 8, 3), "ZeroPadding2D 'zero_padding2d' expects input"),
        (
            lambda: Cropping2D(4),
            IMAGES,
            r"cuts \(\(4, 4\), \(4, 4\)\) away; received input .*8, 8, 3\), of which nothing",
        ),
        (lambda: Cropping1D((8, 0)), (None, 8, 3), "of which nothing is left. Crop less"),
        (lambda: UpSampling2D(), (None, 8, 3), "UpSampling2D 'up_sampling2d' expects input"),
        (lambda: UpSampling1D(), IMAGES, "UpSampling1D 'up_sampling1d' expects input"),
        (lambda: SpatialDropout1D(0.5), IMAGES, "SpatialDropout1D 'spatial_dropout1d' expects input"),
        (lambda: SpatialDropout2D(0.5), (None, 8, 3), "SpatialDropout2D 'spatial_dropout2d' expects input"),
        (
            lambda: GroupNormalization(2),
            IMAGES,
            "cuts channels into 2 groups; .*with 3 channels on axis 3. Give groups=",
        ),
        (lambda: GroupNormalization(), IMAGES, "into 32 groups"),
        (lambda: GroupNormalization(1, axis=0), IMAGES, "axis 0 is that of the batch"),
    ],
)
def test_input_that_does_not_fit(make, shape, message):
    """When the layer is built, called, and put in a model."""
    with pytest.raises(ShapeError, match=message):
        make().build(shape)
    with pytest.raises(ShapeError, match=message):
        make()(np.ones((2, *shape[1:]), "float32"))
    with pytest.raises(ShapeError, match=message):
        models.Sequential([layers.Input(shape[1:]), make()])


def test_input_of_other_channels_than_the_kernel():
    for layer in (
        Conv2D(2, 2),
        DepthwiseConv2D(2),
        SeparableConv2D(2, 2),
        Conv2DTranspose(2, 2),
        GroupNormalization(1),
    ):
        layer(np.ones((1, 4, 4, 3)))
        with pytest.raises(ShapeError, match=r"3.*channels.*received.*\(1, 4, 4, 5\)"):
            layer(np.ones((1, 4, 4, 5)))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Conv2D(0, 3), ShapeError, "Conv2D expects filters to be an int of 1 or more; received 0"),
        (lambda: Conv2D(4, 0), ShapeError, "kernel_size to be an int or 2 ints of 1 or more; received 0"),
        (lambda: Conv2D(4, (3, 3, 3)), ShapeError, r"received \(3, 3, 3\)"),
        (lambda: Conv2D(4, 3, strides=(1, 0)), ShapeError, r"strides .* received \(1, 0\)"),
        (lambda: Conv2D(4, 3, dilation_rate=0.5), ShapeError, "dilation_rate .* received 0.5"),
        (lambda: Conv2D(4, 3, groups=0), ShapeError, "groups .* received 0"),
        (lambda: Conv2D(4, 3, groups=3), ShapeError, "filters that its groups divide; received 4 for groups=3"),
        (lambda: Conv2D(4, 3, padding="causal"), ArgumentError, "'valid', 'same'; received 'causal'.*ZeroPadding2D"),
        (lambda: Conv1D(4, 3, padding=1), ArgumentError, "'valid', 'same', 'causal'; received 1.*ZeroPadding1D"),
        (lambda: Conv1D(4, (3, 3)), ShapeError, r"kernel_size to be an int of 1 or more; received \(3, 3\)"),
        (lambda: DepthwiseConv2D(3, depth_multiplier=0), ShapeError, "depth_multiplier .* received 0"),
        (lambda: SeparableConv2D(3, 3, depth_multiplier=0), ShapeError, "depth_multiplier .* received 0"),
        (lambda: Conv2DTranspose(3, 3, 2, output_padding=2), ShapeError, "output_padding below strides; received"),
        (
            lambda: Conv2DTranspose(3, 3, 2, output_padding=-1),
            ShapeError,
            "output_padding .* 0 or more; received -1",
        ),
        (lambda: MaxPooling2D(0), ShapeError, "MaxPooling2D expects pool_size .* received 0"),
        (lambda: MaxPooling2D(2, strides=0), ShapeError, "MaxPooling2D expects strides .* received 0"),
        (lambda: AveragePooling2D(2, padding="full"), ArgumentError, "AveragePooling2D expects padding"),
        (lambda: GlobalMaxPooling1D(keepdims=2), ArgumentError, "keepdims to be True or False; received 2"),
        (lambda: ZeroPadding2D(-1), ShapeError, r"padding to be an int, .rows, columns. or .*; received -1"),
        (lambda: ZeroPadding2D(((1, 1), (1, 1, 1))), ShapeError, r"received \(\(1, 1\), \(1, 1, 1\)\)"),
        (lambda: ZeroPadding1D((1, 2, 3)), ShapeError, r"an int, .before, after., of 0 or more; received \(1, 2, 3\)"),
        (lambda: Cropping1D(1.5), ShapeError, "cropping to be an int, .before, after., .* received 1.5"),
        (lambda: UpSampling1D(0), ShapeError, "UpSampling1D expects size to be an int of 1 or more; received 0"),
        (
            lambda: UpSampling2D(2, interpolation="bicubic"),
            ArgumentError,
            "'nearest' or 'bilinear'; received 'bicubic'",
        ),
        (lambda: SpatialDropout2D(1.0), ValueError, r"rate in \[0, 1\)"),
        (lambda: GroupNormalization(0), ArgumentError, "positive int, or -1 for one a channel; received 0"),
        (lambda: GroupNormalization(2, axis=(1, 2)), ArgumentError, "an int as axis"),
        (lambda: GroupNormalization(2, epsilon=-1), ValueError, "epsilon >= 0"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda **more: Conv1D(1, 1, **more),
        lambda **more: Conv2D(1, 1, **more),
        lambda **more: DepthwiseConv2D(1, **more),
        lambda **more: SeparableConv2D(1, 1, **more),
        lambda **more: Conv2DTranspose(1, 1, **more),
        MaxPooling1D,
        MaxPooling2D,
        lambda **more: AveragePooling1D(1, **more),
        lambda **more: AveragePooling2D(1, **more),
        GlobalMaxPooling1D,
        GlobalMaxPooling2D,
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        ZeroPadding1D,
        ZeroPadding2D,
        Cropping2D,
        UpSampling2D,
        lambda **more: SpatialDropout2D(0.5, **more),
    ],
)
def test_channels_stand_last(make):
    assert make(data_format="channels_last").data_format == "channels_last"
    with pytest.raises(ArgumentError, match=r"'channels_last' alone.*received 'channels_first'.*Permute\(\(2, 3,"):
        make(data_format="channels_first")
