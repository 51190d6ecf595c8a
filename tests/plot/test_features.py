"""Feature maps of convolutions."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet.errors import ArgumentError, ShapeError
from nbnet.layers import Add, Conv2D, Dense, Flatten, MaxPooling2D, Rescaling
from nbnet.plot import feature_maps, features

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1)).astype("uint8")


@pytest.fixture(scope="module")
def model():
    return nbnet.Sequential(
        [
            Rescaling(1 / 255, input_shape=(8, 8, 1)),
            Conv2D(3, 3, activation="relu", name="first"),
            MaxPooling2D(2, name="pool"),
            Conv2D(2, 2, name="second"),
            Flatten(),
            Dense(3, activation="softmax"),
        ]
    )


def test_maps_are_the_outputs_of_the_layers(model):
    found = feature_maps(model, IMAGES)
    assert {name: maps.shape for name, maps in found.items()} == {"first": (2, 6, 6, 3), "second": (2, 2, 2, 2)}
    x = IMAGES / np.float32(255)
    kernel, bias = (weight.astype("float64") for weight in model.get_weights()[:2])
    for row, column in ((0, 0), (5, 2), (3, 5)):
        window = x[:, row : row + 3, column : column + 3].astype("float64")
        by_hand = np.maximum(np.tensordot(window, kernel, 3) + bias, 0)
        np.testing.assert_allclose(found["first"][:, row, column], by_hand, rtol=1e-5, atol=1e-6)
    pooled = feature_maps(model, IMAGES, "pool")["pool"]
    np.testing.assert_array_equal(pooled, found["first"].reshape(2, 3, 2, 3, 2, 3).max(axis=(2, 4)))


def test_nothing_of_the_model_changes(model):
    before = [dict(vars(layer)) for layer in model.layers]
    feature_maps(model, IMAGES)
    for layer, attributes in zip(model.layers, before, strict=True):
        assert set(vars(layer)) == set(attributes)
        assert "call" not in vars(layer)


def test_a_network_of_symbols_and_a_layer_that_is_called_twice():
    x = nbnet.Input((6, 6, 2))
    shared = Conv2D(2, 3, padding="same", name="shared")
    once = shared(x)
    network = nbnet.Model(x, Flatten()(Add(name="sum")([shared(once), once])))
    image = np.random.default_rng(1).normal(size=(1, 6, 6, 2)).astype("float32")
    found = feature_maps(network, image)
    assert list(found) == ["shared", "shared (2)"]
    np.testing.assert_allclose(shared(found["shared"]), found["shared (2)"], rtol=1e-5, atol=1e-6)
    total = feature_maps(network, image, "sum")["sum"]
    np.testing.assert_allclose(total, found["shared"] + found["shared (2)"], rtol=1e-5, atol=1e-6)


def test_a_panel_for_the_image_and_each_layer(model, tmp_path):
    figure = features(model, IMAGES, tmp_path / "maps.png", title="of $x$")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "input",
        "first: 3 maps of 6 × 6",
        "second: 2 maps of 2 × 2",
    ]
    assert figure.get_suptitle().startswith(r"of \$x\$: each map")
    assert (tmp_path / "maps.png").stat().st_size > 1000
    assert len(features(model, IMAGES, layer="pool").axes) == 2


def test_each_map_is_stretched_and_constant_ones_are_counted(model):
    dark = features(model, np.zeros((1, 8, 8, 1)), layer="first")  # only the bias, 0, is left
    assert "3 of them constant" in dark.axes[1].get_title(loc="left")
    shown = np.ma.filled(features(model, IMAGES, layer="second").axes[1].images[0].get_array(), np.nan)
    maps = feature_maps(model, IMAGES, "second")["second"][0, :, :, 0]
    stretched = (maps - maps.min()) / (maps.max() - maps.min())
    assert maps.min() != 0
    np.testing.assert_allclose(shown[:24:12, :24:12], stretched, rtol=1e-5, atol=1e-6)
    assert "1 of 3 maps" in features(model, IMAGES, max_maps=1, layer="first").axes[1].get_title(loc="left")


def test_the_image_before_preprocessing_can_be_shown(model):
    raw = np.zeros((1, 16, 16, 3), "uint8")
    raw[..., 0] = 255
    shown = features(model, IMAGES[:1], images=raw, layer="pool").axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown[3, 3], [1, 0, 0])


def test_deep_networks_and_long_maps_stay_within_a_picture():
    layers = [Conv2D(1, 1) for _ in range(70)]
    figure = features(nbnet.Sequential([nbnet.Input((96, 2, 1)), *layers]), np.ones((1, 96, 2, 1)), max_maps=1)
    assert len(figure.axes) == 1 + 64
    assert figure.get_suptitle().startswith("Feature maps (without 6 later layers)")
    assert figure.get_size_inches()[1] < 200


def test_what_cannot_be_drawn_is_said(model):
    with pytest.raises(ArgumentError, match=r"no layer 'third'; it has .*first, pool, second"):
        feature_maps(model, IMAGES, "third")
    with pytest.raises(ShapeError, match=r"output is \(N, H, W, C\); 'flatten.*' gives \(2, 8\)"):
        feature_maps(model, IMAGES, next(layer.name for layer in model.layers if isinstance(layer, Flatten)))
    with pytest.raises(ShapeError, match=r"8, 8, 3|channels"):
        feature_maps(model, np.zeros((1, 8, 8, 3)))
    with pytest.raises(ShapeError, match=r"images of shape .* received float64 \(0, 8, 8, 1\)"):
        feature_maps(model, np.zeros((0, 8, 8, 1)))
    with pytest.raises(ArgumentError, match="max_maps"):
        features(model, IMAGES, max_maps=0)
    with pytest.raises(ArgumentError, match="no two-dimensional convolution"):
        feature_maps(nbnet.Sequential([Dense(2, input_shape=(3,))]), np.zeros((1, 3)))
    left, right = nbnet.Input((4, 4, 1), name="left"), nbnet.Input((4, 4, 1), name="right")
    both = nbnet.Model([left, right], Conv2D(1, 2)(Add()([left, right])))
    with pytest.raises(ArgumentError, match="one input; it has left, right"):
        feature_maps(both, np.zeros((1, 4, 4, 1)))
