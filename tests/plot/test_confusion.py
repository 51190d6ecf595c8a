"""Confusion matrices: counts, shares, names, many classes."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ArgumentError, ShapeError
from nbnet.plot import confusion_matrix

TRUE = [0, 0, 1, 2, 2, 2]
TAKEN = [0, 1, 1, 2, 0, 2]
COUNTS = [["1", "1", "0"], ["0", "1", "0"], ["1", "0", "2"]]


def cells(figure):
    """The texts of the cells by row and column."""
    texts = {(round(item.get_position()[1]), round(item.get_position()[0])): item for item in figure.axes[0].texts}
    size = 1 + max(row for row, _ in texts)
    return [[texts[row, column].get_text() for column in range(size)] for row in range(size)]


def test_rows_are_true_and_columns_predicted():
    figure = confusion_matrix(TRUE, TAKEN, class_names=["a", "b", "c"])
    assert cells(figure) == COUNTS
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert axes.get_title(loc="left") == "4 of 6 right (accuracy 0.6667)"


def test_the_shade_is_the_share_of_the_true_class():
    for normalize in (None, "true", "pred", "all"):
        shades = np.asarray(confusion_matrix(TRUE, TAKEN, normalize=normalize).axes[0].images[0].get_array())
        np.testing.assert_allclose(shades, [[0.5, 0.5, 0], [0, 1, 0], [1 / 3, 0, 2 / 3]])


@pytest.mark.parametrize(
    ("normalize", "expected"),
    [
        ("true", [[".50", ".50", "0"], ["0", "1", "0"], [".33", "0", ".67"]]),
        ("pred", [[".50", ".50", "0"], ["0", ".50", "0"], [".50", "0", "1"]]),
        ("all", [[".17", ".17", "0"], ["0", ".17", "0"], [".17", "0", ".33"]]),
    ],
)
def test_shares(normalize, expected):
    assert cells(confusion_matrix(TRUE, TAKEN, normalize=normalize)) == expected


def test_outputs_one_hot_rows_and_matrices_are_taken():
    outputs = np.full((6, 3), 0.1)
    outputs[np.arange(6), TAKEN] = 0.8
    assert cells(confusion_matrix(np.eye(3)[TRUE], outputs)) == COUNTS
    assert cells(confusion_matrix(np.array(COUNTS, int))) == COUNTS
    assert cells(confusion_matrix([0, 1, 1], [[0.2], [0.9], [0.4]])) == [["1", "0"], ["1", "1"]]
    assert cells(confusion_matrix([-1, 1, 1], [[-2.0], [0.4], [-0.1]])) == [["1", "0"], ["1", "1"]]


def test_a_class_that_never_came_has_a_row():
    assert cells(confusion_matrix([0, 0], [0, 0], class_names=["a", "b"])) == [["2", "0"], ["0", "0"]]


def test_many_classes_have_no_numbers_and_fewer_names(tmp_path):
    classes = np.arange(130)
    figure = confusion_matrix(classes, classes, [f"the long name of class {index}" for index in range(130)])
    axes = figure.axes[0]
    assert not axes.texts
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert len(shown) <= 60
    assert len(set(shown)) == len(shown)
    figure.savefig(tmp_path / "many.png")


def test_what_does_not_fit_is_said():
    with pytest.raises(ShapeError, match="as many predictions as labels"):
        confusion_matrix([0, 1], [0])
    with pytest.raises(ShapeError, match="square matrix"):
        confusion_matrix([0, 1])
    with pytest.raises(ArgumentError, match="normalize"):
        confusion_matrix(TRUE, TAKEN, normalize="rows")
    with pytest.raises(ArgumentError, match="name for each of 3 classes; received 2"):
        confusion_matrix(TRUE, TAKEN, class_names=["a", "b"])
    with pytest.raises(ArgumentError, match="count from 0"):
        confusion_matrix([0, -2], [0, 1])
    with pytest.raises(ArgumentError, match="NaN"):
        confusion_matrix([0, 1], [[np.nan], [0.5]])
    with pytest.raises(ArgumentError, match="the class number 300,000,000"):
        confusion_matrix([0, 1], [[3e8], [0.0]])


def test_characters_that_the_font_lacks_are_said_once(tmp_path):
    with pytest.warns(UserWarning, match="has no sign for 猫犬, which") as caught:
        confusion_matrix([0, 1], [0, 1], ["猫", "犬"], tmp_path / "confusion.png")
    assert len(caught) == 1
    assert (tmp_path / "confusion.png").is_file()


def test_markup_is_text(tmp_path):
    names = ["$x^2$", "[red]", "<b>", "$", "_a"]
    axes = confusion_matrix(range(5), range(5), names, tmp_path / "confusion.svg", title="$a$").axes[0]
    assert [label.get_text().replace(r"\$", "$") for label in axes.get_yticklabels()] == names
    assert "<!-- $x^2$ -->" in (tmp_path / "confusion.svg").read_text()


def test_a_png_is_what_matplotlib_writes(tmp_path):
    drawn = confusion_matrix([0, 1, 1], [0, 1, 0], ["a", "b"], tmp_path / "own.png")
    fresh = confusion_matrix([0, 1, 1], [0, 1, 0], ["a", "b"])
    assert drawn.dpi == fresh.dpi
    fresh.savefig(tmp_path / "theirs.png", dpi=144)
    assert (tmp_path / "own.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
