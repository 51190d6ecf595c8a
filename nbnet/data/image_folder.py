"""Folders of image files: a sub-folder for each class."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nbnet.data.images import SUFFIXES, read_image
from nbnet.data.reading import MAX_BYTES, PathLike, allocate
from nbnet.data.split import split
from nbnet.errors import DataError

__all__ = ["COLORS", "ImageFolder", "ImageSplits", "read_image_folder", "read_image_splits"]

COLORS: dict[str, tuple[int, ...]] = {"grayscale": (), "rgb": (3,), "rgba": (4,)}
_GREY = 24  # how far the channels of a grey pixel may lie apart in a compressed file
_HELD_OUT = (("validation", "val", "valid"), ("test",))
Split = tuple[np.ndarray, np.ndarray]


class ImageFolder(NamedTuple):
    """Images and the classes they lie under.

    Attributes
    ----------
    x : ndarray, shape (N, height, width) or (N, height, width, channels), uint8
    y : ndarray, shape (N,), int64
    class_names : tuple of str
        The names of the sub-folders, sorted.
    """

    x: np.ndarray
    y: np.ndarray
    class_names: tuple[str, ...]


def read_image_folder(
    path: PathLike,
    size: tuple[int, int] = (28, 28),
    color: str | None = "grayscale",
    class_names: Sequence[str] | None = None,
    skip_damaged: bool = False,
    max_bytes: int = MAX_BYTES,
) -> ImageFolder:
    """Read the images in the sub-folders of a folder, sub-folders and files by name.

    Parameters
    ----------
    path : path-like
        The folder. Each of its sub-folders holds the images of one class; hidden ones and deeper ones are not read.
    size : tuple (height, width) of int
        What every image is resized to.
    color : "grayscale", "rgb", "rgba" or None
        One channel, without an axis for it; three; or four. None: grayscale, with a warning when images are in colour.
    class_names : sequence of str, optional
        The sub-folders to read, class 0 first. Default: all, sorted.
    skip_damaged : bool
        Leave images out that cannot be read, with a warning that counts them. Otherwise the first one is an error.
    max_bytes : int
        Refuse a folder whose images would need more memory.

    Returns
    -------
    ImageFolder

    Raises
    ------
    DataError
        When the folder or a class has no image, or an image cannot be read.

    Warns
    -----
    UserWarning
        When images were skipped, or colours are lost that nobody asked to leave out.
    """
    if (
        not isinstance(size, (tuple, list))
        or len(size) != 2
        or not all(type(edge) is int and edge > 0 for edge in size)
    ):
        raise DataError(f"Expected size=(height, width), two positive integers; received {size!r:.60}.")
    unsaid, color = color is None, color or "grayscale"
    if color not in COLORS:
        raise DataError(f"Expected color as 'grayscale', 'rgb' or 'rgba'; received {color!r:.60}.")
    folders = _subfolders(path)
    if class_names is not None:
        missing = [name for name in class_names if name not in folders]
        if missing:
            raise DataError(f"'{path}' has no sub-folder '{missing[0]}'; it has {', '.join(folders)}.")
        folders = {name: folders[name] for name in class_names}
    files = {name: _images(folder) for name, folder in folders.items()}
    shape = (size[0], size[1], *COLORS[color])
    if unsaid:
        _warn_of_color(path, [images[0] for images in files.values()])
    x = allocate((sum(map(len, files.values())), *shape), np.dtype(np.uint8), f"'{path}'", max_bytes)
    y = np.empty(len(x), np.int64)
    done, skipped = 0, []
    for label, (name, images) in enumerate(files.items()):
        begin = done
        for image in images:
            try:
                x[done] = read_image(image, shape)
            except DataError as error:
                if not skip_damaged:
                    raise DataError(f"{error} Remove it, or leave such images out: skip_damaged=True.") from error
                skipped.append(image)
                continue
            y[done] = label
            done += 1
        if done == begin:
            raise DataError(f"'{folders[name]}' has no image that can be read; the class '{name}' would be empty.")
    if skipped:
        warnings.warn(
            f"'{path}': {len(skipped)} of {len(x)} images cannot be read and were left out, the first of them "
            f"'{skipped[0]}'.",
            UserWarning,
            stacklevel=2,
        )
    return ImageFolder(x[:done], y[:done], tuple(folders))


class ImageSplits(NamedTuple):
    """Images and classes of each split, None for one that is not there."""

    train: Split
    validation: Split | None
    test: Split | None
    class_names: tuple[str, ...]


def read_image_splits(
    path: PathLike,
    size: tuple[int, int],
    color: str | None,
    validation: float,
    test: float,
    seed: int,
    stratify: bool | None,
    skip_damaged: bool,
    max_bytes: int,
) -> ImageSplits:
    """Read a folder of classes and cut it, or one whose sub-folder ``train`` is a folder of classes, and others too.

    Parameters
    ----------
    path, size, color, skip_damaged, max_bytes
        As for :func:`read_image_folder`.
    validation, test, seed, stratify
        As for :func:`nbnet.data.split`.

    Returns
    -------
    ImageSplits

    Raises
    ------
    DataError
        As by :func:`read_image_folder`.
    """
    names = _subfolders(path)
    if "train" not in names:
        x, y, classes = read_image_folder(path, size, color, None, skip_damaged, max_bytes)
        return ImageSplits(*split(x, y, validation, test, seed, stratify), classes)
    train = read_image_folder(names["train"], size, color, None, skip_damaged, max_bytes)
    held_out: list[Split | None] = []
    for known in _HELD_OUT:
        place = next((names[name] for name in known if name in names), None)
        if place is None:
            held_out.append(None)
        else:
            images = read_image_folder(place, size, color, train.class_names, skip_damaged, max_bytes)
            held_out.append((images.x, images.y))
    return ImageSplits((train.x, train.y), held_out[0], held_out[1], train.class_names)


def _warn_of_color(path: PathLike, images: Sequence[Path]) -> None:
    """Warn when one of a few images is in colour."""
    for image in images:
        with contextlib.suppress(DataError):  # what is wrong with it is said when it is read
            pixels = read_image(image)
            if pixels.ndim == 3 and int((pixels.max(axis=2) - pixels.min(axis=2)).max()) > _GREY:
                warnings.warn(
                    f"'{path}' has images in colour, such as '{image}', which are read as grey. Give color='rgb' to "
                    "keep the colours, or color='grayscale' if grey is meant.",
                    UserWarning,
                    stacklevel=5,
                )
                return


def _subfolders(path: PathLike) -> dict[str, Path]:
    """The sub-folders of a folder by name, sorted, without hidden ones.

    Raises
    ------
    DataError
        When there is no such folder, or it has none.
    """
    place = Path(path)
    try:
        found = sorted(item for item in place.iterdir() if item.is_dir() and not item.name.startswith("."))
    except (OSError, ValueError) as error:
        raise DataError(f"Expected a folder of images '{path}'; it cannot be read: {error}.") from error
    if not found:
        raise DataError(f"'{path}' has no sub-folder: expected one for each class, with its images.")
    return {item.name: item for item in found}


def _images(folder: Path) -> list[Path]:
    """The image files of one class."""
    images = sorted(
        item
        for item in folder.iterdir()
        if item.suffix.lower() in SUFFIXES and not item.name.startswith(".") and item.is_file()
    )
    if not images:
        raise DataError(f"The folder '{folder}' has no image: expected files that end in {', '.join(SUFFIXES)}.")
    return images
