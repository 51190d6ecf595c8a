"""Data looked at once before it is used: shapes, dtypes, missing numbers, label ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.errors import DataError, ShapeError
from nbnet.models.nests import leaves, named, row_count

__all__ = ["as_inputs", "check_data", "check_weights", "names_of_outputs"]


def check_data(model: Any, x: Any, y: Any = None, what: str = "") -> tuple[Any, Any]:
    """Inputs and targets as arrays that fit a built model.

    Parameters
    ----------
    model : Model
        Built.
    x : array_like, shape (samples, ...), or a list or dict of them
    y : array_like, shape (samples, ...), or a list or dict of them, optional
    what : str
        Which data, for messages, e.g. ``"validation "``.

    Returns
    -------
    tuple
        Inputs, an array or a tuple or dict of arrays; targets, an array, a dict by the names of the outputs, or None.

    Raises
    ------
    DataError
        When data is empty or not made of numbers, lengths differ, numbers are NaN or infinite, or labels are out of
        range.
    ShapeError
        When a sample has not the shape that the model was built for.
    """
    x = as_inputs(model, x, what)
    _check_shapes(model, x, what)
    if y is None:
        return x, None
    outputs = named(model.output_shape, model.output_names) if not isinstance(model.output_shape, tuple) else None
    if outputs is None:
        y = checked_array(_alone(y), f"{what}y")
        _check_target(model, y, None, model.output_shape, len(y) == row_count(x), x, what)
        return x, y
    found: dict[str, Any] = {}
    given = _by_output(y, list(outputs), f"{what}y")
    for target in model._objective.targets(list(outputs)):
        value = given.get(target.name)
        if value is None:
            continue
        if not isinstance(outputs[target.name], tuple):
            raise ShapeError(
                f"The output '{target.name}' of model '{model.name}' is a {type(outputs[target.name]).__name__} of "
                "outputs, which can be predicted but not trained. Give the model its outputs in one list or dict."
            )
        array = checked_array(value, f"{what}y of '{target.name}'")
        _check_target(model, array, target.name, outputs[target.name], len(array) == row_count(x), x, what)
        found[target.name] = array
    return x, found or None


def as_inputs(model: Any, x: Any, what: str = "") -> Any:
    """Inputs as an array, or as a tuple or dict of arrays with as many samples each.

    Parameters
    ----------
    model : Model
    x : array_like, or a list, tuple or dict of them
        In a list that is not made of arrays the samples of a single input are taken to be.
    what : str

    Raises
    ------
    DataError
        When there are not as many inputs as the model has, their names differ, or their lengths.
    """
    names = model.input_names
    if names is not None and len(names) == 1:
        x = _by_name(x, names, f"{what}x")[names[0]] if isinstance(x, dict) else x
        return checked_array(_alone(x), f"{what}x")
    if names is not None:
        given = _by_name(x, names, f"{what}x")
        return _equally_long({name: checked_array(given[name], f"{what}x of '{name}'") for name in names}, names, what)
    if isinstance(x, dict):
        return _equally_long(
            {name: checked_array(item, f"{what}x of '{name}'") for name, item in x.items()}, None, what
        )
    if _several(x) and model._takes_several:
        listed = {f"{number}": checked_array(item, f"{what}x[{number}]") for number, item in enumerate(x)}
        return _equally_long(listed, list(listed), what)
    return checked_array(x, f"{what}x")


def check_weights(model: Any, sample_weight: Any, x: Any, what: str = "") -> Any:
    """Weights of samples as float32 arrays.

    Parameters
    ----------
    model : Model
        Built.
    sample_weight : array_like, shape (samples,), or a list or dict of them by output, or None
        In a list or dict None stands for weights of 1.
    x : nest of ndarray
        Checked.
    what : str

    Returns
    -------
    ndarray, dict of ndarray, or None

    Raises
    ------
    DataError
        When weights are negative or not as many as samples.
    """
    if sample_weight is None:
        return None
    outputs = named(model.output_shape, model.output_names) if not isinstance(model.output_shape, tuple) else None
    if outputs is not None and (isinstance(sample_weight, dict) or _for_each(sample_weight, outputs)):
        given = _by_output(sample_weight, list(outputs), f"{what}sample_weight")
        return {
            name: _weights_of(array, x, f"{what}sample_weight of '{name}'")
            for name, array in given.items()
            if array is not None
        }
    return _weights_of(_alone(sample_weight), x, f"{what}sample_weight")


def _weights_of(given: Any, x: Any, where: str) -> np.ndarray:
    """The weights for one output."""
    weights = checked_array(given, where)
    if len(weights) != row_count(x):
        raise DataError(f"Expected a weight for each of {row_count(x)} samples; {where} has {len(weights)}.")
    if weights.ndim == 2 and weights.shape[1] == 1:
        weights = weights[:, 0]
    if weights.min() < 0:
        raise DataError(f"{where}: expected weights of at least 0; received {weights.min()}.")
    return np.ascontiguousarray(weights, np.float32)


def _check_target(model: Any, y: np.ndarray, name: str | None, shape: Any, fits: bool, x: Any, what: str) -> None:
    """Targets as many as samples, and as the loss of the output wants them."""
    if not fits:
        of = "" if name is None else f" of '{name}'"
        raise DataError(
            f"Expected as many targets as samples; received {row_count(x)} samples in {what}x and {len(y)} targets in "
            f"{what}y{of}."
        )
    if not model.compiled or shape is None:
        return
    targets = model._objective.targets(None if name is None else names_of_outputs(model))
    loss = next(target.loss for target in targets if target.name == name)
    if loss is None:
        return
    try:
        loss.check(y, shape)
    except (DataError, ShapeError) as error:
        if not what and name is None:
            raise
        of = "" if name is None else f"output '{name}'"
        data = f"{what}data" if what else ""
        raise type(error)(f"In the {' of the '.join(part for part in (data, of) if part)}: {error}") from error


def names_of_outputs(model: Any) -> list[str]:
    """Names of several outputs."""
    return list(named(model.output_shape, model.output_names) or ())


def _several(x: Any) -> bool:
    """Whether a list or tuple is made of arrays, and so of inputs and not of samples."""
    return isinstance(x, (list, tuple)) and bool(x) and all(isinstance(item, np.ndarray) and item.ndim for item in x)


def _for_each(given: Any, outputs: dict[str, Any]) -> bool:
    """Whether a list has an entry for each output, and not a number for each sample."""
    return (
        isinstance(given, (list, tuple))
        and len(given) == len(outputs)
        and all(item is None or np.ndim(item) for item in given)
    )


def _alone(x: Any) -> Any:
    """The only array of a list of one."""
    return x[0] if _several(x) and len(x) == 1 else x


def _by_name(x: Any, names: Sequence[str], where: str) -> dict[str, Any]:
    """Several inputs by name."""
    if isinstance(x, dict):
        missing = [name for name in names if name not in x]
        extra = [name for name in x if name not in names]
        if missing or extra:
            raise DataError(
                f"{where}: the inputs of the model are called {', '.join(names)}; received "
                f"{', '.join(map(str, x)) or 'none'}."
            )
        return x
    if not isinstance(x, (list, tuple)) or len(x) != len(names):
        received = f"{len(x)} in a list" if isinstance(x, (list, tuple)) else type(x).__name__
        raise DataError(
            f"{where}: the model has {len(names)} inputs ({', '.join(names)}); received {received}. Give an array for "
            "each, in a list or in a dict by name."
        )
    return dict(zip(names, x, strict=True))


def _by_output(y: Any, names: Sequence[str], where: str) -> dict[str, Any]:
    """Targets, or weights, by the names of the outputs."""
    if isinstance(y, dict):
        extra = [name for name in y if name not in names]
        if extra:
            raise DataError(f"{where}: the model has the outputs {', '.join(names)}; received '{extra[0]}'.")
        return y
    if len(names) == 1 and not (isinstance(y, (list, tuple)) and len(y) == 1):
        return {names[0]: y}
    if not isinstance(y, (list, tuple)) or len(y) != len(names):
        received = f"{len(y)} in a list" if isinstance(y, (list, tuple)) else type(y).__name__
        raise DataError(
            f"{where}: the model has {len(names)} outputs ({', '.join(names)}); received {received}. Give an array for "
            "each, in a list or in a dict by name."
        )
    return dict(zip(names, y, strict=True))


def _equally_long(arrays: dict[str, np.ndarray], names: Sequence[str] | None, what: str) -> Any:
    """The arrays, as a tuple where the order says which is which."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"Expected as many samples in each input; received {what}x with {listed}.")
    return arrays if names is None else tuple(arrays.values())


def _check_shapes(model: Any, x: Any, what: str) -> None:
    """Raise a ShapeError unless the samples of each input have the shape that the model was built for."""
    expected = model.input_shape
    if isinstance(x, np.ndarray):
        if expected is not None and isinstance(expected, list) and len(expected) == 1:
            expected = expected[0]
        if isinstance(expected, (list, dict)):
            raise DataError(f"Model '{model.name}' has {len(expected)} inputs; received one array of {what}x.")
        _check_shape(model, x, expected, f"{what}input")
        return
    names = model.input_names or (list(x) if isinstance(x, dict) else [str(number) for number in range(len(x))])
    if expected is None:
        return
    if isinstance(expected, tuple) or len(expected) != len(x):
        raise DataError(f"Model '{model.name}' was built for other inputs than the {len(x)} arrays of {what}x.")
    wanted = expected.values() if isinstance(expected, dict) else expected
    for name, array, shape in zip(names, leaves(x), wanted, strict=True):
        _check_shape(model, array, shape, f"{what}input '{name}'")


def _check_shape(model: Any, x: np.ndarray, expected: Any, what: str) -> None:
    """Raise a ShapeError unless samples have the shape that the model was built for."""
    if expected is None or x.shape[1:] == tuple(expected[1:]):
        return
    wanted = ", ".join(map(str, expected[1:]))
    if x.shape == tuple(expected[1:]):
        remedy = "A single sample needs a batch axis: x[None]."
    elif int(np.prod(x.shape[1:])) == int(np.prod(expected[1:])):
        remedy = f"Reshape it: x.reshape(-1, {wanted})."
    else:
        remedy = "Give the first layer the input_shape of the data, or load data of that shape."
    several = isinstance(model.input_shape, (list, dict)) and len(model.input_shape) > 1
    first = model.layers[0].title if getattr(model, "layers", None) and not several else f"Model '{model.name}'"
    raise ShapeError(f"{first} expects {what} (batch, {wanted}); received {x.shape}. {remedy}")
