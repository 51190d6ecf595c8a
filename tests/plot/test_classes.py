"""Class numbers of labels and outputs, and which targets name classes."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import ShapeError
from nbnet.plot.classes import classes, is_classification


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([2, 0, 1], [2, 0, 1]),
        ([[2], [0]], [2, 0]),
        ([[0, 1, 0], [1, 0, 0]], [1, 0]),
        ([[0.2, 0.7, 0.1]], [1]),
        ([[-3.0, -1.0, -2.0]], [1]),
        ([0.2, 0.7], [0, 1]),
        ([-0.5, 3.5], [0, 1]),
        ([-1, 1, 1], [0, 1, 1]),
        ([True, False], [1, 0]),
        ([3.0, 0.0], [3, 0]),
        ([[3e8], [-2e8]], [1, 0]),  # logits so large that all are whole
    ],
)
def test_classes(given, expected):
    assert classes(given).tolist() == expected


def test_a_threshold_is_taken():
    assert classes([[0.2], [0.7]], threshold=0.8).tolist() == [0, 0]
    with pytest.raises(ShapeError):
        classes(np.zeros((2, 2, 2)))


@pytest.mark.parametrize(
    ("targets", "outputs", "expected"),
    [
        ([0, 2, 1], np.zeros((3, 3)), True),
        ([[0], [2], [1]], np.zeros((3, 3)), True),
        ([0, 3, 1], np.zeros((3, 3)), False),
        ([0.5, 1, 1], np.zeros((3, 3)), False),
        (np.eye(3), np.zeros((3, 3)), True),
        (np.eye(3) * 0.5, np.zeros((3, 3)), False),
        (np.ones((3, 3)), np.zeros((3, 3)), False),
        ([0, 1, 1], np.zeros((3, 1)), True),
        ([-1, 1, 1], np.zeros((3, 1)), True),
        ([0, 1, 2], np.zeros((3, 1)), False),
        (np.zeros((3, 4, 4)), np.zeros((3, 4, 4)), False),
        (np.zeros((3, 4)), np.zeros((3, 4)), False),
    ],
)
def test_is_classification(targets, outputs, expected):
    assert is_classification(targets, outputs) is expected
