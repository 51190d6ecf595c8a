"""The diabetes data of Efron et al., which come with nbnet: a small real regression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.hookspecs import Register, hookimpl

__all__ = ["FEATURES", "diabetes"]

_FILE = Path(__file__).with_name("diabetes.npz")
FEATURES = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


def diabetes(preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None) -> Data:
    """Ten measurements of 442 patients, and how far their diabetes had progressed a year later.

    Parameters
    ----------
    preprocess : callable or list, optional
        As for ``nbnet.Data``; the columns have different units, so ``Standardize()`` is advised.

    Returns
    -------
    Data
        x : float32, shape (N, 10): age in years, sex (1 or 2), body mass index, mean blood pressure, and six values of
        the blood serum: s1 total cholesterol, s2 LDL, s3 HDL, s4 total cholesterol / HDL, s5 (possibly) the logarithm
        of triglycerides, s6 blood sugar. y : float32, shape (N,), 25 to 346. 310 training, 66 validation and 66 test
        samples in a fixed shuffled order.

    Notes
    -----
    A linear model explains about half of the variance of y. Values are as they were measured, where scikit-learn's
    default is scaled columns.

    References
    ----------
    Efron, Hastie, Johnstone and Tibshirani (2004), Least angle regression, Annals of Statistics 32(2), 407-499. The
    authors published the data with the article, without a licence of their own; scikit-learn distributes them in its
    package under the BSD 3-Clause licence.

    Examples
    --------
    >>> diabetes().train[0].shape
    (310, 10)
    """
    data = Data.from_npz(_FILE, preprocess)
    data.name = "diabetes"
    return data


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"diabetes"``."""
    register("diabetes", diabetes)
