"""Decision boundaries of functions whose boundary is known."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ArgumentError, ShapeError
from nbnet.plot import decision_boundary

POINTS = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.5, -2.0]])


def border(figure):
    """The points of the black line."""
    return np.concatenate([path.vertices for item in figure.axes[0].collections for path in item.get_paths()
                           if type(item).__name__ == "QuadContourSet"])  # fmt: skip


@pytest.mark.parametrize(
    "network",
    [
        lambda grid: 1 / (1 + np.exp(-grid[:, :1])),  # a probability: 0.5 at 0
        lambda grid: 3 * grid[:, :1],  # a logit: 0 at 0
        lambda grid: np.stack([-grid[:, 0], grid[:, 0]], axis=1),  # two outputs, equal at 0
    ],
)
def test_the_line_is_where_the_answer_changes(network):
    figure = decision_boundary(network, POINTS, POINTS[:, 0] > 0, resolution=41)
    np.testing.assert_allclose(border(figure)[:, 0], 0, atol=1e-6)


def test_each_side_has_the_colour_of_its_class_and_each_class_a_shape():
    figure = decision_boundary(
        lambda grid: 1 / (1 + np.exp(-5 * grid[:, :1])), POINTS, [0, 1, 0, 1], class_names=["no", "yes"]
    )
    axes = figure.axes[0]
    pixels = np.asarray(axes.images[0].get_array())
    left, right = pixels[100, 5], pixels[100, -5]
    assert left[2] > left[0]  # blue
    assert right[0] > right[2]  # orange
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["no", "yes"]
    scattered = [item for item in axes.collections if type(item).__name__ == "PathCollection"]
    assert [len(item.get_offsets()) for item in scattered] == [2, 2]
    assert len({item.get_paths()[0].vertices.shape for item in scattered}) == 2


def test_a_model_and_its_class_names(tmp_path):
    import nbnet

    model = nbnet.Sequential([nbnet.layers.Dense(3, activation="softmax", input_shape=(2,))])
    model.class_names = ("a", "b", "c")
    figure = decision_boundary(model, POINTS, [0, 1, 2, 0], tmp_path / "boundary.png", resolution=20)
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["a", "b", "c"]
    assert (tmp_path / "boundary.png").read_bytes().startswith(b"\x89PNG")


def test_a_regression_is_drawn_in_shades():
    figure = decision_boundary(lambda grid: grid[:, 0] + grid[:, 1], POINTS, POINTS.sum(axis=1), resolution=10)
    shades = figure.axes[0].collections[0].get_array()
    assert shades.size == 100
    assert figure.axes[1].get_ylabel() == "output"
    assert decision_boundary(lambda grid: grid[:, 0], POINTS, resolution=10).axes[0].collections


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(ShapeError, match=r"two inputs.*received \(4, 3\)"):
        decision_boundary(len, np.ones((4, 3)))
    with pytest.raises(ShapeError, match="a label for each of 4"):
        decision_boundary(lambda grid: grid[:, :1], POINTS, [0, 1])
    with pytest.raises(ShapeError, match="expected a row for each"):
        decision_boundary(lambda grid: grid[:3], POINTS)
    with pytest.raises(ArgumentError, match="finite"):
        decision_boundary(len, np.full((4, 2), np.nan))
    with pytest.raises(ArgumentError, match="resolution"):
        decision_boundary(len, POINTS, resolution=1)


def test_a_class_whose_name_begins_with_an_underscore_is_in_the_legend():
    figure = decision_boundary(lambda grid: grid[:, :1], POINTS, POINTS[:, 0] > 0, class_names=["_low", "high"])
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["_low", "high"]
