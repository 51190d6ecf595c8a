"""Data looked at once before it is used: shapes, dtypes, missing numbers, label ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.errors import DataError, ShapeError
from nbnet.losses import Loss

__all__ = ["check_data"]


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
        When data is empty or not made of numbers, lengths differ, numbers are NaN or infinite, or labels are out of
        range.
    ShapeError
        When a sample has not the shape that the model was built for.
    """
    x = checked_array(x, f"{what}x")
    _check_shape(model, x, what)
    if y is None:
        return x, None
    y = checked_array(y, f"{what}y")
    if len(x) != len(y):
        raise DataError(
            f"Expected as many targets as samples; received {len(x)} samples in {what}x and {len(y)} targets in "
            f"{what}y."
        )
    loss = getattr(model, "loss", None)
    if isinstance(loss, Loss) and model.output_shape is not None:
        try:
            loss.check(y, model.output_shape)
        except (DataError, ShapeError) as error:
            if not what:
                raise
            raise type(error)(f"In the {what}data: {error}") from error
    return x, y


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
