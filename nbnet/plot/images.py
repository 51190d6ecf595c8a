"""Images with what they are and what a network takes them for."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError
from nbnet.plot.classes import classes, labels_of
from nbnet.plot.figure import COLOURS, finished, new_figure, one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["picture", "samples"]

_RIGHT, _WRONG = COLOURS[0], COLOURS[1]


def samples(
    x: Any,
    y: Any = None,
    y_pred: Any = None,
    class_names: Sequence[str] | None = None,
    path: str | os.PathLike[str] | None = None,
    *,
    max_samples: int = 25,
    title: str | None = None,
) -> Figure:
    """Draw a grid of images with their true and predicted labels.

    Parameters
    ----------
    x : array_like, shape (N, H, W), (N, H, W, 1), (N, H, W, 3) or (N, H, W, 4)
        Images. Colours of dtype uint8, or between 0 and 1, are shown as they are; other numbers are stretched, so that
        the smallest one drawn is black and the largest white.
    y : array_like, shape (N,) or (N, classes), optional
        Labels.
    y_pred : array_like, shape (N,) or (N, classes), optional
        Predicted classes, or a model's outputs; of probabilities that of the predicted class is written too.
    class_names : sequence of str, optional
    path : path-like, optional
        Where to write the picture: .png, .svg or .pdf.
    max_samples : int > 0
        How many are drawn, the first ones.
    title : str, optional

    Returns
    -------
    Figure
        Above each image stands its label. With predictions a right one has a blue ✓ and a wrong one a red-orange ✗ with
        the prediction first and the truth below.

    Raises
    ------
    ShapeError
        When `x` holds no images, or lengths differ.
    MissingPackageError
        When matplotlib is not installed.
    """
    images = _images(x, max_samples)
    true = None if y is None else _shortened(y, len(x), len(images), "labels")
    predicted = None if y_pred is None else _shortened(y_pred, len(x), len(images), "predictions")
    count = 1 + max([0, *(int(found.max()) for found in (true, predicted) if found is not None)])
    names = labels_of(count, class_names)
    sure = None if y_pred is None else _probabilities(np.asarray(y_pred)[: len(images)])
    columns = len(images) if len(images) <= 5 else min(math.ceil(math.sqrt(len(images))), 10)
    rows = math.ceil(len(images) / columns)
    ratio = images.shape[1] / images.shape[2]
    lines = (true is not None) + (predicted is not None)
    height = 1.4 * min(max(ratio, 0.3), 3.0) + 0.1 + 0.15 * lines
    figure = new_figure(max(1.5 * columns, 2.4), height * rows + (0.45 if title else 0.1))
    for index, image in enumerate(images):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.imshow(image, interpolation="nearest", cmap="gray", vmin=0, vmax=1)  # colours take no notice of the map
        axes.set_xticks(())
        axes.set_yticks(())
        text, colour = _caption(
            None if true is None else names[true[index]],
            None if predicted is None else names[predicted[index]],
            None if sure is None else float(sure[index]),
        )
        axes.set_title(text, fontsize=8.5, color=colour, pad=3, linespacing=1.1)
        for spine in axes.spines.values():
            spine.set_color(colour if predicted is not None and true is not None else "#C8C8C8")
            spine.set_linewidth(1.6 if colour == _WRONG else 0.8)
    if title:
        figure.suptitle(one_line(title, 14 * columns), fontsize=12, x=0.01, ha="left", color="#222222")
    return finished(figure, path)


def picture(images: np.ndarray) -> np.ndarray | None:
    """The first of some images as grey levels or colours from 0 to 1; None where it is no image."""
    if images.ndim == 2 and math.isqrt(images.shape[1]) ** 2 == images.shape[1]:  # pixels in a row of a square
        images = images.reshape(len(images), math.isqrt(images.shape[1]), -1)
    if images.ndim not in (3, 4):
        return None
    if images.ndim == 4 and images.shape[-1] not in (1, 3, 4):
        images = images.mean(axis=-1)
    return _images(images, 1)[0]


def _images(x: Any, limit: int) -> np.ndarray:
    """The first images, as grey levels or colours from 0 to 1."""
    if isinstance(limit, bool) or limit < 1:
        raise ArgumentError(f"samples expects max_samples of at least 1; received {limit!r}.")
    given = np.asarray(x)
    if given.ndim == 4 and given.shape[-1] == 1:
        given = given[..., 0]
    if given.ndim not in (3, 4) or (given.ndim == 4 and given.shape[-1] not in (3, 4)) or not given.size:
        raise ShapeError(
            f"samples draws images, x of shape (N, H, W) or (N, H, W, 1, 3 or 4); received {given.shape}. Lists of "
            "pixels become images by x.reshape(-1, height, width)."
        )
    first = given[:limit]
    if first.dtype == np.uint8 and first.ndim == 4:
        return first.astype(np.float64) / 255
    first = first.astype(np.float64)
    known = first[np.isfinite(first)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if given.ndim == 4 and low >= 0 and high <= 1:  # colours in the usual range keep their brightness
        low, high = 0.0, 1.0
    return np.clip((np.nan_to_num(first, nan=low) - low) / ((high - low) or 1.0), 0, 1)


def _shortened(given: Any, samples: int, limit: int, what: str) -> np.ndarray:
    """Class numbers of the samples that are drawn."""
    found = np.asarray(given)
    if len(found) != samples:
        raise ShapeError(f"samples expects as many {what} as images; received {len(found)} for {samples} images.")
    numbers = classes(found)  # of all of them: whether a column holds logits shows in the whole
    if numbers.min() < 0:
        raise ArgumentError(f"samples expects {what} that count from 0; received {numbers.min()}.")
    return numbers[:limit]


def _probabilities(outputs: np.ndarray) -> np.ndarray | None:
    """The probability of each predicted class; None where outputs are no probabilities."""
    if outputs.ndim != 2 or outputs.dtype.kind != "f" or outputs.min() < 0 or outputs.max() > 1 + 1e-5:
        return None
    if outputs.shape[1] == 1:
        return np.maximum(outputs[:, 0], 1 - outputs[:, 0])
    return outputs.max(axis=1) if np.allclose(outputs.sum(axis=1), 1, atol=1e-3) else None


def _caption(true: str | None, predicted: str | None, sure: float | None) -> tuple[str, str]:
    """Text and colour above an image."""
    if predicted is None:
        return ("" if true is None else one_line(true, 16)), "#222222"
    share = "" if sure is None else f" {sure:.0%}"
    if true is None:
        return one_line(predicted, 15) + share, "#222222"
    if true == predicted:
        return f"✓ {one_line(true, 11)}{share}", _RIGHT
    return f"✗ {one_line(predicted, 11)}{share}\ntrue: {one_line(true, 12)}", _WRONG
