"""Data looked at once before it is used: shapes, dtypes, missing numbers, label ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError, DTypeError, ShapeError
from nbnet.graph.dtypes import as_array
from nbnet.losses import Loss

__all__ = ["as_data", "check_data", "check_finite"]

_CHUNK = 1 << 20  # elements looked at together, so that checking needs little memory


def check_data(model: Any, x: Any, y: Any = None, what: str = "") -> tuple[np.ndarray, np.ndarray | None]:
    """Inputs and targets as arrays that fit a built model.

    Parameters
    ----------
    model : Model
        Built.
    x : array_like, shape (samples, ...)
    y : array_like, shape (samples, ...), optional
    what : str
        Which data, for messages, e.g. ``"validation "``.

    Returns
    -------
    tuple of ndarray and (ndarray or None)

    Raises
    ------
    DataError
        When data is empty, lengths differ, numbers are NaN or infinite, or labels are out of range.
    ShapeError
        When a sample has not the shape that the model was built for.
    DTypeError
        When the data are not numbers.
    """
    x = as_data(x, f"{what}x")
    _check_shape(model, x, what)
    check_finite(x, f"{what}x")
    if y is None:
        return x, None
    y = as_data(y, f"{what}y")
    if len(x) != len(y):
        raise DataError(
            f"Expected as many targets as samples; received {len(x)} samples in {what}x and {len(y)} targets in "
            f"{what}y."
        )
    check_finite(y, f"{what}y")
    loss = getattr(model, "loss", None)
    if isinstance(loss, Loss) and model.output_shape is not None:
        loss.check(y, model.output_shape)
    return x, y


def as_data(value: Any, name: str) -> np.ndarray:
    """`value` as an array of samples; nothing but numbers, and at least one."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise DataError(f"{name} is a masked array with missing values; fill them, e.g. with {name}.filled(0).")
    try:
        array = as_array(value)
    except DTypeError as error:
        raise DTypeError(f"{name} expects an array of numbers. {error}") from error
    if array.ndim == 0:
        raise ShapeError(f"{name} expects an array of samples, shape (samples, ...); received a single number.")
    if array.size == 0:
        raise DataError(f"{name} is empty: shape {array.shape}. Give at least one sample.")
    return array


def check_finite(array: np.ndarray, name: str) -> None:
    """Raise a DataError naming the first NaN or infinity."""
    if array.dtype.kind != "f":
        return
    rows = max(1, _CHUNK // max(1, array[0].size))
    for start in range(0, len(array), rows):
        part = array[start : start + rows]
        finite = np.isfinite(part)
        if not finite.all():
            place = tuple(int(index) for index in np.argwhere(~finite)[0])
            count = sum(int(np.count_nonzero(~np.isfinite(array[at : at + rows]))) for at in range(0, len(array), rows))
            where = ", ".join(map(str, (start + place[0], *place[1:])))
            raise DataError(
                f"{name}[{where}] is {part[place]} ({count} of {array.size} numbers are NaN or infinite). Remove or "
                "fill them, e.g. with numpy.nan_to_num."
            )


def _check_shape(model: Any, x: np.ndarray, what: str) -> None:
    """Raise a ShapeError unless samples have the shape that the model was built for."""
    expected = model.input_shape
    if expected is None or x.shape[1:] == tuple(expected[1:]):
        return
    wanted = ", ".join(map(str, expected[1:]))
    if x.shape == tuple(expected[1:]):
        remedy = "A single sample needs a batch axis: x[None]."
    elif int(np.prod(x.shape[1:])) == int(np.prod(expected[1:])):
        remedy = f"Reshape it: x.reshape(-1, {wanted})."
    else:
        remedy = "Give the first layer the input_shape of the data, or load data of that shape."
    first = model.layers[0].title if getattr(model, "layers", None) else f"'{model.name}'"
    raise ShapeError(f"{first} expects {what}input (batch, {wanted}); received {x.shape}. {remedy}")
