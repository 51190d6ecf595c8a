"""Filters, feature maps and saliency of a run folder or a saved model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.data.inputs import read_inputs
from nbnet.data.reading import PathLike
from nbnet.errors import ArgumentError, DataError, SavedModelError
from nbnet.plot.features import features as draw_features
from nbnet.plot.figure import FORMATS
from nbnet.plot.filters import filters as draw_filters
from nbnet.plot.saliency import saliency as draw_saliency
from nbnet.plot.saved import Pictures
from nbnet.preprocessing.per_input import preprocessed
from nbnet.training.trained import load_trained

__all__ = ["inspect_saved"]


def inspect_saved(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    filters: bool = False,
    features: PathLike | None = None,
    saliency: PathLike | None = None,
    layer: str | None = None,
    class_name: str | int | None = None,
    smooth: int = 0,
    invert: bool = False,
    format: str = "png",
) -> Pictures:
    """Draw what a trained network looks for and what it sees in an image.

    Parameters
    ----------
    path : path-like
        A run folder or a ``.nbnet`` file.
    out : path-like, optional
        The folder to write to, which is made; the run folder, or the one in which the file is, when None.
    filters : bool
        Draw the filters of the first convolution, :func:`nbnet.plot.filters`.
    features : path-like, optional
        An image of which the feature maps are drawn, :func:`nbnet.plot.features`; any file that
        :func:`nbnet.data.inputs.read_inputs` reads, of whose samples the first counts. It goes through the
        preprocessing of the training.
    saliency : path-like, optional
        An image, or up to 8 in a file or folder, of which the saliency is drawn, :func:`nbnet.plot.saliency`.
    layer : str, optional
        Draw filters and feature maps of the layer of this name in place of the first, and all.
    class_name : str or int, optional
        Name or number of the class whose saliency is drawn; the one that the model predicts when None.
    smooth : int >= 0
        Noisy copies over which the saliency is averaged.
    invert : bool
        Make light of dark in image files, and the reverse.
    format : "png", "svg" or "pdf"

    Returns
    -------
    Pictures
        Paths of ``filters``, ``features`` and ``saliency``.

    Raises
    ------
    ArgumentError
        When nothing is asked for, the format, the layer or the class does not exist, or the model has no convolution.
    DataError, SavedModelError
        When model or image cannot be read, or do not fit each other.
    MissingPackageError
        When matplotlib is not installed.
    """
    if f".{format}" not in FORMATS:
        raise ArgumentError(f"Pictures are written as {', '.join(item[1:] for item in FORMATS)}; received {format!r}.")
    if not filters and features is None and saliency is None:
        raise ArgumentError("There is nothing to draw: ask for filters, features of an image, or saliency of one.")
    model = load_trained(path)
    place = Path(path)
    folder = Path(out) if out is not None else (place if place.is_dir() else place.parent)
    prefix = "" if place.is_dir() else f"{place.stem}-"
    made = Pictures()
    seen = {kind: _images(model, path, image, invert) for kind, image in _asked(features, saliency)}
    explained = None if class_name is None else _class_number(model, class_name)
    folder.mkdir(parents=True, exist_ok=True)
    if filters:
        target = folder / f"{prefix}filters.{format}"
        draw_filters(model, target, layer=layer)
        made.paths["filters"] = target
    if "features" in seen:
        target = folder / f"{prefix}features.{format}"
        names, raw, x = seen["features"]
        draw_features(model, x, target, layer=layer, images=raw, title=f"Feature maps of {Path(names[0]).name}")
        made.paths["features"] = target
    if "saliency" in seen:
        target = folder / f"{prefix}saliency.{format}"
        names, raw, x = seen["saliency"]
        subject = Path(names[0]).name if len(names) == 1 else Path(os.fspath(saliency or "")).name
        draw_saliency(
            model, x, target, class_index=explained, smooth=smooth, images=raw, title=f"Saliency of {subject}"
        )
        made.paths["saliency"] = target
    return made


def _asked(features: PathLike | None, saliency: PathLike | None) -> list[tuple[str, PathLike]]:
    """The kinds of pictures for which there is an image."""
    return [(kind, image) for kind, image in (("features", features), ("saliency", saliency)) if image is not None]


def _images(
    model: Any, path: str | os.PathLike[str], image: PathLike, invert: bool
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, images as they are shown, and as the model takes them."""
    spec = model.input_spec
    if spec is None:
        raise SavedModelError(
            f"'{path}' does not say what its inputs looked like, as it was saved by a program and not by a run. "
            "Load it with nbnet.load and call nbnet.plot.features and nbnet.plot.saliency on arrays."
        )
    if spec.inputs is not None or spec.table is not None:
        kind = "several inputs" if spec.inputs is not None else "the columns of a table"
        raise DataError(f"Images are drawn of models with one input of images; '{path}' was trained on {kind}.")
    names, raw = read_inputs([image], spec, invert)
    return names, raw, np.asarray(preprocessed(model.preprocess, raw))


def _class_number(model: Any, given: str | int) -> int:
    """The number of a class that is named, or given as a number."""
    known = model.class_names if isinstance(model.class_names, tuple) else ()
    if isinstance(given, str) and given in known:
        return known.index(given)
    if isinstance(given, int) or given.isdecimal():
        return int(given)
    raise ArgumentError(
        f"There is no class '{given}'. "
        + (f"The model has {', '.join(known)}." if known else "The model has no names of classes; give the number.")
    )
