"""OneHot: each value of a column, learned from the training inputs, becomes a column of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.step import Step

__all__ = ["OneHot"]

_MAX_COLUMNS = 100_000


class OneHot(Step):
    """One-hot encode every column, as scikit-learn's ``OneHotEncoder``.

    Parameters
    ----------
    categories : "auto" or list of lists
        The values of each column, in the order of their output columns. "auto": those of the training inputs, sorted.
    handle_unknown : "error" or "ignore"
        What a later value that is not among them means: an error, or zeros in all columns of that input.

    Notes
    -----
    Column j with the values v_0, v_1, … gives the columns [x_j = v_0], [x_j = v_1], …, those of the first input column
    first. For a table of numbers and texts there is ``Tabular``.

    Examples
    --------
    >>> step = OneHot().fit(np.array([[1, 7], [3, 7]]))
    >>> step(np.array([[3, 7]]))
    array([[0., 1., 1.]], dtype=float32)
    """

    def __init__(self, categories: str | Sequence[Sequence[Any]] = "auto", handle_unknown: str = "error") -> None:
        if handle_unknown not in ("error", "ignore"):
            raise DataError(f"OneHot expects handle_unknown as 'error' or 'ignore'; received {handle_unknown!r:.60}.")
        self.handle_unknown = handle_unknown
        self.categories: list[np.ndarray] | None = None
        if isinstance(categories, str):
            if categories != "auto":
                raise DataError(
                    f"OneHot expects categories as 'auto' or a list for each column; received {categories!r}."
                )
        else:
            self.categories = [_as_categories(column) for column in _as_list(categories)]
            if not self.categories:
                raise DataError("OneHot expects categories for at least one column; received an empty list.")
            _check_width(self.categories)

    @property
    def fitted(self) -> bool:
        """Whether the categories are known."""
        return self.categories is not None

    def fit(self, x: np.ndarray) -> OneHot:
        """Learn the values of each column.

        Parameters
        ----------
        x : ndarray, shape (N, columns) or (N,)
            Integers, booleans, whole or other numbers, or text.

        Returns
        -------
        OneHot
            The step itself.

        Raises
        ------
        DataError
            When `x` has another number of axes, or so many different values that they are no categories.
        """
        self.categories = [np.unique(column) for column in _columns(x).T]
        try:
            _check_width(self.categories)
        except DataError:
            self.categories = None
            raise
        return self

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Zeros and ones, float32, of shape (N, categories of all columns).

        Raises
        ------
        DataError
            Before `fit`, for another number of columns, and for an unknown value unless these are ignored.
        """
        if self.categories is None:
            raise DataError("OneHot is not fitted. Give it to nbnet.Data(preprocess=...), or call fit(x_train) first.")
        table = _columns(x)
        if table.shape[1] != len(self.categories):
            raise DataError(f"OneHot was fitted to {len(self.categories)} columns; received {table.shape[1]}.")
        parts = [self._encoded(column, place) for place, column in enumerate(table.T)]
        return np.concatenate(parts, axis=1)

    def get_config(self) -> dict[str, Any]:
        """The categories as lists, and what is done about unknown values."""
        known = "auto" if self.categories is None else [column.tolist() for column in self.categories]
        return {"categories": known, "handle_unknown": self.handle_unknown}

    def __repr__(self) -> str:
        """The number of categories of each column."""
        counts = "not fitted" if self.categories is None else [len(column) for column in self.categories]
        return f"OneHot({counts}, handle_unknown={self.handle_unknown!r})"

    def _encoded(self, column: np.ndarray, place: int) -> np.ndarray:
        """The columns that one column becomes."""
        assert self.categories is not None
        known = self.categories[place]
        if (known.dtype.kind in "US") != (column.dtype.kind in "US"):
            raise DataError(f"OneHot: column {place} has {column.dtype}; it was fitted to {known.dtype}.")
        encoded = column[:, None] == known
        lost = ~encoded.any(axis=1)
        if self.handle_unknown == "error" and lost.any():
            sample = int(np.argmax(lost))
            raise DataError(
                f"OneHot: column {place} has the unknown value {column[sample]!r} at sample {sample}; the training "
                f"inputs had {_shown(known)}. Use OneHot(handle_unknown='ignore') to take such values as none of these."
            )
        return encoded.astype(np.float32)


def _columns(x: np.ndarray) -> np.ndarray:
    """Inputs as (N, columns)."""
    if x.ndim not in (1, 2) or x.dtype.kind not in "biufUS":
        raise DataError(
            f"OneHot expects an array (N, columns) of numbers or text; received {x.dtype} {x.shape}. Use Flatten "
            "first, or Tabular for a table of mixed columns."
        )
    return x.reshape(len(x), -1)


def _as_list(value: Any) -> list[Any]:
    """A sequence that was given or saved."""
    if not isinstance(value, (list, tuple, np.ndarray)):
        raise DataError(f"OneHot expects categories as 'auto' or a list for each column; received {value!r:.60}.")
    return list(value)


def _as_categories(column: Any) -> np.ndarray:
    """The categories of one column, which differ from each other."""
    try:
        values = np.asarray(_as_list(column))
    except (ValueError, OverflowError, RecursionError) as error:
        raise DataError(f"OneHot expects each column's categories as a flat list; received {column!r:.60}.") from error
    if values.ndim != 1 or values.size == 0 or values.dtype.kind not in "biufUS":
        raise DataError(f"OneHot expects each column's categories as numbers or texts; received {column!r:.60}.")
    if len(np.unique(values)) != len(values):
        raise DataError(f"OneHot expects categories that differ; received {_shown(values)}.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError("OneHot expects finite numbers as categories.")
    return values


def _check_width(categories: Sequence[np.ndarray]) -> None:
    """Refuse so many output columns that the inputs were hardly categories."""
    width = sum(map(len, categories))
    if width > _MAX_COLUMNS:
        raise DataError(
            f"OneHot: the columns have {width:,} different values; expected at most {_MAX_COLUMNS:,}. Numbers that "
            "measure something are no categories: leave them out, or use an Embedding layer."
        )


def _shown(values: np.ndarray) -> str:
    """Some values in one line."""
    listed = [repr(value) for value in values[:6].tolist()]
    return ", ".join(listed) + (f", … ({len(values)} in all)" if len(values) > 6 else "")
