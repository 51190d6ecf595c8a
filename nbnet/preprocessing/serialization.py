"""Preprocessing as plain data for a saved model, and back; nothing is executed but the constructors of known steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbnet.errors import DataError, NbnetError, SavedModelError, suggest
from nbnet.preprocessing.flatten import Flatten
from nbnet.preprocessing.hog import HOG
from nbnet.preprocessing.impute import Impute
from nbnet.preprocessing.min_max import MinMax
from nbnet.preprocessing.one_hot import OneHot
from nbnet.preprocessing.pca import PCA
from nbnet.preprocessing.per_input import PerInput
from nbnet.preprocessing.pipeline import Pipeline
from nbnet.preprocessing.polynomial_features import PolynomialFeatures
from nbnet.preprocessing.rescale import Rescale
from nbnet.preprocessing.reshape import Reshape
from nbnet.preprocessing.standardize import Standardize
from nbnet.preprocessing.step import Step
from nbnet.preprocessing.tabular import Tabular

__all__ = ["deserialize", "serialize", "unstorable"]

_STEPS: dict[str, type[Step]] = {
    step.__name__: step
    for step in (
        Flatten,
        HOG,
        Impute,
        MinMax,
        OneHot,
        PCA,
        PolynomialFeatures,
        Rescale,
        Reshape,
        Standardize,
        Tabular,
    )
}
_MAX_STEPS = 100


def unstorable(preprocess: Callable[[np.ndarray], np.ndarray] | None) -> list[str]:
    """The parts of `preprocess` that a saved model cannot hold, by name; empty when it can be stored whole."""
    if isinstance(preprocess, PerInput):
        return [part for step in preprocess.steps.values() for part in unstorable(step)]
    parts = preprocess.steps if isinstance(preprocess, Pipeline) else [] if preprocess is None else [preprocess]
    return [_describe(part) for part in parts if not isinstance(part, Step)]


def serialize(preprocess: Callable[[np.ndarray], np.ndarray] | None) -> list[dict[str, Any]]:
    """Preprocessing as data that JSON can hold.

    Parameters
    ----------
    preprocess : Step, Pipeline or None
        With whatever it has learned.

    Returns
    -------
    list of dict
        One ``{"class": name, "config": {...}}`` for each step, in order.

    Raises
    ------
    DataError
        When a part is a plain function, or a step's ``get_config`` gives something that is not plain data.

    Examples
    --------
    >>> from nbnet.preprocessing import Rescale
    >>> serialize(Rescale(0.5))
    [{'class': 'Rescale', 'config': {'scale': 0.5, 'offset': 0.0}}]
    """
    functions = unstorable(preprocess)
    if functions:
        raise DataError(
            f"The preprocessing {', '.join(functions)} is Python code, which a saved model does not hold. Use the "
            "steps of nbnet.preprocessing, or a subclass of nbnet.preprocessing.Step, or apply it to the inputs "
            "yourself before each prediction."
        )
    steps = preprocess.steps if isinstance(preprocess, Pipeline) else [] if preprocess is None else [preprocess]
    return [_serialized(step) for step in steps if isinstance(step, Step)]


def deserialize(configs: Any, custom_objects: Mapping[str, Any] | None = None) -> Step | None:
    """The preprocessing that :func:`serialize` described.

    Parameters
    ----------
    configs : list of dict
        What `serialize` returned; it may come from a file that is not to be trusted.
    custom_objects : mapping of str to type, optional
        Step classes of your own by name.

    Returns
    -------
    Step or None
        A ``Pipeline`` when there are several steps, None when there is none.

    Raises
    ------
    SavedModelError
        When the description is malformed, or names a class that is neither nbnet's nor in `custom_objects`.
    """
    if not isinstance(configs, list) or len(configs) > _MAX_STEPS:
        raise SavedModelError(f"Expected saved preprocessing as a list of at most {_MAX_STEPS} steps.")
    steps = [_deserialized(config, custom_objects or {}) for config in configs]
    return None if not steps else steps[0] if len(steps) == 1 else Pipeline(steps)


def _serialized(step: Step) -> dict[str, Any]:
    """Class name and config of one step."""
    config = step.get_config()
    if isinstance(step, PerInput):
        config = {"steps": {name: serialize(part) for name, part in step.steps.items()}}
    try:
        json.dumps(config, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{type(step).__name__}.get_config() must give plain data (numbers, text, lists, dicts) that JSON can "
            f"hold: {error}."
        ) from error
    return {"class": type(step).__name__, "config": config}


def _deserialized(config: Any, custom_objects: Mapping[str, Any]) -> Step:
    """One step."""
    name = config.get("class") if isinstance(config, dict) else None
    if not isinstance(name, str) or not isinstance(config.get("config"), dict):
        raise SavedModelError(f"A saved preprocessing step is malformed: {config!r:.80}.")
    if name == PerInput.__name__:
        return _per_input(config["config"].get("steps"), custom_objects)
    found = custom_objects.get(name) or _STEPS.get(name)
    if found is None:
        raise SavedModelError(
            f"The saved preprocessing uses the step {name!r:.60}, which is not nbnet's. "
            f"{suggest(name[:60], _STEPS, noun='step')} Give its class: nbnet.load(path, custom_objects="
            f"{{{name!r:.60}: ...}})."
        )
    if not (isinstance(found, type) and issubclass(found, Step)):
        raise SavedModelError(
            f"custom_objects[{name!r}] must be a subclass of nbnet.preprocessing.Step; received {found!r}."
        )
    try:
        return found.from_config(config["config"])
    except SavedModelError:
        raise
    except (NbnetError, TypeError, ValueError) as error:
        raise SavedModelError(f"The saved preprocessing step {name!r} cannot be restored: {error}") from error


def _per_input(steps: Any, custom_objects: Mapping[str, Any]) -> PerInput:
    """The steps of several inputs."""
    if not isinstance(steps, dict) or len(steps) > _MAX_STEPS:
        raise SavedModelError(f"Expected saved preprocessing of at most {_MAX_STEPS} inputs; received {steps!r:.60}.")
    try:
        return PerInput({name: deserialize(configs, custom_objects) for name, configs in steps.items()})
    except DataError as error:
        raise SavedModelError(f"The saved preprocessing of several inputs cannot be restored: {error}") from error


def _describe(part: Any) -> str:
    """A function by name and place."""
    code = getattr(part, "__code__", None)
    name = getattr(part, "__qualname__", type(part).__name__)
    return f"'{name}' ({code.co_filename}:{code.co_firstlineno})" if code is not None else f"'{name}'"
