"""The splits of a data set in ``.npy`` files, which need not be loaded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nbnet.data.npy import read_npy
from nbnet.data.reading import PathLike
from nbnet.errors import DataError

__all__ = ["read_npy_splits"]


def read_npy_splits(
    files: Mapping[str, tuple[PathLike | None, PathLike | None]],
    shares: Mapping[str, float],
    max_bytes: int,
    mmap: bool,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read the splits that there are files of, and cut others off the end of the training samples.

    Parameters
    ----------
    files : mapping of str to (path-like or None, path-like or None)
        Inputs and labels of "train", which must be there, and of other splits.
    shares : mapping of str to float in [0, 1)
        What is cut off, as a share of the training samples; the last samples for the first item.
    max_bytes, mmap
        As for :func:`nbnet.data.read_npy`.

    Returns
    -------
    dict of str to (x, y)

    Raises
    ------
    DataError
        When a file cannot be read or one of a pair is missing, lengths differ, or shares are out of range.
    """
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, (x_file, y_file) in files.items():
        if (x_file is None) != (y_file is None):
            raise DataError(
                f"Data.from_npy: expected x_{name} and y_{name}, or neither of them; received one without the other."
            )
        if x_file is not None and y_file is not None:
            found[name] = (read_npy(x_file, max_bytes, mmap), read_npy(y_file, max_bytes, mmap))
    x, y = found["train"]
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise DataError(f"Data.from_npy: expected as many inputs as labels in train; received {x.shape} and {y.shape}.")
    begin = whole = len(x)
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise DataError(f"Data.from_npy: expected {name} as a share in [0, 1); received {share!r:.60}.")
        if share and name in found:
            raise DataError(f"Data.from_npy: expected files of {name} samples or the share {name}=; received both.")
        count = round(share * whole)
        if count:
            found[name] = (x[begin - count : begin], y[begin - count : begin])
            begin -= count
        if begin < 1:
            raise DataError(f"Data.from_npy: {whole} samples with {dict(shares)} leave none to train on.")
    found["train"] = (x[:begin], y[:begin])
    return found
