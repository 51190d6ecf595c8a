"""The splits of a data set, checked when they come in: pairs of one length, alike in shape, with labels that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.errors import DataError
from nbnet.graph.dtypes import as_array
from nbnet.preprocessing.table import Table

__all__ = ["Raw", "Split", "applied", "check_alike", "check_class_names", "checked_inputs", "checked_pair"]

Split = tuple[np.ndarray, np.ndarray]
# Before preprocessing, inputs may be a table.
Raw = tuple[Any, np.ndarray]


def checked_pair(given: Any, name: str, missing: bool = False) -> Raw:
    """The checked inputs and labels of one split; `missing`: inputs may hold NaN."""
    if isinstance(given, np.ndarray) or not isinstance(given, (tuple, list)) or len(given) != 2:
        what = f"{len(given)} items" if isinstance(given, (tuple, list)) else type(given).__name__
        raise DataError(f"Data: expected {name}=(x, y), inputs and labels; received {what}.")
    x, y = checked_inputs(given[0], f"{name} x", missing), checked_array(given[1], f"{name} y")
    if len(x) != len(y):
        shape = f" {x.shape}" if isinstance(x, np.ndarray) else ""
        raise DataError(
            f"Data: expected as many inputs as labels in {name}; received {len(x)} inputs{shape} and {len(y)} "
            f"labels {y.shape}."
        )
    return x, y


def checked_inputs(value: Any, where: str, missing: bool = False) -> Any:
    """A table with rows, or an array as ``checked_array`` takes it; `missing`: it may hold NaN."""
    if isinstance(value, Table):
        if not len(value):
            raise DataError(f"{where}: expected at least one row; received a table without any.")
        return value
    array = value if isinstance(value, np.ndarray) or not missing else np.asarray(value)
    if not missing or array.dtype.kind != "f" or not np.isnan(array).any():
        return checked_array(value, where)
    checked_array(np.where(np.isnan(array), array.dtype.type(0), array), where)
    return as_array(array.astype(array.dtype.newbyteorder("="), copy=False))


def check_alike(pair: Raw, train: Raw, name: str) -> None:
    """Refuse a split whose samples have other shapes, or columns, than the training samples."""
    for letter, array, first in zip("xy", pair, train, strict=True):
        if isinstance(array, Table) or isinstance(first, Table):
            _check_columns(array, first, name)
        elif array.shape[1:] != first.shape[1:]:
            raise DataError(
                f"Data: expected {name} {letter} with samples of shape {first.shape[1:]}, as in train; received "
                f"{array.shape[1:]} ({array.shape} in all)."
            )


def _check_columns(table: Any, first: Any, name: str) -> None:
    """Refuse a table with other columns than that of the training samples."""
    if not isinstance(table, Table) or not isinstance(first, Table):
        raise DataError(
            f"Data: expected {name} x as {type(first).__name__}, as in train; received {type(table).__name__}."
        )
    lacking = [column for column in first.names if column not in table.columns]
    if lacking:
        raise DataError(
            f"Data: expected {name} x with the column {lacking[0]!r}, as in train; it has {', '.join(table.names)}."
        )


def applied(step: Callable[[Any], np.ndarray], x: Any, name: str) -> np.ndarray:
    """Preprocessed inputs, checked again."""
    result = step(x)
    if result is None:
        raise DataError(f"Data: preprocess {step!r} returned None for {name} x; it must return the new array.")
    array = checked_array(result, f"{name} x, preprocessed by {step!r},")
    if len(array) != len(x):
        raise DataError(
            f"Data: preprocess {step!r} must keep the number of samples; it made {len(array)} of {len(x)} in {name}. "
            "It receives all samples of a split at once, shape (N, ...)."
        )
    return array


def check_class_names(given: Sequence[str] | None, splits: Mapping[str, np.ndarray]) -> tuple[str, ...] | None:
    """The names as a tuple, compared with the labels of each split."""
    if given is None:
        return None
    names = tuple(given) if not isinstance(given, str) else ()
    if not names or not all(isinstance(name, str) and name for name in names):
        raise DataError(
            f"Data: expected class_names as a sequence of names, such as ['cat', 'dog']; received {given!r:.60}."
        )
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"Data: class_names has {twice!r} more than once.")
    for split, y in splits.items():
        if y.ndim == 2 and y.shape[1] > 1 and y.shape[1] != len(names):
            raise DataError(f"Data: {split} y has {y.shape[1]} columns; class_names has {len(names)} names.")
        if y.dtype.kind in "iu" and (y.ndim == 1 or y.shape[1:] == (1,)) and y.max() >= len(names):
            sample = int(np.argmax(y))
            raise DataError(
                f"Data: expected labels 0 to {len(names) - 1} for {len(names)} class_names; {split} y has {y.max()} at "
                f"sample {sample}. Labels are counted from 0."
            )
    return tuple(str(name) for name in names)
