"""A model file: Python that defines ``model`` and ``data``, and if it likes ``fit``."""

from __future__ import annotations

import difflib
import inspect
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from nbnet.data.data import Data
from nbnet.errors import ModelFileError
from nbnet.graph.seed import set_seed
from nbnet.models.model import Model
from nbnet.python_file import import_file
from nbnet.registry import templates
from nbnet.training.hyperparameters import bind, check_known

__all__ = ["Project", "load_project", "new_model_file"]

_LINES = {
    "model": "model = nbnet.Sequential([...])      # or a function: def model(hidden=128): ...; return model",
    "data": "data = nbnet.datasets.digits()      # or nbnet.Data(train=(x, y), test=(x_test, y_test)), or a function",
    "compile": "model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])",
}


@dataclass
class Project:
    """What a model file defines.

    Attributes
    ----------
    path : Path
        The file.
    model : Model
        Compiled, when it was asked for.
    data : Data or None
        None when it was not asked for.
    fit : dict
        Keyword arguments for ``model.fit``.
    hyperparameters : dict
        Value of each keyword argument of its functions.
    """

    path: Path
    model: Any
    data: Data | None
    fit: dict[str, Any] = field(default_factory=dict)
    hyperparameters: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem


def load_project(
    path: str | os.PathLike[str],
    settings: Mapping[str, str] | None = None,
    *,
    seed: int | None = None,
    needs_data: bool = True,
    needs_compile: bool = True,
) -> Project:
    """Execute a model file and take what it defines.

    Parameters
    ----------
    path : path-like
        The file; modules beside it can be imported by it.
    settings : mapping of str to str, optional
        Texts for hyperparameters, typed by their defaults.
    seed : int, optional
        Set before the file runs and again before its functions are called.
    needs_data, needs_compile : bool
        Whether ``data`` is loaded, and a compiled model required.

    Returns
    -------
    Project

    Raises
    ------
    ModelFileError
        When something is missing; the message has the line to add.
    HyperparameterError
        When a setting names no hyperparameter or has the wrong type.

    Notes
    -----
    What the file itself raises comes through.
    """
    place = Path(path).resolve()
    if place.suffix != ".py":
        raise ModelFileError(f"A model file is a Python file; received '{path}'.")
    if not place.is_file():
        raise ModelFileError(f"There is no model file '{path}'. Write one with: nbnet new {place.stem}")
    texts = dict(settings or {})
    if seed is not None:
        set_seed(seed)
    if str(place.parent) not in sys.path:
        sys.path.insert(0, str(place.parent))
    module = import_file(place, "nbnet_model")
    defined = {name: _defined(module, name, place) for name in ("model", "data") if name == "model" or needs_data}
    check_known(texts, {name: getattr(module, name, None) for name in ("model", "data")}, place.name)
    if seed is not None:
        set_seed(seed)
    used: dict[str, Any] = {}
    for name, value in defined.items():
        if inspect.isroutine(value):
            arguments = bind(value, texts, f"{place.name}: {name}()")
            used.update(arguments)
            defined[name] = value(**arguments)
    model = _checked_model(defined["model"], place, inspect.isroutine(module.model))
    if needs_compile and not model.compiled:
        raise ModelFileError(f"{place.name}: the model is not compiled. Add the line:\n    {_LINES['compile']}")
    data = _checked_data(defined["data"], place) if needs_data else None
    return Project(place, model, data, _checked_fit(module, model, place), used)


def new_model_file(path: str | os.PathLike[str], template: str) -> Path:
    """Copy a template to ``path``, with the ending ``.py`` added where it is missing.

    Parameters
    ----------
    path : path-like
        Where to; a file that exists is never overwritten.
    template : str
        A name in the registry of templates.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    UnknownNameError
        When there is no such template.
    ModelFileError
        When the file exists, or its name could not be imported.
    """
    source = Path(templates.get(template))
    place = Path(path)
    if place.suffix != ".py":
        place = place.with_name(place.name + ".py")
    if not place.parent.is_dir():
        raise ModelFileError(f"There is no folder '{place.parent}' to write '{place.name}' to. Make it first.")
    try:
        with source.open("rb") as template_file, place.open("xb") as target:
            shutil.copyfileobj(template_file, target)
    except FileExistsError:
        raise ModelFileError(f"'{place}' exists and is not overwritten. Choose another name.") from None
    return place


def _defined(module: ModuleType, name: str, place: Path) -> Any:
    """The object a model file must define."""
    if hasattr(module, name):
        return getattr(module, name)
    wanted: type = Model if name == "model" else Data
    others = [other for other, value in vars(module).items() if isinstance(value, wanted) and not other.startswith("_")]
    if others:
        raise ModelFileError(
            f"{place.name} defines no '{name}', but {wanted.__name__} '{others[0]}'. Call it '{name}'."
        )
    raise ModelFileError(f"{place.name} defines no '{name}'. Add a line such as:\n    {_LINES[name]}")


def _checked_model(model: Any, place: Path, called: bool) -> Any:
    """A Model, or the message what to write."""
    if isinstance(model, Model):
        return model
    if called and model is None:
        raise ModelFileError(f"{place.name}: model() returned None. End it with:\n    return model")
    if isinstance(model, type) and issubclass(model, Model):
        raise ModelFileError(
            f"{place.name}: 'model' is the class {model.__name__}. Make one of it: model = {model.__name__}(...)"
        )
    source = "model() returned" if called else "'model' is"
    raise ModelFileError(
        f"{place.name}: {source} {type(model).__name__}, not a model. Write, for example:\n    {_LINES['model']}"
    )


def _checked_data(data: Any, place: Path) -> Data:
    """Data; a pair (x, y) is taken as training data."""
    if isinstance(data, Data):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        return Data(data)
    if data is None:
        raise ModelFileError(f"{place.name}: 'data' is None. A function ends with `return data`:\n    {_LINES['data']}")
    raise ModelFileError(
        f"{place.name}: 'data' is {type(data).__name__}, not nbnet.Data. Write, for example:\n    {_LINES['data']}"
    )


def _checked_fit(module: ModuleType, model: Any, place: Path) -> dict[str, Any]:
    """The keyword arguments for ``fit`` that the file defines."""
    fit = getattr(module, "fit", {})
    if not isinstance(fit, Mapping):
        raise ModelFileError(
            f"{place.name}: 'fit' is {type(fit).__name__}. Write: fit = dict(epochs=10, batch_size=32)"
        )
    known = [name for name in inspect.signature(model.fit).parameters if name not in ("x", "y", "validation_data")]
    for name in fit:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"It may have: {', '.join(known)}."
            raise ModelFileError(f"{place.name}: 'fit' has '{name}', which model.fit does not take. {hint}")
    return dict(fit)
