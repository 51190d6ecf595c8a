"""What a network answers everywhere in a plane."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError
from nbnet.plot.classes import classes, is_classification, labels_of
from nbnet.plot.figure import COLOURS, GREY, MARKERS, finished, new_figure, one_line, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["decision_boundary"]

_POINTS_UP_TO = 2000  # more hide what is behind them


def decision_boundary(
    model: Any,
    x: Any,
    y: Any = None,
    path: str | os.PathLike[str] | None = None,
    *,
    class_names: Sequence[str] | None = None,
    resolution: int = 200,
    title: str | None = None,
) -> Figure:
    """Draw the regions in which a network with two inputs decides for each class, and the samples in them.

    Parameters
    ----------
    model : Model or callable
        Its ``predict``, or it itself, takes (N, 2) and gives (N,) or (N, outputs).
    x : array_like, shape (N, 2)
        Samples, as the network gets them.
    y : array_like, shape (N,) or (N, classes), optional
        Their labels; their numbers for a network that gives one number and is no classifier.
    path : path-like, optional
        Where to write the picture: .png, .svg or .pdf.
    class_names : sequence of str, optional
        The model's when None.
    resolution : int > 1
        Points a side at which the network is asked.
    title : str, optional

    Returns
    -------
    Figure
        Regions in the colours of the classes, paler where the network is less sure; the border is a black line. Of a
        regression the number is shown in shades. At most 2,000 samples are drawn, evenly chosen.

    Raises
    ------
    ShapeError
        When samples have other than two numbers, or the outputs do not fit.
    ArgumentError
        When samples are not finite, or `resolution` is too small.
    MissingPackageError
        When matplotlib is not installed.
    """
    points = np.asarray(x, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(
            f"decision_boundary draws networks with two inputs, x of shape (N, 2); received {np.shape(x)}. "
            "Choose two columns and train on them, or look at confusion_matrix."
        )
    if not np.isfinite(points).all():
        raise ArgumentError("decision_boundary expects finite samples; x holds NaN or infinity.")
    if resolution < 2:
        raise ArgumentError(f"decision_boundary expects resolution of at least 2; received {resolution}.")
    horizontal, vertical = (_ticks(points[:, axis], resolution) for axis in (0, 1))
    grid = np.stack(np.meshgrid(horizontal, vertical), axis=-1).reshape(-1, 2).astype(np.float32)
    answers = _asked(model, grid)
    figure = new_figure(6.4, 5.0)
    axes = styled(figure.add_subplot(), "" if title is None else one_line(title, 60), "input 0", "input 1")
    axes.grid(visible=False)
    targets = None if y is None else np.asarray(y)
    if targets is not None and len(targets) != len(points):
        raise ShapeError(
            f"decision_boundary expects a label for each of {len(points)} samples; received {len(targets)}."
        )
    several = answers.shape[1] > 1
    names = class_names if class_names is not None else getattr(model, "class_names", None)
    shape = (len(vertical), len(horizontal))
    chosen = np.unique(np.linspace(0, len(points) - 1, _POINTS_UP_TO).astype(np.int64))
    if several or (targets is not None and is_classification(targets, np.empty((len(targets), 1)))):
        count = answers.shape[1] if several else 2
        _regions(axes, horizontal, vertical, answers, shape, count)
        labels = labels_of(count, names)
        if targets is not None:
            _class_points(axes, points[chosen], classes(targets)[chosen], labels)
    else:
        numbers = None if targets is None else targets.reshape(len(targets), -1)[chosen, 0]
        _shades(figure, axes, horizontal, vertical, answers[:, 0].reshape(shape), points[chosen], numbers)
    axes.set_xlim(horizontal[0], horizontal[-1])
    axes.set_ylim(vertical[0], vertical[-1])
    return finished(figure, path)


def _ticks(values: np.ndarray, resolution: int) -> np.ndarray:
    """Evenly spaced numbers from below the smallest to above the largest."""
    low, high = float(values.min()), float(values.max())
    pad = 0.12 * (high - low) or 1.0
    return np.linspace(low - pad, high + pad, resolution)


def _asked(model: Any, grid: np.ndarray) -> np.ndarray:
    """The network's outputs, a row for each point."""
    predict = getattr(model, "predict", None) or model
    answers = np.asarray(predict(grid), np.float64)
    answers = answers.reshape(len(answers), -1) if answers.ndim else answers
    if answers.ndim != 2 or len(answers) != len(grid) or not answers.shape[1]:
        raise ShapeError(f"The network gave {answers.shape} for {len(grid)} points; expected a row for each.")
    return answers


def _regions(
    axes: Any, horizontal: np.ndarray, vertical: np.ndarray, answers: np.ndarray, shape: tuple[int, int], count: int
) -> None:
    """Colour each point by its class, paler where the answer is less sure, and draw the borders."""
    from matplotlib.colors import to_rgb

    winners = classes(answers, threshold=None if answers.shape[1] > 1 else _threshold(answers))
    sure = _sureness(answers)
    palette = np.array([to_rgb(COLOURS[index % len(COLOURS)]) for index in range(count)])
    strength = (0.12 + 0.38 * sure)[:, None]
    pixels = (1 - strength) + strength * palette[winners % count]
    extent = (horizontal[0], horizontal[-1], vertical[0], vertical[-1])
    axes.imshow(pixels.reshape(*shape, 3), extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    field = winners.reshape(shape)
    if answers.shape[1] == 1:
        borders = [(answers[:, 0] - _threshold(answers)).reshape(shape)]
    else:  # where a class's output and the best of the others are equal
        borders = [
            (answers[:, index] - np.delete(answers, index, axis=1).max(axis=1)).reshape(shape)
            for index in np.unique(field)
        ]
    for border in borders:
        if border.min() < 0 < border.max():
            axes.contour(horizontal, vertical, border, levels=[0.0], colors="#222222", linewidths=1.2)


def _threshold(answers: np.ndarray) -> float:
    """Where one output turns from class 0 to class 1: half a probability, or 0 for other numbers."""
    return 0.5 if answers.min() >= 0 and answers.max() <= 1 else 0.0


def _sureness(answers: np.ndarray) -> np.ndarray:
    """How sure each answer is, from 0 to 1: how far it is from the border, by the largest such distance."""
    if answers.shape[1] == 1:
        distance = np.abs(answers[:, 0] - _threshold(answers))
    else:
        ordered = np.sort(answers, axis=1)
        distance = ordered[:, -1] - ordered[:, -2]
    largest = distance.max()
    return distance / largest if largest > 0 else np.zeros(len(answers))


def _class_points(axes: Any, points: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> None:
    """The samples, each class with a colour and a shape of its own."""
    size = 30 if len(points) <= 400 else 14
    drawn = []
    for index in range(len(names)):
        own = points[labels == index]
        if len(own):
            axes.scatter(
                own[:, 0], own[:, 1], s=size, c=COLOURS[index % len(COLOURS)], marker=MARKERS[index % len(MARKERS)],
                edgecolors="white", linewidths=0.6, label=str(index),
            )  # fmt: skip
            drawn.append(names[index])
    if drawn and 1 < len(names) <= 20:
        legend = axes.legend(
            fontsize=8.5, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, frameon=False, title="class",
            title_fontsize=9, alignment="left",
        )  # fmt: skip
        for text, name in zip(legend.get_texts(), drawn, strict=True):  # as a label "_a" would be left out
            text.set_text(one_line(name, 18))


def _shades(
    figure: Any,
    axes: Any,
    horizontal: np.ndarray,
    vertical: np.ndarray,
    field: np.ndarray,
    points: np.ndarray,
    numbers: np.ndarray | None,
) -> None:
    """The number that a regression gives, and the samples in the shade of theirs."""
    limits = np.array([field.min(), field.max(), *(() if numbers is None else (numbers.min(), numbers.max()))], float)
    low, high = limits.min(), limits.max()
    filled = axes.pcolormesh(horizontal, vertical, field, cmap="cividis", vmin=low, vmax=high, shading="gouraud")
    bar = figure.colorbar(filled, ax=axes, fraction=0.045, pad=0.02)
    bar.set_label("output", fontsize=9, color=GREY)
    bar.ax.tick_params(colors=GREY, labelsize=8, length=2)
    axes.scatter(
        points[:, 0], points[:, 1], s=26, edgecolors="white", linewidths=0.7,
        **({"c": "white"} if numbers is None else {"c": numbers, "cmap": "cividis", "vmin": low, "vmax": high}),
    )  # fmt: skip
