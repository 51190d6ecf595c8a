"""Making and writing figures: the one door to matplotlib, and the look that all pictures share."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbnet.errors import ArgumentError, MissingPackageError
from nbnet.training.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "FORMATS",
    "GREY",
    "MARKERS",
    "available",
    "checked_ending",
    "finished",
    "new_figure",
    "one_line",
    "styled",
]

# Okabe and Ito 2008, "Color universal design": told apart by colour-blind readers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#8C6D1F", "#000000")
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")  # shapes say the same, for print without colour
GREY = "#5A5A5A"
FORMATS = (".png", ".svg", ".pdf")
_DOTS_PER_INCH = 144


def available() -> bool:
    """Whether matplotlib is installed; it is not imported for the answer."""
    return importlib.util.find_spec("matplotlib") is not None


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of `width` x `height` inches that keeps its labels apart.

    Raises
    ------
    MissingPackageError
        When matplotlib is not installed.
    """
    if not available():
        raise MissingPackageError(
            "Pictures need matplotlib, which is not installed. Get it with: pip install nbnet[plot]"
        )
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    engine: Any = figure.get_layout_engine()
    if engine is not None:
        engine.set(w_pad=0.09, h_pad=0.08)  # inches around each panel: labels stay clear of the edge
    return figure


def styled(axes: Axes, title: str = "", x: str = "", y: str = "") -> Axes:
    """Light lines around and behind the data, and the texts of the axes."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#B0B0B0")
    axes.grid(color="#E6E6E6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=GREY, labelsize=9, length=3)
    axes.set_title(title, fontsize=11, loc="left", color="#222222")
    axes.set_xlabel(x, fontsize=10, color=GREY)
    axes.set_ylabel(y, fontsize=10, color=GREY)
    return axes


def finished(figure: Figure, path: str | os.PathLike[str] | None) -> Figure:
    """Write the figure, if there is a path, in place of an old file only when it is complete.

    Raises
    ------
    ArgumentError
        When the path has another ending than .png, .svg or .pdf.
    OSError
        When the file cannot be written.
    """
    if path is not None:
        place = checked_ending(path, FORMATS)
        # Without a date the same picture is the same file.
        about: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(place.suffix.lower(), {})
        drawn = io.BytesIO()
        with _missing_glyphs_once():
            if place.suffix.lower() == ".png":
                _rasterise(figure, drawn)
            else:
                figure.savefig(drawn, format=place.suffix[1:].lower(), dpi=_DOTS_PER_INCH, metadata=about)
        with whole_file(place, binary=True) as file:
            file.write(drawn.getvalue())
    return figure


def _rasterise(figure: Figure, file: io.BytesIO) -> None:
    """What ``savefig`` writes, in four fifths of its time: it lays out and draws a figure once, unseen, before that."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    dots = figure.dpi
    figure.dpi = _DOTS_PER_INCH
    try:
        FigureCanvasAgg(figure).print_png(file)
    finally:
        figure.dpi = dots


@contextlib.contextmanager
def _missing_glyphs_once() -> Iterator[None]:
    """Say in one warning which characters the font lacks, and not in one for each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    missing: dict[str, None] = {}
    for warning in caught:
        found = re.match(r"Glyph (\d+) ", str(warning.message))
        if found is None:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        else:
            missing[chr(int(found[1]))] = None
    if missing:
        listed = "".join(missing) if len(missing) <= 10 else "".join(list(missing)[:10]) + "…"
        warnings.warn(
            f"The font of the picture has no sign for {listed}, which is drawn as a box. Choose another one with "
            "matplotlib.rcParams['font.family'].",
            stacklevel=4,
        )


def checked_ending(path: str | os.PathLike[str], endings: tuple[str, ...]) -> Path:
    """`path` with one of the `endings`; an ArgumentError for any other."""
    place = Path(path)
    if place.suffix.lower() not in endings:
        raise ArgumentError(f"A picture is written to a file that ends in {', '.join(endings)}; received '{path}'.")
    return place


def one_line(text: object, width: int) -> str:
    """A label on one line of at most `width` characters; a dollar sign stays a dollar sign, not mathematics."""
    flat = " ".join(str(text).split())
    short = flat if len(flat) <= width else flat[: width - 1] + "…"
    return short.replace("$", r"\$")
