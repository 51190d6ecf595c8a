"""Which pixels of an image the score of a class depends on."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.losses.crossentropy import logits_of
from nbnet.plot.classes import labels_of
from nbnet.plot.features import one_input
from nbnet.plot.figure import GREY, finished, new_figure, one_line
from nbnet.plot.images import picture
from nbnet.runtime.function import function

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Saliency", "saliency", "saliency_map"]

_BRIGHT = 99.5  # percentile of a map that is drawn brightest, so that one pixel does not darken the others


class Saliency(NamedTuple):
    """Saliency maps of some images.

    Attributes
    ----------
    maps : ndarray, shape (N, H, W)
        At least 0.
    classes : ndarray, shape (N,), int64
        Whose score was differentiated.
    outputs : ndarray, shape (N, classes)
        What the model gives for the images.
    """

    maps: np.ndarray
    classes: np.ndarray
    outputs: np.ndarray


def saliency_map(
    model: Any, x: Any, class_index: int | None = None, *, smooth: int = 0, noise: float = 0.15, seed: int = 0
) -> Saliency:
    """The absolute gradient of a class score in each pixel, in inference.

    Parameters
    ----------
    model : Model
        With one input of images and one output (N, classes).
    x : array_like, shape (N, H, W), (N, H, W, C) or (N, side * side)
        Preprocessed, as ``predict`` takes them.
    class_index : int, optional
        Number of the class, the column of the output; that of the largest output of each image when None.
    smooth : int >= 0
        Average the gradients of so many noisy copies of each image (SmoothGrad); 0 is the gradient of the image itself.
    noise : float >= 0
        Standard deviation of that noise, in parts of the range of each image.
    seed : int >= 0
        Of the noise.

    Returns
    -------
    Saliency

    Raises
    ------
    ArgumentError
        When there is no such class, `smooth` or `noise` is below 0, or the model has several inputs or outputs.
    ShapeError
        When `x` holds no images, or the output is no row of scores for each.

    Notes
    -----
    M(i, j) = max over channels c of |∂S / ∂x(i, j, c)|, where S is the class score: what goes into the softmax or
    sigmoid at the end, where there is one, and the output otherwise. Behind a softmax the gradient of the probability
    would mix in those of all other classes. With `smooth` the gradient is (1 / n) Σ ∂S(x + ε) / ∂x.

    References
    ----------
    Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional networks: visualising image classification models
    and saliency maps", section 3.1; Smilkov, Thorat, Kim, Viégas and Wattenberg 2017, "SmoothGrad: removing noise by
    adding noise", section 3.

    Examples
    --------
    >>> import numpy as np, nbnet
    >>> from nbnet.layers import Dense, Flatten
    >>> model = nbnet.Sequential([Flatten(input_shape=(2, 2)), Dense(2)])
    >>> model.set_weights([np.array([[1, 0], [-2, 0], [0, 3], [0, 4]], "float32"), np.zeros(2, "float32")])
    >>> saliency_map(model, np.ones((1, 2, 2)), 0).maps.tolist()
    [[[1.0, 2.0], [0.0, 0.0]]]
    """
    if smooth < 0 or not noise >= 0:
        raise ArgumentError(f"saliency expects smooth and noise of at least 0; received {smooth} and {noise}.")
    batch = one_input(model, x).astype(model.dtype)  # the gradient in whole numbers is none
    shape = _image_shape(batch)
    model._ensure_built(batch)

    def inference(batch: Any) -> Any:
        return _checked_output(model, model(batch, training=False), len(batch))

    outputs: np.ndarray = function(inference)(batch)
    count = outputs.shape[1]
    classes = np.argmax(outputs, axis=1)
    if class_index is not None:
        if not 0 <= operator.index(class_index) < count:
            raise ArgumentError(
                f"Model '{model.name}' has the classes 0 to {count - 1}; there is no class {class_index} to explain."
            )
        classes = np.full(len(batch), class_index, np.int64)

    def slope(batch: Any, chosen: Any) -> Any:
        y = inference(batch)
        sigmoid = logits_of(y, "sigmoid")
        logits = logits_of(y, "softmax") if sigmoid is None else sigmoid
        return gradients(ops.sum((y if logits is None else logits) * chosen), [batch])[0]

    gradient = function(slope)
    chosen = (classes[:, None] == np.arange(count)).astype(outputs.dtype)
    if not smooth:
        total = np.asarray(gradient(batch, chosen), np.float64)
    else:
        draws = np.random.default_rng(seed)
        axes = tuple(range(1, batch.ndim))
        spread = noise * (batch.max(axis=axes, keepdims=True) - batch.min(axis=axes, keepdims=True))
        total = np.zeros(batch.shape)
        for _ in range(smooth):
            noisy = batch + spread * draws.standard_normal(batch.shape, np.float32)
            total += gradient(noisy.astype(batch.dtype), chosen) / smooth
    maps = np.abs(total.reshape(len(batch), *shape)).max(axis=-1)
    return Saliency(maps, classes, outputs)


def saliency(
    model: Any,
    x: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    class_index: int | None = None,
    class_names: Sequence[str] | None = None,
    smooth: int = 0,
    noise: float = 0.15,
    seed: int = 0,
    max_samples: int = 8,
    images: Any = None,
    title: str | None = None,
) -> Figure:
    """Draw images, their saliency maps, and the maps laid over the images.

    Parameters
    ----------
    model : Model
    x : array_like, shape (N, H, W), (N, H, W, C) or (N, side * side)
        Preprocessed, as ``predict`` takes them.
    path : path-like, optional
        Where to write the picture: .png, .svg or .pdf.
    class_index, smooth, noise, seed
        As for :func:`saliency_map`.
    class_names : sequence of str, optional
        Those of the model when None, where it has any.
    max_samples : int > 0
        How many are drawn, the first ones.
    images : array_like, shape (N, H, W) or (N, H, W, C), optional
        Shown in place of `x`: the images before the preprocessing.
    title : str, optional

    Returns
    -------
    Figure
        A row for each image. A map is brightest from its 99.5th percentile on.

    Raises
    ------
    ArgumentError, ShapeError
        As :func:`saliency_map` does, and when `max_samples` is below 1.
    MissingPackageError
        When matplotlib is not installed.
    """
    if isinstance(max_samples, bool) or max_samples < 1:
        raise ArgumentError(f"saliency expects max_samples of at least 1; received {max_samples!r}.")
    x = one_input(model, x)[:max_samples]
    shown = x if images is None else np.asarray(images)
    found = saliency_map(model, x, class_index, smooth=smooth, noise=noise, seed=seed)
    if class_names is None and isinstance(model.class_names, tuple):
        class_names = model.class_names
    columns = found.outputs.shape[1]
    names = labels_of(max(columns, 2) if class_names and len(class_names) > 1 else columns, class_names)
    ratio = float(np.clip(found.maps.shape[1] / found.maps.shape[2], 0.3, 3.0))
    figure = new_figure(7.4, (2.25 * ratio + 0.35) * len(x) + (0.45 if title else 0.1))
    rows = figure.subplots(len(x), 3, squeeze=False)
    for index, panels in enumerate(rows):
        _row(panels, picture(shown[index : index + 1]), found.maps[index])
        panels[0].set_title(_caption(found, index, names), fontsize=9.5, loc="left", color="#222222", pad=4)
        panels[1].set_title(_method(found.maps[index], smooth), fontsize=9, loc="left", color=GREY, pad=4)
        panels[2].set_title("over the image", fontsize=9, loc="left", color=GREY, pad=4)
    if title:
        figure.suptitle(one_line(title, 70), fontsize=12, x=0.01, ha="left", color="#222222")
    return finished(figure, path)


def _row(panels: Any, image: np.ndarray | None, found: np.ndarray) -> None:
    """The image, its map, and both."""
    known = np.where(np.isfinite(found), found, 0)
    bright = float(np.percentile(known, _BRIGHT)) or float(known.max()) or 1.0
    stretched = np.clip(known / bright, 0, 1)
    if image is not None:
        panels[0].imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        grey = image if image.ndim == 2 else image[..., :3] @ (0.299, 0.587, 0.114)
        height, width = stretched.shape
        over = (-0.5, width - 0.5, height - 0.5, -0.5)  # an image of another size is laid under the map
        panels[2].imshow(grey, cmap="gray", vmin=0, vmax=1, interpolation="nearest", extent=over)
    panels[1].imshow(stretched, cmap="inferno", vmin=0, vmax=1, interpolation="nearest")
    panels[2].imshow(stretched, cmap="inferno", vmin=0, vmax=1, interpolation="nearest", alpha=0.9 * stretched)
    for axes in panels:
        axes.set_xticks(())
        axes.set_yticks(())
        for spine in axes.spines.values():
            spine.set_color("#C8C8C8")


def _caption(found: Saliency, index: int, names: Sequence[str]) -> str:
    """Which class is explained, and what the model gives for it."""
    output = found.outputs[index]
    number = int(found.classes[index])
    alone = len(output) == 1
    name = names[-1] if alone and len(names) == 2 else names[number]  # one column is the score of the second class
    likely = not alone and output.min() >= 0 and abs(float(output.sum()) - 1) < 1e-3
    return f"{one_line(name, 18)}: {output[number]:.0%}" if likely else f"{one_line(name, 18)}: {output[number]:.3g}"


def _method(found: np.ndarray, smooth: int) -> str:
    """What the map is."""
    if not found.any():
        return "the gradient is 0 everywhere"
    return f"|mean gradient| of {smooth} noisy" if smooth else "|gradient|"


def _image_shape(batch: np.ndarray) -> tuple[int, ...]:
    """(H, W, channels) of one image."""
    if batch.ndim == 4:
        return batch.shape[1:]
    if batch.ndim == 3:
        return (*batch.shape[1:], 1)
    side = int(np.sqrt(batch.shape[1])) if batch.ndim == 2 else 0
    if side < 2 or side * side != batch.shape[1]:
        raise ShapeError(
            f"A saliency map is of images (N, H, W), (N, H, W, C) or (N, side * side); received {batch.shape}."
        )
    return side, side, 1


def _checked_output(model: Any, y: Any, count: int) -> Any:
    """The output of the model, checked to have a row of scores for each image."""
    if isinstance(y, (list, tuple, dict)):
        raise ArgumentError(
            f"Saliency is of one output; model '{model.name}' has {len(y)}. Make a model that ends with the one: "
            "nbnet.Model(model.inputs, output)."
        )
    if y.ndim != 2 or y.shape[0] != count:
        raise ShapeError(
            f"Saliency is of class scores (N, classes); model '{model.name}' gives {tuple(y.shape)} for {count} images."
        )
    return y
