"""Grids of images with labels."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ArgumentError, ShapeError
from nbnet.plot import samples

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def pixels(figure):
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


def test_right_and_wrong_differ_in_sign_and_colour():
    outputs = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]])
    figure = samples(IMAGES, [0, 0, 0], outputs, ["cat", "dog"])
    assert titles(figure) == ["✓ cat 90%", "✗ dog 70%\ntrue: cat", "✓ cat 60%"]
    colours = [axes.title.get_color() for axes in figure.axes]
    assert colours[0] == colours[2] != colours[1]


def test_labels_alone_predictions_alone_and_neither():
    assert titles(samples(IMAGES, [2, 0, 1])) == ["2", "0", "1"]
    assert titles(samples(IMAGES, None, [2, 0, 1], ["a", "b", "c"])) == ["c", "a", "b"]
    assert titles(samples(IMAGES)) == ["", "", ""]


def test_grey_levels_are_stretched_over_all_images():
    first, *_, last = pixels(samples(IMAGES[..., None]))
    assert (first.min(), last.max()) == (0.0, 1.0)
    np.testing.assert_allclose(first, IMAGES[0] / 59)
    plain = pixels(samples(np.full((1, 2, 2), 7.0)))[0]
    assert np.isfinite(plain).all()


def test_colours_are_kept():
    photo = np.full((1, 2, 2, 3), 51, np.uint8)
    np.testing.assert_allclose(pixels(samples(photo))[0], 0.2)
    np.testing.assert_allclose(pixels(samples(np.full((1, 2, 2, 3), 0.25)))[0], 0.25)
    spread = pixels(samples(np.stack([np.full((2, 2, 3), value) for value in (-1.0, 3.0)])))
    assert (spread[0].max(), spread[1].min()) == (0.0, 1.0)


def test_not_all_are_drawn(tmp_path):
    figure = samples(
        np.zeros((40, 3, 3)), np.arange(40), path=tmp_path / "grid.png", max_samples=7, title="the $first$"
    )
    assert titles(figure) == [str(index) for index in range(7)]
    assert (tmp_path / "grid.png").is_file()


def test_what_are_no_images_is_said():
    with pytest.raises(ShapeError, match=r"received \(3, 20\).*reshape"):
        samples(IMAGES.reshape(3, 20))
    with pytest.raises(ShapeError, match="as many labels as images; received 2 for 3"):
        samples(IMAGES, [0, 1])
    with pytest.raises(ArgumentError, match="max_samples"):
        samples(IMAGES, max_samples=0)
    with pytest.raises(ArgumentError, match="name for each of 4"):
        samples(IMAGES, [0, 3, 1], class_names=["a"])
