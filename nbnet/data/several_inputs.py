"""Several inputs from files: arrays by their names in an archive, or columns by their names in a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.data.checked_splits import checked_inputs
from nbnet.data.csv_table import read_csv
from nbnet.data.file_kind import file_kind
from nbnet.data.labelled_csv import read_like
from nbnet.data.npz import npz_names, read_npz
from nbnet.data.reading import PathLike
from nbnet.data.spec import InputSpec
from nbnet.errors import DataError
from nbnet.preprocessing.table import NUMBER, Table

__all__ = ["as_trained", "in_order", "input_specs", "read_several"]

_DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")


def read_several(
    paths: Sequence[PathLike],
    spec: InputSpec,
    missing: bool | frozenset[str] = False,
    names: Sequence[str] | None = None,
) -> tuple[list[str], Any]:
    """The samples of several inputs in files.

    Parameters
    ----------
    paths : sequence of path-like
        ``.npz`` archives with an array for each input, named as it is or ``x_`` and its name; or CSV files with a
        column for each input that is a number, and all columns of one that is a table. Other arrays and columns are not
        looked at.
    spec : InputSpec
        With `inputs`.
    missing : bool or set of str
        Let inputs, or those of these names, hold NaN.
    names : sequence of str, optional
        What the model calls its inputs, which is taken for inputs that have no names of their own.

    Returns
    -------
    list of str, and dict or tuple of ndarray or Table
        Where each sample comes from, and the inputs.

    Raises
    ------
    DataError
        When a file cannot be read or lacks an input, or samples have another shape than those of the training.
    """
    specs = input_specs(spec, names)
    allowed = _allowed(missing, spec, specs)
    places: list[str] = []
    found: dict[str, list[Any]] = {name: [] for name in specs}
    for path in map(Path, paths):
        kind = "folder" if path.is_dir() else file_kind(path)
        if kind not in ("npz", "csv"):
            raise DataError(
                f"'{path}': the model has the inputs {', '.join(specs)}; expected an .npz archive with an array for "
                "each, or a .csv file with a column for each."
            )
        given = _from_npz(path, specs) if kind == "npz" else _from_csv(path, specs)
        lengths = {}
        for name, item in given.items():
            where = f"'{path}', input '{name}'"
            item = checked_inputs(item, where, name in allowed)
            found[name].append(item if isinstance(item, Table) else as_trained(item, specs[name].dtype, where))
            lengths[name] = len(item)
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise DataError(f"'{path}': expected as many samples in each input; received {listed}.")
        places += [f"{path}[{row}]" for row in range(next(iter(lengths.values())))]
    if not places:
        raise DataError("Expected at least one input file; received none.")
    joined = {
        name: Table.joined(items) if isinstance(items[0], Table) else np.concatenate(items)
        for name, items in found.items()
    }
    return places, in_order(joined, spec)


def input_specs(spec: InputSpec, names: Sequence[str] | None) -> dict[str, InputSpec]:
    """The specification of each input by name; inputs without names of their own have those that the model gives."""
    assert spec.inputs is not None
    if spec.ordered and names is not None and len(names) == len(spec.inputs):
        return dict(zip(names, spec.inputs.values(), strict=True))
    return dict(spec.inputs)


def in_order(inputs: dict[str, Any], spec: InputSpec | None) -> Any:
    """Inputs as the training had them: by name, or in a tuple."""
    return tuple(inputs.values()) if spec is not None and spec.ordered else inputs


def as_trained(values: np.ndarray, dtype: str, where: str) -> np.ndarray:
    """Numbers as the dtype of the training, where that holds them.

    Raises
    ------
    DataError
        When whole numbers are expected, and there are others.
    """
    if dtype not in _DTYPES or str(values.dtype) == dtype:
        return values
    with np.errstate(invalid="ignore", over="ignore"):
        narrow = values.astype(dtype)
    # The text of a float32 is read as the float64 next to it.
    if narrow.dtype.kind == "f" or np.array_equal(narrow, values):
        return narrow
    flat = np.flatnonzero((narrow != values).reshape(len(values), -1).any(axis=1))
    raise DataError(
        f"{where}: expected numbers that {dtype} holds, as in the training; received "
        f"{values[flat[0]].reshape(-1)[:4].tolist()} in sample {flat[0]}."
    )


def _allowed(missing: bool | frozenset[str], spec: InputSpec, specs: dict[str, InputSpec]) -> set[str]:
    """The names, as in `specs`, of the inputs that may hold NaN."""
    assert spec.inputs is not None
    own = zip(spec.inputs, specs, strict=True)
    return {name for given, name in own if missing is True or (missing is not False and given in missing)}


def _from_npz(path: Path, specs: dict[str, InputSpec]) -> dict[str, Any]:
    """An array for each input."""
    tables = [name for name, spec in specs.items() if spec.table is not None]
    if tables:
        raise DataError(
            f"'{path}': the input {tables[0]!r} is a table, which an archive does not hold; give a .csv file."
        )
    present = npz_names(path)
    places = {name: next((key for key in (name, f"x_{name}") if key in present), None) for name in specs}
    lacking = [name for name, key in places.items() if key is None]
    if lacking:
        raise DataError(
            f"'{path}': expected an array for each of the inputs {', '.join(specs)}; it lacks {', '.join(lacking)} and "
            f"has {', '.join(present) or 'none'}. Write them with numpy.savez(path, {lacking[0]}=..., ...)."
        )
    arrays = read_npz(path, [key for key in places.values() if key is not None])
    return {name: specs[name].check(arrays[str(key)], f"'{path}', input '{name}'") for name, key in places.items()}


def _from_csv(path: Path, specs: dict[str, InputSpec]) -> dict[str, Any]:
    """A column for each input that is a number; those of a table as the training read them."""
    larger = [name for name, spec in specs.items() if spec.table is None and spec.shape not in ((), (1,))]
    if larger:
        raise DataError(
            f"'{path}': the input {larger[0]!r} has samples of shape {specs[larger[0]].shape}, which are more than the "
            "number in a column. Give an .npz archive with an array for each input."
        )
    numbers: dict[str, str | None] = {name: NUMBER for name, spec in specs.items() if spec.table is None}
    columns = read_csv(path, columns=numbers).columns if numbers else {}
    return {
        name: read_like(path, spec.table) if spec.table is not None else columns[name].reshape(-1, *spec.shape)
        for name, spec in specs.items()
    }
