"""A model file: Python that defines ``model`` and ``data``, and if it likes ``fit``."""

from __future__ import annotations

import difflib
import functools
import inspect
import os
import shutil
import sys
from collections.abc import Callable, Mapping
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


class Project:
    """What a model file defines.

    Attributes
    ----------
    path : Path
        The file.
    model : Model
    fit : dict
        Keyword arguments for ``model.fit``.
    hyperparameters : dict
        Value of each keyword argument of its functions.
    custom_objects : dict of str to object
        The classes and functions that the file itself defines, as :func:`nbnet.load` takes them.
    """

    def __init__(
        self,
        path: Path,
        model: Any,
        fit: dict[str, Any],
        hyperparameters: dict[str, Any],
        load: Callable[[], Data],
        custom_objects: dict[str, Any],
    ) -> None:
        self.path = path
        self.model = model
        self.fit = fit
        self.hyperparameters = hyperparameters
        self.custom_objects = custom_objects
        self._load = load

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @functools.cached_property
    def data(self) -> Data:
        """What the file defines as ``data``; a function is called when it is first asked for.

        Raises
        ------
        ModelFileError
            When it is no data; the message has the line to write.
        """
        return self._load()

    def build(self) -> None:
        """Make the model's weights, from the shape of the data where the model does not say its own."""
        if self.model.built:
            return
        if isinstance(self.data.input_shape, tuple):
            self.model.build((None, *self.data.input_shape))
        else:  # several inputs, whose dtypes count as well
            self.model._ensure_built(self.data.train[0])


def load_project(
    path: str | os.PathLike[str],
    settings: Mapping[str, str] | None = None,
    *,
    recorded: Mapping[str, Any] | None = None,
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
    recorded : mapping of str to object, optional
        Hyperparameters of an earlier run, in place of the defaults.
    seed : int, optional
        Set before the file runs and again before its functions are called.
    needs_data, needs_compile : bool
        Whether the file must define ``data``, and a compiled model.

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
    if b"\0" in place.read_bytes():
        raise ModelFileError(f"'{path}' is no Python text: it holds null bytes. Save it as UTF-8.")
    texts = dict(settings or {})
    if seed is not None:
        set_seed(seed)
    if str(place.parent) not in sys.path:
        sys.path.insert(0, str(place.parent))
    module = import_file(place, "nbnet_model")
    for name in ("model", "data") if needs_data else ("model",):
        _require(module, name, place)
    check_known(texts, {name: getattr(module, name, None) for name in ("model", "data")}, place.name)
    if seed is not None:
        set_seed(seed)
    used: dict[str, Any] = {}
    model = _checked_model(
        _made(module, "model", texts, recorded, place, used)(), place, inspect.isroutine(module.model)
    )
    if needs_compile and not model.compiled:
        raise ModelFileError(f"{place.name}: the model is not compiled. Add the line:\n    {_LINES['compile']}")
    make_data = _made(module, "data", texts, recorded, place, used) if hasattr(module, "data") else None

    def load_data() -> Data:
        _require(module, "data", place)
        assert make_data is not None
        return _checked_data(make_data(), place)

    own = {
        name: value
        for name, value in vars(module).items()
        if (isinstance(value, type) or inspect.isroutine(value)) and value.__module__ == module.__name__
    }
    return Project(place, model, _checked_fit(module, model, place), used, load_data, own)


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
    if not place.name.strip("."):
        raise ModelFileError(f"Expected the name of a new model file, such as mynet; received '{path}'.")
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


def _made(
    module: ModuleType,
    name: str,
    texts: Mapping[str, str],
    recorded: Mapping[str, Any] | None,
    place: Path,
    used: dict[str, Any],
) -> Callable[[], Any]:
    """How to get the object: as it is, or by calling the function with its hyperparameters, which go to `used`."""
    value = getattr(module, name)
    if not inspect.isroutine(value):
        return lambda: value
    arguments = bind(value, texts, f"{place.name}: {name}()", recorded)
    used.update(arguments)
    return lambda: value(**arguments)


def _require(module: ModuleType, name: str, place: Path) -> None:
    """Say which line to add when a model file does not define `name`."""
    if hasattr(module, name):
        return
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
    """Take data; a pair (x, y) is training data."""
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
