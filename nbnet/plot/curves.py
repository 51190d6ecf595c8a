"""Loss and metrics of a training, epoch by epoch."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.errors import ArgumentError, DataError
from nbnet.plot.figure import COLOURS, GREY, finished, new_figure, one_line, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curves", "read_metrics"]

_NO_CURVES = ("epoch", "seconds")
_RATES = ("learning_rate", "lr")  # of neither training nor validation samples
_COLUMNS = 3
_FEW = 25  # epochs up to which each has a marker
_WIDE = 50.0  # a loss that falls by more than this factor is shown on a logarithmic axis

Series = dict[str, list[float | None]]  # None: not measured in that epoch


def curves(history: Any, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> Figure:
    """Draw loss and each metric over the epochs, training beside validation.

    Parameters
    ----------
    history : History, mapping, or path-like
        What ``fit`` returns; a mapping of names to one number an epoch; or a run folder or its metrics.csv.
    path : path-like, optional
        Where to write the picture: .png, .svg or .pdf.
    title : str, optional
        Above the picture; the run folder's name when None.

    Returns
    -------
    Figure
        A panel for the loss and for each metric that is a number. The epoch with the lowest validation loss, whose
        weights a run keeps in best.nbnet, is marked where there is validation. Epochs count from 1; numbers that are
        NaN or infinite leave a gap.

    Raises
    ------
    ArgumentError
        When `history` is none of these, or holds no epoch.
    DataError
        When metrics.csv cannot be read.
    MissingPackageError
        When matplotlib is not installed.

    Examples
    --------
    >>> figure = curves({"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.7]})
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['loss']
    """
    epochs, series, name = _series(history)
    if not epochs or not series:
        raise ArgumentError("There are no curves to draw: no epoch has ended yet.")
    title = name if title is None else title
    panels = list(dict.fromkeys(key.removeprefix("val_") for key in series))
    columns = min(_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = new_figure(max(4.6 * columns, 6.0), 3.4 * rows + (0.4 if title else 0))
    best = _best_epoch(epochs, series)
    for index, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, index + 1)
        _panel(axes, panel, epochs, series, best)
    if title:
        figure.suptitle(one_line(title, 26 * columns + 20), fontsize=13, x=0.01, ha="left", color="#222222")
    return finished(figure, path)


def read_metrics(path: str | os.PathLike[str]) -> tuple[list[int], Series]:
    """Epochs and series of a metrics.csv; an empty cell is None.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    place = Path(path)
    try:
        with place.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        epochs = [int(float(row["epoch"])) for row in rows]
        names = [name for name in (rows[0] if rows else {}) if name not in _NO_CURVES]
        cells = {name: [row[name] for row in rows] for name in names}
        read = {name: column for name, column in cells.items() if _has_numbers(column)}
        if cells and not read:
            raise ValueError("no number in any column")
        return epochs, {name: [float(cell) if cell else None for cell in column] for name, column in read.items()}
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise DataError(
            f"'{place}' holds no metrics ({type(error).__name__}: {error}); expected a table with a column 'epoch' and "
            "one for each metric, as `nbnet train` writes it."
        ) from error


def _series(history: Any) -> tuple[list[int], Series, str]:
    """Epochs counted from 1, the numbers by name, and what the run is called."""
    if isinstance(history, (str, os.PathLike)):
        place = Path(history)
        table = place / "metrics.csv" if place.is_dir() else place
        epochs, series = read_metrics(table)
        return epochs, series, (place if place.is_dir() else place.parent).resolve().name
    found = history if isinstance(history, Mapping) else getattr(history, "history", None)
    if not isinstance(found, Mapping):
        raise ArgumentError(
            f"curves expects a History as fit() returns it, a mapping of names to numbers, or a run folder; received "
            f"{type(history).__name__}."
        )
    longest = max((len(values) for values in found.values()), default=0)
    counted = [int(epoch) + 1 for epoch in getattr(history, "epoch", ())]
    epochs = counted if len(counted) == longest else list(range(1, longest + 1))
    places = getattr(history, "places", {})
    series = {
        str(name): _spread(values, longest, places.get(name, ()))
        for name, values in found.items()
        if name not in _NO_CURVES and not any(np.ndim(value) or isinstance(value, str) for value in values)
    }
    return epochs, series, ""


def _has_numbers(cells: Sequence[str | None]) -> bool:
    """Whether a column is one of numbers, and not of matrices or texts; an empty one has none yet."""
    for cell in filter(None, cells):
        try:
            float(cell or "")
        except ValueError:
            continue
        return True
    return not any(cells)


def _spread(values: Sequence[Any], longest: int, places: Sequence[int] = ()) -> list[float | None]:
    """One number an epoch, None in the others; where nobody says which epochs these are, every nth one."""
    numbers = [None if value is None else float(value) for value in values]
    if len(numbers) == longest:
        return numbers
    every = longest // max(len(numbers), 1)
    spread: list[float | None] = [None] * longest
    known = len(places) == len(numbers) and max(places, default=0) < longest
    for index, number in enumerate(numbers):
        spread[places[index] if known else (index + 1) * every - 1] = number
    return spread


def _best_epoch(epochs: Sequence[int], series: Series) -> int | None:
    """The place of the lowest validation loss; None where nothing was validated."""
    measured = [
        (value, place)
        for place, value in enumerate(series.get("val_loss", ()))
        if value is not None and math.isfinite(value)
    ]
    return min(measured)[1] if measured else None


def _panel(axes: Axes, name: str, epochs: Sequence[int], series: Series, best: int | None) -> None:
    """One quantity: training and validation."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    styled(axes, one_line(name.replace("_", " "), 44), "epoch")
    shown = []
    for key, label, colour, line in (
        (name, "training", COLOURS[0], "-"),
        (f"val_{name}", "validation", COLOURS[1], "--"),
    ):
        points = [
            (epoch, value) for epoch, value in zip(epochs, series.get(key, ()), strict=False) if value is not None
        ]
        known = [value for _, value in points if math.isfinite(value)]
        if not known:
            continue
        shown += known
        sparse = len(known) <= _FEW or len(known) < len(points)  # a number between two gaps shows only as a marker
        axes.plot(
            [epoch for epoch, _ in points], [value if math.isfinite(value) else math.nan for _, value in points],
            line, color=colour, label=label, linewidth=1.8, marker="o" if sparse else "", markersize=3.5,
        )  # fmt: skip
    if best is not None:
        axes.axvline(epochs[best], color=GREY, linewidth=0.9, linestyle=":", zorder=1)
        value = series[f"val_{name}"][best] if f"val_{name}" in series else None
        if value is not None and math.isfinite(value):
            axes.plot(
                [epochs[best]], [value], "D", color=COLOURS[1], markeredgecolor="black", markersize=7, linestyle="",
                label=f"best epoch {epochs[best]}: {value:.4g}", zorder=4,
            )  # fmt: skip
    if shown:
        if name == "loss" and min(shown) > 0 and max(shown) > _WIDE * min(shown):
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))  # 0.01, not a power of ten
            axes.yaxis.set_minor_formatter(NullFormatter())
        if name not in _RATES:
            axes.legend(fontsize=8.5, frameon=False, labelcolor="#222222")
    else:
        axes.text(0.5, 0.5, "no finite numbers", transform=axes.transAxes, ha="center", color=GREY)
    low, high = min(epochs), max(epochs)
    pad = 0.5 if low == high else 0.03 * (high - low)
    axes.set_xlim(low - pad, high + pad)
    if low == high:
        axes.set_xticks([low])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7, min_n_ticks=1))
