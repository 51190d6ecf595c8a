"""Saliency maps."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet.errors import ArgumentError, ShapeError
from nbnet.layers import Conv2D, Dense, Flatten, Reshape
from nbnet.plot import features, filters, saliency, saliency_map

RANDOM = np.random.default_rng(0)


def network(last, units=3):
    """A small convolutional network in float64, and the same without its last activation."""
    x = nbnet.Input((5, 6, 2), dtype="float64")
    hidden = Flatten(dtype="float64")(Conv2D(4, 3, activation="tanh", dtype="float64")(x))
    z = Dense(units, dtype="float64")(hidden)
    f = nbnet.layers.Activation(last, dtype="float64")(z) if last else z
    return nbnet.Model(x, f, dtype="float64"), nbnet.Model(x, z, dtype="float64")


@pytest.mark.parametrize(("last", "units"), [("softmax", 3), ("sigmoid", 1), (None, 3)])
def test_it_is_the_gradient_of_the_score_before_softmax_and_sigmoid(last, units):
    model, scores = network(last, units)
    x = RANDOM.normal(size=(2, 5, 6, 2))
    found = saliency_map(model, x, units - 1)
    assert found.maps.shape == (2, 5, 6)
    assert found.classes.tolist() == [units - 1] * 2
    np.testing.assert_allclose(found.outputs, model.predict(x, verbose=0))
    step = 1e-5
    for row, column in ((0, 0), (2, 3), (4, 5)):
        slopes = []
        for channel in range(2):
            moved = np.zeros_like(x)
            moved[:, row, column, channel] = step
            up, down = (scores.predict(x + sign * moved, verbose=0)[:, units - 1] for sign in (1, -1))
            slopes.append(np.abs(up - down) / (2 * step))
        np.testing.assert_allclose(found.maps[:, row, column], np.max(slopes, axis=0), rtol=1e-6, atol=1e-9)


def test_the_predicted_class_of_each_image_is_explained():
    model = nbnet.Sequential([Flatten(input_shape=(2, 2)), Dense(2, activation="softmax")])
    model.set_weights([np.array([[1, 0], [0, 3], [-2, 0], [0, 0]], "float32"), np.zeros(2, "float32")])
    found = saliency_map(model, np.array([[[5, 0], [0, 0]], [[0, 5], [0, 0]]], "uint8"))
    assert found.classes.tolist() == [0, 1]
    assert found.maps.tolist() == [[[1, 0], [2, 0]], [[0, 3], [0, 0]]]


def test_smoothing_averages_gradients_of_noisy_images():
    model, _ = network(None)
    x = RANDOM.normal(size=(1, 5, 6, 2))
    plain = saliency_map(model, x, 0).maps
    np.testing.assert_allclose(saliency_map(model, x, 0, smooth=3, noise=0.0).maps, plain)
    noisy = saliency_map(model, x, 0, smooth=4, noise=0.3, seed=5).maps
    assert not np.allclose(noisy, plain, rtol=0.01)
    np.testing.assert_array_equal(noisy, saliency_map(model, x, 0, smooth=4, noise=0.3, seed=5).maps)
    draws, spread = np.random.default_rng(5), 0.3 * (x.max() - x.min())
    each = [x + spread * draws.standard_normal(x.shape, "float32") for _ in range(4)]
    gradient = nbnet.function(lambda y: nbnet.gradients(nbnet.ops.sum(model(y)[:, 0]), [y])[0])
    np.testing.assert_allclose(noisy, np.abs(np.mean([gradient(y) for y in each], axis=0)).max(axis=-1), rtol=1e-9)


def test_rows_of_pixels_are_square_images():
    model = nbnet.Sequential([Reshape((4, 4, 1), input_shape=(16,)), Conv2D(1, 3), Flatten(), Dense(2)])
    assert saliency_map(model, np.ones((3, 16))).maps.shape == (3, 4, 4)
    with pytest.raises(ShapeError, match=r"side \* side\); received \(3, 15\)"):
        saliency_map(nbnet.Sequential([Dense(2, input_shape=(15,))]), np.ones((3, 15)))


def test_the_picture_has_image_map_and_both(tmp_path):
    model, _ = network("softmax")
    x = RANDOM.normal(size=(2, 5, 6, 2))
    figure = saliency(model, x, tmp_path / "s.svg", class_index=1, class_names=["cat", "$dog", "cow"], title="Why")
    assert len(figure.axes) == 6
    assert figure.axes[0].get_title(loc="left").startswith(r"\$dog: ")
    assert figure.axes[0].get_title(loc="left").endswith("%")
    maps = saliency_map(model, x, 1).maps[0]
    shown = np.asarray(figure.axes[1].images[0].get_array())
    np.testing.assert_allclose(shown, np.clip(maps / np.percentile(maps, 99.5), 0, 1))
    assert b"<svg" in (tmp_path / "s.svg").read_bytes()
    assert len(saliency(model, x, max_samples=1).axes) == 3


def test_a_single_column_is_the_score_of_the_second_class():
    model, _ = network("sigmoid", 1)
    figure = saliency(model, np.zeros((1, 5, 6, 2)), class_names=["no", "yes"])
    assert figure.axes[0].get_title(loc="left").startswith("yes: 0.")


def test_a_gradient_of_zero_is_said():
    model = nbnet.Sequential([Flatten(input_shape=(2, 2)), Dense(2, kernel_initializer="zeros")])
    assert saliency(model, np.ones((1, 2, 2))).axes[1].get_title(loc="left") == "the gradient is 0 everywhere"


def test_numbers_that_are_not_finite_are_left_out():
    model, _ = network(None)
    kernel, *others = model.get_weights()
    kernel[0, 0, 0, 0] = np.nan
    model.set_weights([kernel, *others])
    x = RANDOM.normal(size=(1, 5, 6, 2))
    assert np.isfinite(np.asarray(saliency(model, x).axes[1].images[0].get_array())).all()
    assert "4 maps" in features(model, x).axes[1].get_title(loc="left")
    assert "4 filters" in filters(model).get_suptitle()


def test_what_cannot_be_explained_is_said():
    model, _ = network(None)
    x = np.zeros((1, 5, 6, 2))
    for number in (-1, 3):
        with pytest.raises(ArgumentError, match=f"classes 0 to 2; there is no class {number}"):
            saliency_map(model, x, number)
    with pytest.raises(ArgumentError, match="smooth and noise"):
        saliency_map(model, x, smooth=-1)
    with pytest.raises(ArgumentError, match="max_samples"):
        saliency(model, x, max_samples=0)
    image = nbnet.Input((5, 6, 2))
    maps = Conv2D(2, 3)(image)
    with pytest.raises(ShapeError, match=r"class scores \(N, classes\).* gives \(1, 3, 4, 2\)"):
        saliency_map(nbnet.Model(image, maps), x)
    with pytest.raises(ArgumentError, match=r"one output; model .* has 2"):
        saliency_map(nbnet.Model(image, [Flatten()(maps), maps]), x)
