"""What convolutions make of an image."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph.tensor import active_trace
from nbnet.plot.convolutions import convolutions, named_layer
from nbnet.plot.figure import GREY, finished, new_figure, one_line
from nbnet.plot.images import picture
from nbnet.plot.mosaic import bare, mosaic
from nbnet.runtime.function import function
from nbnet.training.glass.recorder import Recorder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["feature_maps", "features", "one_input"]

_COLUMNS = 16
_WIDTH = 11.0  # inches of all columns
_PANEL, _FIGURE = 8.0, 160.0  # inches that the maps of a layer, and of all, are high at most
_LAYERS_UP_TO = 64


def feature_maps(model: Any, x: Any, layer: str | None = None) -> dict[str, np.ndarray]:
    """The outputs of convolutional layers for some images, in inference.

    Parameters
    ----------
    model : Model
        Sequential, made of symbols, or a subclass.
    x : array_like, shape (N, ...)
        Preprocessed, as ``predict`` takes them.
    layer : str, optional
        Name of one layer, which may be of another kind, such as a pooling or an activation; all two-dimensional
        convolutions when None.

    Returns
    -------
    dict of str to ndarray, shape (N, H, W, C)
        By the layers' names, in the order of their calls, with the activation that the layer has. A layer that is
        called again counts again, as ``"name (2)"``.

    Raises
    ------
    ArgumentError
        When the model has no convolution, or no layer of that name, or does not call it.
    ShapeError
        When the images do not fit the model, or the layer gives something else.

    Examples
    --------
    >>> import numpy as np, nbnet
    >>> from nbnet.layers import Conv2D, Flatten
    >>> model = nbnet.Sequential([Conv2D(2, 3, input_shape=(5, 5, 1), name="first"), Flatten()])
    >>> {name: maps.shape for name, maps in feature_maps(model, np.ones((1, 5, 5, 1), "float32")).items()}
    {'first': (1, 3, 3, 2)}
    """
    batch = one_input(model, x)
    model._ensure_built(batch)
    watched = convolutions(model) if layer is None else {layer: named_layer(model, layer)}
    names = {id(item): name for name, item in watched.items()}

    def outputs(batch: Any) -> dict[str, Any]:
        trace = active_trace()
        assert trace is not None
        recorder = Recorder(trace)
        with ExitStack() as watching:
            for item in watched.values():
                watching.enter_context(recorder.watching_layer(item))
            model(batch, training=False)
        found: dict[str, Any] = {}
        for call in recorder.calls:
            name = again = names[id(call.layer)]
            times = 1
            while again in found:
                times += 1
                again = f"{name} ({times})"
            found[again] = call.output
        return found

    maps: dict[str, np.ndarray] = function(outputs)(batch)
    if not maps:
        raise ArgumentError(f"Model '{model.name}' calls none of {', '.join(watched)}; there is nothing to draw.")
    for name, item in maps.items():
        if np.ndim(item) != 4:
            raise ShapeError(
                f"Feature maps are drawn of layers whose output is (N, H, W, C); '{name}' gives {np.shape(item)}. Name "
                f"a convolution, a pooling, or what follows one before it is flattened."
            )
    return maps


def features(
    model: Any,
    x: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    layer: str | None = None,
    max_maps: int = 32,
    images: Any = None,
    title: str | None = None,
) -> Figure:
    """Draw the feature maps of each convolution for one image.

    Parameters
    ----------
    model : Model
    x : array_like, shape (N, ...)
        Preprocessed, as ``predict`` takes them; the first one is drawn.
    path : path-like, optional
        Where to write the picture: .png, .svg or .pdf.
    layer : str, optional
        As for :func:`feature_maps`.
    max_maps : int > 0
        How many of a layer are drawn, the first ones.
    images : array_like, shape (N, H, W) or (N, H, W, C), optional
        Shown as the input in place of `x`: the images before the preprocessing.
    title : str, optional

    Returns
    -------
    Figure
        The image, and below it a row or more for each layer from the input on. Each map is stretched from its smallest
        number, dark, to its largest, light; a map of one number alone is dark, and they are counted.

    Raises
    ------
    ArgumentError, ShapeError
        As :func:`feature_maps` does, and when `max_maps` is below 1.
    MissingPackageError
        When matplotlib is not installed.

    References
    ----------
    Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", section 4, on what such maps show.
    """
    if isinstance(max_maps, bool) or max_maps < 1:
        raise ArgumentError(f"features expects max_maps of at least 1; received {max_maps!r}.")
    x = one_input(model, x)[:1]
    found = feature_maps(model, x, layer)
    left_out = len(found) - _LAYERS_UP_TO
    found = dict(list(found.items())[:_LAYERS_UP_TO])
    image = picture(x if images is None else np.asarray(images)[:1])
    panels = [_panel(name, maps[0], max_maps) for name, maps in found.items()]
    highest = min(_PANEL, _FIGURE / len(panels))
    heights = [min(_WIDTH * whole.shape[0] / whole.shape[1], highest) + 0.32 for _, whole in panels]
    if image is not None:
        heights.insert(0, min(max(1.5 * image.shape[0] / image.shape[1], 0.5), 4.0) + 0.32)
    figure = new_figure(_WIDTH + 0.4, sum(heights) + 0.5)
    rows = figure.subplots(len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    if image is not None:
        rows[0].imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        _under(rows[0], "input")
    import matplotlib

    for axes, (text, whole) in zip(rows[len(rows) - len(panels) :], panels, strict=True):
        colours = matplotlib.colormaps["viridis"].with_extremes(bad="white")
        axes.imshow(whole, cmap=colours, vmin=0, vmax=1, interpolation="nearest")
        _under(axes, text)
    subject = "Feature maps" if title is None else one_line(title, 60)
    more = f" (without {left_out} later layers)" if left_out > 0 else ""
    subject += f"{more}: each map from its smallest number, dark, to its largest, light"
    figure.suptitle(subject, fontsize=11, x=0.01, ha="left", color="#222222")
    return finished(figure, path)


def one_input(model: Any, x: Any) -> np.ndarray:
    """The images of a model with one input as an array."""
    names = model.input_names
    if isinstance(x, (dict, tuple)) or (names is not None and len(names) > 1):
        raise ArgumentError(
            f"Model '{model.name}' is drawn with images as its one input; it has {', '.join(names or ('several',))}."
        )
    batch = np.asarray(x)
    if batch.dtype.kind not in "buif" or batch.ndim < 2 or not batch.size:
        raise ShapeError(
            f"Expected images of shape (N, H, W) or (N, H, W, C), one at least; received {batch.dtype} {batch.shape}."
        )
    return batch.astype(model.dtype) if batch.dtype.kind == "f" else batch


def _panel(name: str, maps: np.ndarray, limit: int) -> tuple[str, np.ndarray]:
    """Text and mosaic of the maps (H, W, C) of one layer."""
    height, width, count = maps.shape
    shown = np.moveaxis(maps[..., :limit], -1, 0).astype(np.float64)
    shown[~np.isfinite(shown)] = np.nan
    low, high = (_each(found, shown) for found in (np.fmin, np.fmax))
    flat = int((high == low).sum())
    stretched = (shown - low) / np.where(high > low, high - low, 1)
    some = f"{len(shown)} of {count}" if len(shown) < count else f"{count}"
    constant = f", {flat} of them constant" if flat else ""
    text = f"{one_line(name, 40)}: {some} map{'s' * (count != 1)} of {height} × {width}{constant}"
    return text, mosaic(stretched, _COLUMNS)


def _each(extreme: np.ufunc, maps: np.ndarray) -> np.ndarray:
    """The smallest or largest number of each map, NaN not counting."""
    return extreme.reduce(maps, axis=(1, 2), keepdims=True)


def _under(axes: Any, text: str) -> None:
    """A picture at the left, with its text above."""
    bare(axes)
    axes.set_anchor("W")
    axes.set_title(text, fontsize=9, loc="left", color=GREY, pad=3)
