"""MNIST: handwritten digits, 28x28."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.data.reading import PathLike
from nbnet.datasets.idx_images import FASHION_MNIST, MNIST, load
from nbnet.hookspecs import Register, hookimpl

__all__ = ["mnist"]


def mnist(
    dir: PathLike | None = None,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
) -> Data:
    """The MNIST database of handwritten digits: 60,000 training and 10,000 test images.

    Parameters
    ----------
    dir : path-like, optional
        The folder with the four IDX files, gzipped or not, or one with the subfolder ``mnist``. Default:
        ``--data-dir``, else NBNET_DATA_DIR, else the folder ``nbnet/data`` in the user's cache folder.
    preprocess : callable or list, optional
        As for ``nbnet.Data``.

    Returns
    -------
    Data
        x : uint8, shape (N, 28, 28), 0 (paper) to 255 (ink); y : int64, shape (N,), 0 to 9. Training samples are the
        first 55,000 of the training file, validation samples its last 5,000.

    Raises
    ------
    DataError
        When the files are missing, damaged, or those of another data set.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition, Proceedings of
    the IEEE 86(11). The data set is under CC BY-SA 3.0.
    """
    return load(MNIST, (FASHION_MNIST,), dir, preprocess)


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"mnist"``."""
    register("mnist", mnist)
