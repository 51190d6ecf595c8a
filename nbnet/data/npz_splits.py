"""The splits of a data set in an ``.npz`` archive: x_train and y_train, or x_train_user, y_train_kind for several."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from nbnet.data.checked_splits import ClassNames, Split
from nbnet.data.npz import npz_names, read_npz
from nbnet.data.reading import PathLike
from nbnet.errors import DataError

__all__ = ["find_labelled", "read_npz_splits"]

_SPLITS = {"train": ("train",), "validation": ("validation", "val", "valid"), "test": ("test",)}
_PREFIXES = tuple(f"{name}_" for names in _SPLITS.values() for name in names)

# Names of several inputs or outputs; None for one alone.
Names = Sequence[str] | None


def read_npz_splits(path: PathLike, max_bytes: int) -> tuple[dict[str, Split], ClassNames | None]:
    """The splits in an archive, by name, and the names of the classes.

    Parameters
    ----------
    path : path-like
        With ``x_train`` and ``y_train`` or ``x`` and ``y``, and others as in :meth:`nbnet.data.Data.from_npz`.
    max_bytes : int

    Raises
    ------
    DataError
        When there are no training samples, or a split lacks an array.
    """
    arrays = read_npz(path, max_bytes=max_bytes)
    train = "train" if _has(arrays, "x", "train") or _has(arrays, "y", "train") else ""
    inputs, outputs = _parts_of(arrays, "x", train), _parts_of(arrays, "y", train)
    found: dict[str, Split] = {}
    for split, names in _SPLITS.items():
        for name in names if split != "train" else (train,):
            wanted = _wanted(name, inputs, outputs)
            here = [array for array in wanted if array in arrays]
            if here and len(here) < len(wanted):
                lacking = next(array for array in wanted if array not in arrays)
                raise DataError(f"'{path}' has {here[0]} but not {lacking}; add it, or leave both out.")
            if here and split not in found:
                found[split] = (_taken(arrays, "x", name, inputs), _taken(arrays, "y", name, outputs))
    if "train" not in found:
        raise DataError(
            f"'{path}': expected the arrays x_train and y_train (and x_validation, y_validation, x_test, y_test); "
            f"received {', '.join(arrays) or 'none'}. Write them with numpy.savez(path, x_train=..., y_train=...)."
        )
    return found, _class_names(arrays, outputs)


def find_labelled(
    path: PathLike, split: str | None = None, inputs: Names = None, outputs: Names = None
) -> tuple[Split, str]:
    """Inputs and labels of an archive, of a split or of all, not checked.

    Parameters
    ----------
    path : path-like
    split : "train", "validation" or "test", optional
        Default: the test samples, where there are any, or arrays that belong to no split.
    inputs, outputs : sequence of str, optional
        Names of several: ``x_user`` or ``x_test_user`` is the input "user". Of the outputs some may be missing, as not
        all of them need have a loss.

    Returns
    -------
    tuple (x, y), and str
        Dicts where there are names; and what the names of the arrays have between letter and name, e.g. ``"_test"``.

    Raises
    ------
    DataError
        When the archive cannot be read, or lacks arrays.
    """
    present = npz_names(path)
    for name in ("test", "") if split is None else _SPLITS.get(split, (split,)):
        here = None if outputs is None else [output for output in outputs if _array("y", name, output) in present]
        wanted = _wanted(name, inputs, here)
        if here != [] and set(wanted) <= set(present):
            arrays = read_npz(path, wanted)
            pair = (_taken(arrays, "x", name, inputs), _taken(arrays, "y", name, here))
            return pair, f"_{name}" if name else ""
    expected = [_wanted(name, inputs, outputs) for name in ((split,) if split else ("", "test"))]
    received = ", ".join(present) or "none"
    if split is not None:
        raise DataError(
            f"'{path}' has no {split} samples: expected the arrays {_and(expected[0])}; received {received}. Leave out "
            f"the split to take all samples of a file with {_and(_wanted('', inputs, outputs))}."
        )
    values = "x=inputs, y=labels" if inputs is None and outputs is None else f"{expected[0][0]}=..., ..."
    raise DataError(
        f"'{path}': expected the arrays {_and(expected[0])}, or {_and(expected[1])}; received {received}. Write them "
        f"with numpy.savez(path, {values})."
    )


def _array(letter: str, split: str, name: str = "") -> str:
    """The name of an array: letter, split and name, as far as they are there."""
    return "_".join(part for part in (letter, split, name) if part)


def _wanted(split: str, inputs: Names, outputs: Names) -> list[str]:
    """The names of the arrays of a split."""
    return [_array("x", split, name) for name in _each(inputs)] + [_array("y", split, name) for name in _each(outputs)]


def _each(names: Names) -> Sequence[str]:
    """The names of several, or the empty one of one alone."""
    return ("",) if names is None else names


def _has(arrays: Iterable[str], letter: str, split: str) -> bool:
    """Whether there is an array of a split."""
    name = _array(letter, split)
    return any(array == name or array.startswith(f"{name}_") for array in arrays)


def _parts_of(arrays: Collection[str], letter: str, split: str) -> Names:
    """The names of several inputs or outputs among the arrays; None where there is one, or none."""
    name = _array(letter, split)
    if name in arrays:
        return None
    found = [array.removeprefix(f"{name}_") for array in arrays if array.startswith(f"{name}_")]
    return [part for part in found if split or not f"{part}_".startswith(_PREFIXES)] or None


def _taken(arrays: dict[str, Any], letter: str, split: str, names: Names) -> Any:
    """One array, or a dict of them."""
    if names is None:
        return arrays[_array(letter, split)]
    return {name: arrays[_array(letter, split, name)] for name in names}


def _class_names(arrays: dict[str, Any], outputs: Names) -> Any:
    """The names of the classes, as arrays of text hold them: class_names, or class_names_kind of the output "kind"."""
    found = {
        name: [str(item) for item in arrays[key].astype(str).reshape(-1)]
        for name in _each(outputs)
        if (key := _array("class_names", name)) in arrays and arrays[key].dtype.kind in "SU"
    }
    return (found or None) if outputs is not None else found.get("")


def _and(names: Sequence[str]) -> str:
    """Names in one line."""
    return f"{', '.join(names[:-1])} and {names[-1]}"
