"""The splits of a data set, checked when they come in: arrays of one length, alike in shape, with labels that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.errors import DataError
from nbnet.graph.dtypes import as_array
from nbnet.preprocessing.nest import is_nest, of, parts, with_parts
from nbnet.preprocessing.per_input import PerInput
from nbnet.preprocessing.table import Table

__all__ = [
    "ClassNames",
    "Split",
    "applied",
    "as_pair",
    "check_alike",
    "check_class_names",
    "checked_inputs",
    "checked_nest",
    "checked_pair",
    "checked_targets",
]

# Inputs, an array or a dict or tuple of arrays, and targets, an array or a dict of arrays. Before preprocessing a table
# may stand in place of an array of inputs.
Split = tuple[Any, Any]
ClassNames = tuple[str, ...] | dict[str, tuple[str, ...]]


def checked_pair(x: Any, y: Any, name: str, missing: bool | frozenset[str] = False) -> Split:
    """The checked inputs and labels of one split; `missing`: inputs, or those of these names, may hold NaN."""
    x, y = checked_nest(x, f"{name} x", missing), checked_targets(y, f"{name} y")
    if is_nest(x) or is_nest(y):
        _check_lengths(x, y, name)
    elif len(x) != len(y):
        shape = f" {x.shape}" if isinstance(x, np.ndarray) else ""
        hint = " Several targets are given in a dict by the names of the outputs." if y.shape[1:2] == (len(x),) else ""
        raise DataError(
            f"Data: expected as many inputs as labels in {name}; received {len(x)} inputs{shape} and {len(y)} "
            f"labels {y.shape}.{hint}"
        )
    return x, y


def as_pair(given: Any, name: str) -> Split:
    """The pair that one split is given as: several inputs as a dict or tuple, several targets as a dict.

    Parameters
    ----------
    given : tuple (x, y)
    name : str
        Of the split.

    Raises
    ------
    DataError
        When it is no pair, or a list of arrays may be samples as well as inputs.
    """
    if isinstance(given, np.ndarray) or not isinstance(given, (tuple, list)) or len(given) != 2:
        what = f"{len(given)} items" if isinstance(given, (tuple, list)) else type(given).__name__
        raise DataError(f"Data: expected {name}=(x, y), inputs and labels; received {what}.")
    x, y = given
    for letter, nest in (("x", x), ("y", y)):
        if isinstance(nest, Mapping) and (not nest or not all(isinstance(key, str) and key for key in nest)):
            raise DataError(f"Data: expected {name} {letter} with arrays by name; received the names {[*nest]!r:.80}.")
    # From here on a tuple is one of inputs.
    y = dict(y) if isinstance(y, Mapping) else list(y) if isinstance(y, tuple) else y
    if isinstance(x, Mapping):
        return dict(x), y
    if _several(x, _length(y), name):
        return tuple(x), y
    return (list(x) if isinstance(x, tuple) else x), y


def _several(x: Any, labels: int | None, name: str) -> bool:
    """Whether a list is one of inputs, an array for each, and not one of samples."""
    if not isinstance(x, (list, tuple)) or not x or not all(isinstance(item, (np.ndarray, Table)) for item in x):
        return False
    if any(isinstance(item, np.ndarray) and not item.ndim for item in x):
        return False
    as_inputs, as_samples = all(len(item) == labels for item in x), len(x) == labels
    if as_inputs and as_samples:
        raise DataError(
            f"Data: {name} x is a list of {len(x)} arrays of {labels} items, which may be {len(x)} inputs or "
            f"{len(x)} samples. Give inputs in a dict by name, or samples as one array: numpy.stack(x)."
        )
    return not as_samples


def _length(y: Any) -> int | None:
    """How many samples there are labels for, as far as can be seen."""
    first = next(iter(y.values())) if isinstance(y, dict) else y
    return len(first) if hasattr(first, "__len__") and not (isinstance(first, np.ndarray) and not first.ndim) else None


def checked_nest(x: Any, where: str, missing: bool | frozenset[str] = False) -> Any:
    """One or several inputs as ``checked_inputs`` takes them; `missing`: these, or those of the names, may hold NaN."""
    made = {
        key: checked_inputs(item, f"{where}{of(key)}", missing if isinstance(missing, bool) else key in missing)
        for key, item in parts(x).items()
    }
    return with_parts(x, made)


def checked_targets(y: Any, where: str) -> Any:
    """An array, or a dict of arrays, as ``checked_array`` takes them."""
    return with_parts(y, {key: checked_array(item, f"{where}{of(key)}") for key, item in parts(y).items()})


def _check_lengths(x: Any, y: Any, name: str) -> None:
    """Refuse arrays that have not as many samples each."""
    lengths = {
        f"{letter}{of(key)}": len(item) for letter, nest in (("x", x), ("y", y)) for key, item in parts(nest).items()
    }
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{where} {length}" for where, length in lengths.items())
        raise DataError(f"Data: expected as many samples in each array of {name}; received {listed}.")


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


def check_alike(pair: Split, train: Split, name: str) -> None:
    """Refuse a split whose samples have other names, shapes, or columns, than the training samples."""
    for letter, nest, of_train in zip("xy", pair, train, strict=True):
        found, first = parts(nest), parts(of_train)
        unlike = type(nest) is not type(of_train) and (is_nest(nest) or is_nest(of_train))
        if unlike or set(found) != set(first):
            raise DataError(
                f"Data: expected {name} {letter} with {_listed(of_train)}, as in train; received {_listed(nest)}."
            )
        for key, expected in first.items():
            _check_alike(found[key], expected, f"{name} {letter}{of(key)}")


def _check_alike(array: Any, first: Any, where: str) -> None:
    """Refuse an array, or table, whose samples have another shape, or other columns, than those of training."""
    if isinstance(array, Table) or isinstance(first, Table):
        _check_columns(array, first, where)
    elif array.shape[1:] != first.shape[1:]:
        raise DataError(
            f"Data: expected {where} with samples of shape {first.shape[1:]}, as in train; received "
            f"{array.shape[1:]} ({array.shape} in all)."
        )


def _listed(nest: Any) -> str:
    """What a nest is, for a message."""
    if not is_nest(nest):
        return "one array"
    return f"{'the' if isinstance(nest, dict) else 'a tuple of the'} arrays {', '.join(parts(nest))}"


def _check_columns(table: Any, first: Any, where: str) -> None:
    """Refuse a table with other columns than that of the training samples."""
    if not isinstance(table, Table) or not isinstance(first, Table):
        raise DataError(
            f"Data: expected {where} as {type(first).__name__}, as in train; received {type(table).__name__}."
        )
    lacking = [column for column in first.names if column not in table.columns]
    if lacking:
        raise DataError(
            f"Data: expected {where} with the column {lacking[0]!r}, as in train; it has {', '.join(table.names)}."
        )


def applied(step: Callable[[Any], Any], x: Any, name: str) -> Any:
    """Preprocessed inputs of a split, checked again."""
    if not isinstance(step, PerInput):
        return _applied(step, x, f"{name} x")
    made = {
        key: _applied(step.steps[key], item, f"{name} x{of(key)}") if key in step.steps else item
        for key, item in parts(x).items()
    }
    return with_parts(x, made)


def _applied(step: Callable[[Any], Any], x: Any, where: str) -> np.ndarray:
    """One preprocessed input."""
    result = step(x)
    if result is None:
        raise DataError(f"Data: preprocess {step!r} returned None for {where}; it must return the new array.")
    array = checked_array(result, f"{where}, preprocessed by {step!r},")
    if len(array) != len(x):
        raise DataError(
            f"Data: preprocess {step!r} must keep the number of samples; it made {len(array)} of {len(x)} in {where}. "
            "It receives all samples of a split at once, shape (N, ...)."
        )
    return array


def check_class_names(given: Any, targets: Mapping[str, Any]) -> ClassNames | None:
    """The names as a tuple, or a dict of them by output, compared with the labels of each split."""
    if given is None:
        return None
    several = isinstance(next(iter(targets.values())), dict)
    if several != isinstance(given, Mapping):
        what = "a dict by output, such as {'kind': ['cat', 'dog']}, as y is one" if several else "a sequence of names"
        raise DataError(f"Data: expected class_names as {what}; received {given!r:.60}.")
    if not several:
        return _checked_names(given, {f"{split} y": y for split, y in targets.items()}, "class_names")
    made: dict[str, tuple[str, ...]] = {}
    for output, names in given.items():
        lacking = next((split for split, y in targets.items() if output not in y), None)
        if lacking is not None:
            raise DataError(
                f"Data: class_names has the output {output!r}; {lacking} y has {', '.join(targets[lacking])}."
            )
        labels = {f"{split} y{of(output)}": y[output] for split, y in targets.items()}
        made[output] = _checked_names(names, labels, f"class_names{of(output)}")
    return made or None


def _checked_names(given: Any, labels: Mapping[str, np.ndarray], what: str) -> tuple[str, ...]:
    """The names of the classes of one output."""
    names = tuple(given) if isinstance(given, Iterable) and not isinstance(given, (str, Mapping)) else ()
    if not names or not all(isinstance(name, str) and name for name in names):
        raise DataError(
            f"Data: expected {what} as a sequence of names, such as ['cat', 'dog']; received {given!r:.60}."
        )
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"Data: {what} has {twice!r} more than once.")
    for where, y in labels.items():
        if y.ndim == 2 and y.shape[1] > 1 and y.shape[1] != len(names):
            raise DataError(f"Data: {where} has {y.shape[1]} columns; {what} has {len(names)} names.")
        if y.dtype.kind in "iu" and (y.ndim == 1 or y.shape[1:] == (1,)) and y.max() >= len(names):
            sample = int(np.argmax(y))
            raise DataError(
                f"Data: expected labels 0 to {len(names) - 1} for {len(names)} {what}; {where} has {y.max()} at "
                f"sample {sample}. Labels are counted from 0."
            )
    return tuple(str(name) for name in names)
