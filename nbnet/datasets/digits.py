"""The UCI handwritten digits, 8x8, which come with nbnet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.hookspecs import Register, hookimpl

__all__ = ["digits"]

_FILE = Path(__file__).with_name("digits.npz")
_CLASS_NAMES = tuple("0123456789")


def digits(preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None) -> Data:
    """1,797 handwritten digits of 8x8 pixels, embedded in nbnet: small, real, and learned in seconds.

    Parameters
    ----------
    preprocess : callable or list, optional
        As for ``nbnet.Data``.

    Returns
    -------
    Data
        x : uint8, shape (N, 8, 8), 0 (paper) to 16 (ink); y : int64, shape (N,), 0 to 9. 1,257 training, 270 validation
        and 270 test samples in a fixed shuffled order, each class with the same share of each split.

    Notes
    -----
    A pixel counts the inked ones of a block of 4x4 in a 32x32 bitmap. The samples are the test set of the UCI data set,
    written by 13 people.

    References
    ----------
    Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
    doi:10.24432/C50P49. The data set is under CC BY 4.0.

    Examples
    --------
    >>> digits().train[0].shape
    (1257, 8, 8)
    """
    data = Data.from_npz(_FILE, preprocess, _CLASS_NAMES)
    data.name = "digits"
    return data


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"digits"``."""
    register("digits", digits)
