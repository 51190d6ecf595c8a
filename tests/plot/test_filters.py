"""Filters of convolutions as grids."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet.errors import ArgumentError, NotBuiltError
from nbnet.layers import (
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    MaxPooling2D,
    SeparableConv2D,
)
from nbnet.plot import filters
from nbnet.plot.mosaic import mosaic


def drawn(figure):
    """The one picture as an array, with NaN in the gaps."""
    return np.ma.filled(figure.axes[0].images[0].get_array().astype(float), np.nan)


def tile(whole, row, column, size, times):
    """A tile of a mosaic, made small again."""
    gap = max(1, round(0.09 * size * times))
    top, left = row * (size * times + gap), column * (size * times + gap)
    return whole[top : top + size * times : times, left : left + size * times : times]


def test_a_mosaic_has_each_tile_at_its_place_and_gaps():
    tiles = np.arange(5 * 4 * 4, dtype=float).reshape(5, 4, 4)
    whole = mosaic(tiles, 3)
    assert whole.shape == (50, 76)  # tiles of 24, gaps of 2
    for index in range(5):
        np.testing.assert_array_equal(tile(whole, index // 3, index % 3, 4, 6), tiles[index])
    assert np.isnan(whole[24:26]).all()
    assert np.isnan(whole[26:, 52:]).all()  # no sixth tile


def test_three_channels_are_colours_around_grey(tmp_path):
    model = nbnet.Sequential([Conv2D(4, 2, input_shape=(5, 5, 3)), Flatten()])
    kernel = np.zeros((2, 2, 3, 4), "float32")
    kernel[0, 0, 0, 0], kernel[1, 1, 2, 0], kernel[0, 1, 1, 1] = 0.5, -0.25, -7
    model.set_weights([kernel, np.zeros(4, "float32")])
    figure = filters(model, tmp_path / "filters.png")
    first, second = tile(drawn(figure), 0, 0, 2, 12), tile(drawn(figure), 0, 1, 2, 12)
    np.testing.assert_allclose(first[0, 0], [1, 0.5, 0.5])
    np.testing.assert_allclose(first[1, 1], [0.5, 0.5, 0.25])
    np.testing.assert_allclose(second[0, 1], [0.5, 0, 0.5])  # scaled by itself
    assert (tmp_path / "filters.png").read_bytes().startswith(b"\x89PNG")
    assert "4 filters of 2 × 2 × 3" in figure.get_suptitle()


def test_one_channel_is_red_and_blue_around_zero():
    model = nbnet.Sequential([Conv2D(2, (1, 2), input_shape=(4, 4, 1))])
    model.set_weights([np.array([[[[4, 0]], [[-2, 0]]]], "float32"), np.zeros(2, "float32")])
    figure = filters(model)
    image = figure.axes[0].images[0]
    assert image.get_clim() == (-1, 1)
    assert sorted(set(drawn(figure)[~np.isnan(drawn(figure))])) == [-0.5, 0, 1]  # a filter of zeros stays 0
    red, _, blue, _ = image.cmap(image.norm(1.0))
    assert red > blue


def test_of_many_channels_each_has_a_column():
    model = nbnet.Sequential([Conv2D(3, 2, input_shape=(5, 5, 5), name="wide")])
    figure = filters(model)
    kernel = model.get_weights()[0]
    scaled = kernel[..., 2] / np.abs(kernel[..., 2]).max()
    for channel in range(5):
        np.testing.assert_allclose(tile(drawn(figure), 2, channel, 2, 12), scaled[..., channel], rtol=1e-6)
    many = filters(nbnet.Sequential([Conv2D(20, 1, input_shape=(5, 5, 30))]))
    assert many.axes[0].get_xlabel() == "channel, 16 of 30"
    assert "16 of 20 filters" in many.get_suptitle()


@pytest.mark.parametrize(
    ("layer", "subject"),
    [
        (DepthwiseConv2D(3, depth_multiplier=2), "4 filters of 3 × 3 × 1"),
        (SeparableConv2D(7, 3), "2 filters of 3 × 3 × 1"),
        (Conv2DTranspose(3, 2), "2 filters of 2 × 2 × 3"),
    ],
)
def test_other_convolutions(layer, subject):
    assert subject in filters(nbnet.Sequential([nbnet.Input((6, 6, 2)), layer])).get_suptitle()


def test_a_depthwise_filter_is_that_of_its_channel():
    layer = DepthwiseConv2D(2, depth_multiplier=2)
    figure = filters(nbnet.Sequential([nbnet.Input((6, 6, 2)), layer]))
    kernel = layer.kernel.numpy()[:, :, 1, 0]  # channel 1, multiplier 0: the third
    np.testing.assert_allclose(tile(drawn(figure), 0, 2, 2, 12), kernel / np.abs(kernel).max(), rtol=1e-6)


def test_the_first_is_drawn_or_the_one_that_is_named():
    x = nbnet.Input((8, 8, 3))
    y = Conv2D(6, 3, padding="same", name="stem")(x)
    model = nbnet.Model(x, Flatten()(nbnet.layers.Add()([y, Conv2D(6, 1, name="skip")(y)])))
    assert filters(model).get_suptitle() == "stem: 6 filters of 3 × 3 × 3"
    assert filters(model, layer="skip").get_suptitle() == "skip: 6 filters of 1 × 1 × 6"
    assert filters(model, max_filters=2).get_suptitle() == "stem: 2 of 6 filters of 3 × 3 × 3"
    with pytest.raises(ArgumentError, match=r"no convolution 'steam'; it has stem, skip"):
        filters(model, layer="steam")
    with pytest.raises(ArgumentError, match="max_filters of at least 1; received 0"):
        filters(model, max_filters=0)


def test_layers_in_a_model_in_the_model_are_found():
    inner = nbnet.Sequential([Conv2D(2, 3, name="eye"), MaxPooling2D()], name="inner")
    model = nbnet.Sequential([nbnet.Input((8, 8, 1)), inner, Flatten()])
    assert filters(model).get_suptitle().startswith("eye: 2 filters")


def test_without_a_convolution_or_weights_it_says_so():
    with pytest.raises(ArgumentError, match=r"no two-dimensional convolution.* it has Dense"):
        filters(nbnet.Sequential([Dense(2, input_shape=(3,))]))
    with pytest.raises(ArgumentError, match="Conv1D, Flatten"):
        filters(nbnet.Sequential([Conv1D(2, 3, input_shape=(8, 1)), Flatten()]))
    with pytest.raises(NotBuiltError, match=r"no weights yet.*input_shape"):
        filters(nbnet.Sequential([Conv2D(2, 3)]))
