"""Inputs for predictions and labelled samples for an evaluation, from files whose format is told by their content."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.data.idx import looks_like_idx, read_idx
from nbnet.data.images import SUFFIXES, read_image
from nbnet.data.npy import MAGIC, read_npy
from nbnet.data.npz import npz_names, read_npz
from nbnet.data.reading import PathLike, opened
from nbnet.data.spec import InputSpec
from nbnet.errors import DataError

__all__ = ["Inputs", "read_inputs", "read_labelled"]

_INPUT_NAMES = ("x", "x_test", "inputs", "images")
_SPLITS = {"validation": ("validation", "val", "valid")}
_PAIRS = (("x_test", "y_test"), ("x", "y"))


class Inputs(NamedTuple):
    """Samples and where each comes from.

    Attributes
    ----------
    names : list of str
        One for each sample: an image's path, or ``"digits.npz[3]"``.
    x : ndarray, shape (N, *spec.shape)
        Raw inputs: preprocessing is still to be applied.
    """

    names: list[str]
    x: np.ndarray


def read_inputs(paths: Iterable[PathLike], spec: InputSpec, invert: bool = False) -> Inputs:
    """Read input samples from ``.npy``, ``.npz``, IDX and image files, and from folders of images.

    Parameters
    ----------
    paths : iterable of path-like
        The files and folders. An archive's inputs are its array ``x`` (or ``x_test``, ``inputs``, ``images``), or its
        only array.
    spec : InputSpec
        What the model expects. Images are converted and resized to its shape, and black to white mapped to its range.
    invert : bool
        Make light of dark in images, and the reverse.

    Returns
    -------
    Inputs

    Raises
    ------
    DataError
        When there is no sample, a file cannot be read, or its samples have another shape.

    Warns
    -----
    UserWarning
        Once, when images look like negatives of the training samples by their mean brightness.
    """
    names: list[str] = []
    parts: list[np.ndarray] = []
    negatives: list[Path] = []
    for path in _files(paths):
        kind = _kind(path)
        x = checked_array(spec.check(_read_input(path, kind, spec), f"'{path}'"), f"'{path}'")
        if kind == "image":
            if invert:
                x = (spec.minimum + spec.maximum - x).astype(x.dtype)
            if spec.looks_negative(x):
                negatives.append(path)
        names += [str(path)] if kind == "image" else [f"{path}[{row}]" for row in range(len(x))]
        parts.append(x)
    if not parts:
        raise DataError("Expected at least one input file; received none.")
    if negatives:
        others = f" and {len(negatives) - 1} others" if len(negatives) > 1 else ""
        warnings.warn(
            f"'{negatives[0]}'{others}: by the mean brightness more like a negative of the training samples. Images "
            f"are read as they are{', inverted as asked' if invert else '; --invert swaps light and dark'}.",
            UserWarning,
            stacklevel=2,
        )
    return Inputs(names, np.concatenate(parts))


def read_labelled(path: PathLike, split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Samples with labels from an ``.npz`` archive.

    Parameters
    ----------
    path : path-like
        An archive with the arrays ``x_test`` and ``y_test``, or ``x`` and ``y``.
    split : "train", "validation" or "test", optional
        Read ``x_train`` and ``y_train``, and so on.

    Returns
    -------
    x, y : ndarray

    Raises
    ------
    DataError
        When the archive cannot be read, lacks the arrays, or they differ in length.
    """
    present = npz_names(path)
    for pair in _PAIRS if split is None else [(f"x_{name}", f"y_{name}") for name in _SPLITS.get(split, (split,))]:
        if set(pair) <= set(present):
            x, y = (checked_array(array, f"'{path}' {name}") for name, array in read_npz(path, pair).items())
            if len(x) != len(y):
                raise DataError(f"'{path}': expected as many inputs as labels; received {len(x)} and {len(y)}.")
            return x, y
    if split is not None:
        raise DataError(
            f"'{path}' has no {split} samples: expected the arrays x_{split} and y_{split}; received "
            f"{', '.join(present) or 'none'}. Leave out the split to take all samples of a file with x and y."
        )
    raise DataError(
        f"'{path}': expected the arrays x and y, or x_test and y_test; received {', '.join(present) or 'none'}. Write "
        "them with numpy.savez(path, x=inputs, y=labels)."
    )


def _files(paths: Iterable[PathLike]) -> Iterable[Path]:
    """The files, with folders replaced by the images in them."""
    for given in paths:
        path = Path(given)
        if not path.is_dir():
            yield path
            continue
        images = sorted(item for item in path.iterdir() if item.suffix.lower() in SUFFIXES and item.is_file())
        if not images:
            raise DataError(f"The folder '{path}' has no image: expected files that end in {', '.join(SUFFIXES)}.")
        yield from images


def _kind(path: Path) -> str:
    """``"npy"``, ``"npz"``, ``"idx"`` or ``"image"``, by the first bytes."""
    with opened(path, "input file") as stream:
        start = stream.read(len(MAGIC))
    if not start:
        raise DataError(f"The input file '{path}' is empty. Write or download it again.")
    if start == MAGIC:
        return "npy"
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "npz"
    if path.suffix.lower() in (".npy", ".npz"):
        return path.suffix.lower()[1:]  # its reader says what is wrong with it
    return "idx" if looks_like_idx(start) else "image"


def _read_input(path: Path, kind: str, spec: InputSpec) -> np.ndarray:
    """The array that one file gives."""
    if kind == "npy":
        return read_npy(path)
    if kind == "idx":
        return read_idx(path)
    if kind == "image":
        return read_image(path, spec.shape, (spec.minimum, spec.maximum))
    present = npz_names(path)
    found = [name for name in _INPUT_NAMES if name in present] or (present if len(present) == 1 else [])
    if not found:
        raise DataError(
            f"'{path}': expected the inputs as array x (or {', '.join(_INPUT_NAMES[1:])}), or one array alone; "
            f"received {', '.join(present) or 'none'}."
        )
    return read_npz(path, found[:1])[found[0]]
