"""CIFAR-10: photographs of animals and vehicles, 32x32 in colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.data.reading import PathLike
from nbnet.datasets.cifar_images import Cifar, load
from nbnet.hookspecs import Register, hookimpl

__all__ = ["cifar10"]

_CIFAR10 = Cifar(
    name="cifar-10",
    binary_folders=("cifar-10-batches-bin", "cifar-10", "cifar10"),
    python_folders=("cifar-10-batches-py", "cifar-10", "cifar10"),
    train_files=tuple(f"data_batch_{number}" for number in range(1, 6)),
    test_file="test_batch",
    labels=("labels",),
    classes=(10,),
)
_CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def cifar10(
    dir: PathLike | None = None,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
) -> Data:
    """CIFAR-10: 50,000 training and 10,000 test photographs of ten kinds of animals and vehicles.

    Parameters
    ----------
    dir : path-like, optional
        The folder with the files of the binary version (``data_batch_1.bin``, …) or the Python version
        (``data_batch_1``, …), or one with the subfolder that its archive unpacks to, or ``cifar-10``. Default:
        ``--data-dir``, else NBNET_DATA_DIR, else the folder ``nbnet/data`` in the user's cache folder.
    preprocess : callable or list, optional
        As for ``nbnet.Data``.

    Returns
    -------
    Data
        x : uint8, shape (N, 32, 32, 3), red, green and blue; y : int64, shape (N,), 0 to 9. Training samples are the
        first 45,000 of the training files, validation samples the last 5,000.

    Raises
    ------
    DataError
        When files are missing, truncated or damaged, or a pickle holds other than plain data; it is read without
        executing anything.

    Notes
    -----
    Keras downloads the Python version; its labels have the shape (N, 1), and no samples are set apart for validation.

    References
    ----------
    Krizhevsky (2009), Learning multiple layers of features from tiny images, University of Toronto.
    """
    return load(_CIFAR10, "labels", _CLASS_NAMES, dir, preprocess)


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"cifar-10"``."""
    register("cifar-10", cifar10)
