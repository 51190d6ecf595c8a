"""Data sets in the form of MNIST: four IDX files with 28x28 grey images of ten classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nbnet.data.data import Data
from nbnet.data.idx import read_idx
from nbnet.data.reading import PathLike
from nbnet.datasets.folder import find_files
from nbnet.errors import DataError

__all__ = ["FASHION_MNIST", "MNIST", "ImageSet", "load"]

_STEMS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


class ImageSet(NamedTuple):
    """One data set of this form."""

    name: str
    subfolders: tuple[str, ...]
    class_names: tuple[str, ...]
    # Of the training file: they tell which data set a folder holds, since all use the same file names.
    first_labels: tuple[int, ...]


MNIST = ImageSet(
    "mnist", ("mnist", "MNIST", "MNIST/raw"), tuple("0123456789"), (5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7)
)
FASHION_MNIST = ImageSet(
    "fashion-mnist",
    ("fashion-mnist", "fashion_mnist", "FashionMNIST/raw"),
    ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    (9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9),
)


def load(
    wanted: ImageSet,
    others: Sequence[ImageSet],
    folder: PathLike | None,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None,
) -> Data:
    """Read the four files; the last twelfth of the training samples (5,000 of 60,000) becomes the validation split.

    Raises
    ------
    DataError
        When files are missing or damaged, or are those of one of `others`, whose files have the same names.
    """
    files = find_files(wanted.name, folder, wanted.subfolders, _STEMS)
    x, y = _pair(files[0], files[1], len(wanted.class_names))
    x_test, y_test = _pair(files[2], files[3], len(wanted.class_names))
    for other in others:
        if tuple(y[: len(other.first_labels)].tolist()) == other.first_labels:
            raise DataError(
                f"The files in '{files[0].parent}' are those of {other.name}; expected {wanted.name}. Give the folder "
                f"of {wanted.name}, or its parent folder with the subfolder '{wanted.subfolders[0]}'."
            )
    cut = len(x) - max(1, len(x) // 12)
    data = Data((x[:cut], y[:cut]), (x[cut:], y[cut:]), (x_test, y_test), preprocess, wanted.class_names)
    data.name = wanted.name
    return data


def _pair(images: Path, labels: Path, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) uint8 and labels (N,) int64 of one split."""
    x, y = read_idx(images), read_idx(labels)
    if x.ndim != 3 or x.dtype != np.uint8:
        raise DataError(f"'{images}': expected images, uint8 of shape (N, 28, 28); received {x.dtype} {x.shape}.")
    if y.ndim != 1 or y.dtype != np.uint8:
        raise DataError(f"'{labels}': expected labels, uint8 of shape (N,); received {y.dtype} {y.shape}.")
    if len(x) != len(y):
        raise DataError(f"'{images}' has {len(x)} images and '{labels}' {len(y)} labels. They do not belong together.")
    if len(x) < 2:
        raise DataError(f"'{images}' has {len(x)} images; expected at least 2.")
    if y.max() >= classes:
        raise DataError(
            f"'{labels}': expected labels 0 to {classes - 1}; received {y.max()} at sample {int(np.argmax(y))}."
        )
    return x, y.astype(np.int64)
