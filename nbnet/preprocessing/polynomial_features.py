"""PolynomialFeatures: products of features, so that a linear model can learn curves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain, combinations, combinations_with_replacement
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.step import Step

__all__ = ["PolynomialFeatures"]

_MAX_FEATURES = 100_000


class PolynomialFeatures(Step):
    """All products of up to `degree` features, as scikit-learn has them.

    Parameters
    ----------
    degree : int
        At least 1.
    interaction_only : bool
        Leave out products in which a feature comes twice.
    include_bias : bool
        Begin with a column of ones, the product of no feature. A Dense layer has a bias of its own.

    Notes
    -----
    For features a, b and degree 2: 1, a, b, a², ab, b². Products are computed in float64, the result is float32; scale
    the inputs before, since high powers of large numbers lose everything else.

    Examples
    --------
    >>> PolynomialFeatures(2)(np.array([[2.0, 3.0]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 6.0, 9.0]]
    """

    def __init__(self, degree: int = 2, interaction_only: bool = False, include_bias: bool = True) -> None:
        if isinstance(degree, bool) or not isinstance(degree, (int, np.integer)) or not 1 <= degree <= 100:
            raise DataError(f"PolynomialFeatures expects a degree from 1 to 100; received {degree!r:.60}.")
        for name, value in (("interaction_only", interaction_only), ("include_bias", include_bias)):
            if not isinstance(value, bool):
                raise DataError(f"PolynomialFeatures expects {name} as True or False; received {value!r:.60}.")
        self.degree = int(degree)
        self.interaction_only = interaction_only
        self.include_bias = include_bias

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The products, float32, of shape (N, number of products).

        Raises
        ------
        DataError
            For inputs of another shape than (N, features), or more than 100,000 products.
        """
        if x.ndim != 2:
            raise DataError(
                f"PolynomialFeatures expects inputs (N, features); received {x.shape}. Put Flatten() before it."
            )
        width = self.count(x.shape[1])
        if width > _MAX_FEATURES:
            raise DataError(
                f"PolynomialFeatures(degree={self.degree}) makes {width:,} features of {x.shape[1]}; expected at most "
                f"{_MAX_FEATURES:,}. Lower the degree, or put PCA before it."
            )
        wide = x.astype(np.float64)
        made = np.empty((len(x), width), np.float32)
        with np.errstate(over="ignore"):  # what becomes infinite is refused by nbnet.Data, which says where
            for place, product in enumerate(self._products(x.shape[1])):
                made[:, place] = wide[:, product].prod(axis=1)
        return made

    def count(self, features: int) -> int:
        """How many products `features` features give."""
        if self.interaction_only:
            found = sum(math.comb(features, size) for size in range(1, min(self.degree, features) + 1))
        else:
            found = math.comb(features + self.degree, self.degree) - 1
        return found + self.include_bias

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            "degree": self.degree,
            "interaction_only": self.interaction_only,
            "include_bias": self.include_bias,
        }

    def _products(self, features: int) -> Iterator[list[int]]:
        """The features of each product, by degree."""
        choose = combinations if self.interaction_only else combinations_with_replacement
        sizes = range(0 if self.include_bias else 1, self.degree + 1)
        return (list(chosen) for chosen in chain.from_iterable(choose(range(features), size) for size in sizes))
