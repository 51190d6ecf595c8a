"""What the kernels of a convolution look for."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.errors import ArgumentError
from nbnet.plot.convolutions import convolutions
from nbnet.plot.figure import GREY, finished, new_figure, one_line
from nbnet.plot.mosaic import bare, mosaic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["filters"]

_CHANNELS_UP_TO = 16  # of a filter that is drawn channel by channel
_GAP_COLOUR = "#BFBFBF"  # unlike that of 0, which is white


def filters(
    model: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    layer: str | None = None,
    max_filters: int | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the filters of a convolution as a grid.

    Parameters
    ----------
    model : Model
        Built, with a Conv2D, DepthwiseConv2D, SeparableConv2D or Conv2DTranspose.
    path : path-like, optional
        Where to write the picture: .png, .svg or .pdf.
    layer : str, optional
        Name of the convolution; the first one, in the order of :attr:`Model.layers`, when None.
    max_filters : int > 0, optional
        How many are drawn, the first ones; 64 when None, and 16 where each needs a row.
    title : str, optional

    Returns
    -------
    Figure
        Filters that see three channels are in colour, the channels being red, green and blue, and a weight of 0 mid
        grey. Those that see one are red where weights are positive, blue where they are negative and white at 0. Of
        others each row is a filter and each column a channel, the first 16. Each filter is scaled by its own largest
        magnitude.

    Raises
    ------
    ArgumentError
        When the model has no such convolution, or `max_filters` is below 1.
    NotBuiltError
        When it has no weights yet.
    MissingPackageError
        When matplotlib is not installed.

    Notes
    -----
    A depthwise kernel is a filter of one channel for each channel and multiplier. Of a Conv2DTranspose each picture is
    what one input channel paints into the output's channels.

    References
    ----------
    Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural networks", figure 3.
    """
    if isinstance(max_filters, bool) or (max_filters is not None and max_filters < 1):
        raise ArgumentError(f"filters expects max_filters of at least 1; received {max_filters!r}.")
    name, found = _chosen(model, layer)
    kernel = _by_filter(found)
    count, height, width, channels = kernel.shape
    together = channels in (1, 3)
    shown = _scaled(kernel[: max_filters or (64 if together else 16)])
    if together:
        columns = _columns(len(shown))
        tiles = shown[..., 0] if channels == 1 else (shown + 1) / 2
    else:
        columns = min(channels, _CHANNELS_UP_TO)
        tiles = np.moveaxis(shown[..., :columns], -1, 1).reshape(-1, height, width)
    whole = mosaic(tiles, columns)
    drawn_width = float(np.clip((0.62 if together else 0.45) * columns, 2.6, 12))
    drawn_height = float(np.clip(drawn_width * whole.shape[0] / whole.shape[1], 0.4, 40))
    figure = new_figure(max(drawn_width, 5.2) + 0.5, drawn_height + 0.9)
    axes = figure.add_subplot()
    if channels == 3:
        axes.imshow(np.nan_to_num(whole, nan=1.0), interpolation="nearest")
    else:
        import matplotlib

        axes.imshow(
            whole, cmap=matplotlib.colormaps["RdBu_r"].with_extremes(bad=_GAP_COLOUR), vmin=-1, vmax=1,
            interpolation="nearest",
        )  # fmt: skip
    bare(axes)
    if not together:
        axes.set_ylabel("filter", fontsize=9, color=GREY)
        axes.set_xlabel(f"channel{'' if columns == channels else f', {columns} of {channels}'}", fontsize=9, color=GREY)
    some = f"{len(shown)} of {count}" if len(shown) < count else f"{count}"
    subject = f"{one_line(name, 24)}: {some} filter{'s' * (count != 1)} of {height} × {width} × {channels}"
    figure.suptitle(subject if title is None else one_line(title, 60), fontsize=11, x=0.01, ha="left", color="#222222")
    axes.set_title(_LEGEND.get(channels, _LEGEND[1]), fontsize=8.5, loc="left", color=GREY)
    return finished(figure, path)


_LEGEND = {1: "red: positive, blue: negative, white: 0", 3: "channels as red, green, blue; grey: 0"}


def _chosen(model: Any, name: str | None) -> tuple[str, Any]:
    """The named convolution, or the first."""
    found = convolutions(model)
    if name is None:
        name = next(iter(found))
    if name not in found:
        raise ArgumentError(f"Model '{model.name}' has no convolution '{name}'; it has {', '.join(found)}.")
    return name, found[name]


def _by_filter(layer: Any) -> np.ndarray:
    """The kernel as (filters, rows, columns, channels)."""
    depthwise = getattr(layer, "depthwise_kernel", None)  # of a SeparableConv2D, whose other kernel is 1 x 1
    kernel = np.asarray((layer.kernel if depthwise is None else depthwise).numpy(), np.float64)
    if depthwise is not None or hasattr(layer, "depth_multiplier"):
        kernel = kernel.reshape(*kernel.shape[:2], 1, -1)
    return np.moveaxis(kernel, -1, 0)


def _scaled(kernel: np.ndarray) -> np.ndarray:
    """Each filter divided by its largest magnitude; what is not finite is not drawn."""
    known = np.where(np.isfinite(kernel), kernel, 0)
    largest = np.abs(known).max(axis=(1, 2, 3), keepdims=True)
    return np.where(np.isfinite(kernel), known / np.where(largest > 0, largest, 1), np.nan)


def _columns(count: int) -> int:
    """How many filters stand in a row: a grid twice as wide as high, without a gap where that can be."""
    about = math.ceil(math.sqrt(2 * count))
    return next((columns for columns in range(about, min(count, 2 * about) + 1) if count % columns == 0), about)
