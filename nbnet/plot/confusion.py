"""Which classes are taken for which."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError
from nbnet.plot.classes import classes, labels_of
from nbnet.plot.figure import GREY, finished, new_figure, one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["confusion_matrix"]

_NUMBERS_UP_TO = 25  # classes; above that the cells are too small for text
_LABELS_UP_TO = 60
_CLASSES_UP_TO = 5000  # more than there are pixels
_NAME_LENGTH = 18


def confusion_matrix(
    y_true: Any,
    y_pred: Any = None,
    class_names: Sequence[str] | None = None,
    path: str | os.PathLike[str] | None = None,
    normalize: str | None = None,
    *,
    title: str | None = None,
) -> Figure:
    """Draw how many samples of each class were taken for each class.

    Parameters
    ----------
    y_true : array_like, shape (N,) or (N, classes)
        Class numbers or one-hot rows; or, without `y_pred`, a square matrix of counts, rows true and columns predicted.
    y_pred : array_like, shape (N,) or (N, classes), optional
        Class numbers, or a model's outputs; see :func:`nbnet.plot.classes`.
    class_names : sequence of str, optional
    path : path-like, optional
        Where to write the picture: .png, .svg or .pdf.
    normalize : "true", "pred", "all" or None
        Show shares of the true class (rows sum to 1), of the predicted class, or of all samples, in place of counts; as
        in scikit-learn.
    title : str, optional
        Above the picture, in place of the accuracy.

    Returns
    -------
    Figure
        Rows are true classes, columns predicted ones. The shade is the share of the true class whatever the text says,
        so rare classes show as well as frequent ones.

    Raises
    ------
    ArgumentError, ShapeError
        When labels and predictions do not fit together.
    MissingPackageError
        When matplotlib is not installed.

    Examples
    --------
    >>> figure = confusion_matrix([0, 1, 1, 1], [0, 1, 0, 1], class_names=["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1', '0', '1', '2']
    """
    if normalize not in (None, "true", "pred", "all"):
        raise ArgumentError(
            f"confusion_matrix expects normalize to be 'true', 'pred', 'all' or None; got {normalize!r}."
        )
    counts = _matrix(y_true) if y_pred is None else _counted(y_true, y_pred, class_names)
    names = _fitting(labels_of(len(counts), class_names)[: len(counts)])
    shares = _shares(counts, "true")
    shown = counts if normalize is None else _shares(counts, normalize)
    size = len(counts)
    side = float(np.clip(0.55 * size + 1.2, 3.2, 11.0))
    margin = 0.09 * max(len(name) for name in names)
    figure = new_figure(side + margin + 1.0, side + margin + 0.4)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="equal", interpolation="nearest")
    bar = figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02)
    bar.set_label("share of the true class", fontsize=9, color=GREY)
    bar.ax.tick_params(colors=GREY, labelsize=8, length=2)
    bar.outline.set_visible(False)
    _ticks(axes, names, size)
    if size <= _NUMBERS_UP_TO:
        _numbers(axes, shown, shares, normalize is None, side)
    axes.set_xlabel("predicted", fontsize=10, color=GREY)
    axes.set_ylabel("true", fontsize=10, color=GREY)
    axes.set_title(
        _accuracy(counts) if title is None else one_line(title, 60), fontsize=11, loc="left", color="#222222"
    )
    return finished(figure, path)


def _fitting(names: Sequence[str]) -> list[str]:
    """Names cut to a length that leaves room for the matrix, numbered where they would look alike."""
    cut = [one_line(name, _NAME_LENGTH) for name in names]
    if len(set(cut)) == len(set(names)):
        return cut
    return [one_line(f"{number}: {name}", _NAME_LENGTH) for number, name in enumerate(names)]


def _matrix(given: Any) -> np.ndarray:
    """A square matrix of counts, checked."""
    counts = np.asarray(given)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ShapeError(
            f"confusion_matrix without y_pred expects a square matrix of counts; received shape {counts.shape}. "
            "Give labels and predictions: confusion_matrix(y_true, y_pred)."
        )
    if counts.dtype.kind not in "iuf" or not np.isfinite(counts).all() or (counts < 0).any():
        raise ArgumentError("confusion_matrix expects counts of at least 0.")
    return counts


def _counted(y_true: Any, y_pred: Any, class_names: Sequence[str] | None) -> np.ndarray:
    """The matrix of two lists of labels."""
    true, predicted = classes(y_true), classes(y_pred)
    if len(true) != len(predicted) or not len(true):
        raise ShapeError(
            f"confusion_matrix expects as many predictions as labels, and at least one; received {len(true)} labels "
            f"and {len(predicted)} predictions."
        )
    if min(true.min(), predicted.min()) < 0:
        raise ArgumentError("confusion_matrix expects classes that count from 0; received a negative one.")
    outputs = np.shape(y_pred)[1] if np.ndim(y_pred) == 2 else 0
    size = max(int(true.max()) + 1, int(predicted.max()) + 1, outputs, len(class_names or ()), 2)
    if size > _CLASSES_UP_TO:
        raise ArgumentError(
            f"confusion_matrix draws up to {_CLASSES_UP_TO:,} classes; received the class number {size - 1:,}. Are "
            "these labels, and not other numbers?"
        )
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (true, predicted), 1)
    return counts


def _shares(counts: np.ndarray, of: str) -> np.ndarray:
    """Counts divided by the sum of their row, their column, or all; 0 where that is 0."""
    axis = {"true": 1, "pred": 0, "all": None}[of]
    totals = counts.sum(axis=axis, keepdims=True).astype(np.float64)
    return np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)


def _ticks(axes: Any, names: Sequence[str], size: int) -> None:
    """Names along both sides, thinned out where there are too many, and thin white lines between the cells."""
    step = max(1, -(-size // _LABELS_UP_TO))
    places = range(0, size, step)
    labels = [names[place] for place in places]
    small = 9 if size <= 15 else 8 if size <= 30 else 6
    upright = max(len(label) for label in labels) <= 3 and size <= _NUMBERS_UP_TO
    axes.set_xticks(places, labels, fontsize=small, **({} if upright else {"rotation": 45, "ha": "right"}))
    axes.set_yticks(places, labels, fontsize=small)
    for tick in axes.get_xticklabels():
        tick.set_rotation_mode("anchor")
    axes.tick_params(colors=GREY, length=0)
    between, thick = np.arange(1, size) - 0.5, 1.2 if size <= _NUMBERS_UP_TO else 0.3
    axes.hlines(between, -0.5, size - 0.5, color="white", linewidth=thick)
    axes.vlines(between, -0.5, size - 0.5, color="white", linewidth=thick)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _numbers(axes: Any, shown: np.ndarray, shares: np.ndarray, counting: bool, side: float) -> None:
    """Write each cell's number, dark on light and light on dark, as large as the cells allow."""
    texts = [[_short(value, counting) for value in row] for row in shown]
    longest = max(len(text) for row in texts for text in row)
    # A cell's text lies inside the axes, so the layout need not measure it: half of the time for ten classes.
    font = float(np.clip(72 * 0.8 * (side - 1.0) / len(shown) / (0.66 * max(longest, 2)), 5, 11))
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            dark = shares[row, column] > 0.55
            colour = "white" if dark else ("#222222" if shown[row, column] else "#B8B8B8")
            axes.text(column, row, text, ha="center", va="center", fontsize=font, color=colour, in_layout=False)


def _short(value: float, counting: bool) -> str:
    """A number for a cell."""
    if counting:
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
    return "0" if value == 0 else "1" if value == 1 else f"{value:.2f}".removeprefix("0")


def _accuracy(counts: np.ndarray) -> str:
    """The share of the diagonal, in words."""
    total = counts.sum()
    if not total:
        return "no samples"
    right = np.trace(counts)
    return f"{right:,.0f} of {total:,.0f} right (accuracy {right / total:.4g})"
