"""A trained model in a run folder or a file, and how well it does on data that is named on the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbnet.data.data import Data
from nbnet.data.inputs import read_labelled
from nbnet.errors import DataError, SavedModelError
from nbnet.models import load
from nbnet.models.checks import names_of_outputs
from nbnet.models.nests import row_count
from nbnet.models.steps import Trainable
from nbnet.preprocessing.per_input import preprocessed
from nbnet.preprocessing.pipeline import takes_missing
from nbnet.registry import datasets
from nbnet.training.project import Project, load_project

__all__ = ["Evaluation", "evaluate_saved", "find_model_file", "labelled_samples", "load_trained"]


@dataclass(frozen=True)
class Evaluation:
    """How well a model does.

    Attributes
    ----------
    metrics : dict of str to float
        Loss and metrics.
    samples : int
    source : str
        Which samples they were.
    """

    metrics: dict[str, float]
    samples: int
    source: str


def find_model_file(path: str | os.PathLike[str]) -> Path:
    """The model in a run folder (best.nbnet, else last.nbnet), or the file itself.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Path

    Raises
    ------
    SavedModelError
        When there is none.
    """
    place = Path(path)
    if place.is_dir():
        for name in ("best.nbnet", "last.nbnet"):
            if (place / name).is_file():
                return place / name
        raise SavedModelError(f"The folder '{place}' holds neither best.nbnet nor last.nbnet; is it a run folder?")
    if not place.is_file():
        raise SavedModelError(f"There is no run folder or model file '{place}'.")
    return place


def load_trained(path: str | os.PathLike[str]) -> Any:
    """The model of a run folder or a file; classes that are not nbnet's come from plugins.

    Parameters
    ----------
    path : path-like
        A run folder or a ``.nbnet`` file.

    Returns
    -------
    Model

    Raises
    ------
    SavedModelError
        When it cannot be read.
    """
    return load(find_model_file(path))


def evaluate_saved(
    path: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    split: str | None = None,
    batch_size: int | str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Evaluation:
    """Measure a trained model.

    Parameters
    ----------
    path : path-like
        A run folder or a ``.nbnet`` file.
    data : path-like, optional
        An ``.npz`` archive with ``x`` and ``y``, or of several inputs or outputs ``x_<name>`` and ``y_<name>``; for a
        model that was trained on a table, a CSV file with its columns and the label; the name of a data set; or a model
        file, which is executed for its ``data`` and its classes. Default: the data set that the model was trained on,
        where it has a name.
    split : "train", "validation" or "test", optional
        Which samples of a data set or model file; default the first there is of test, validation, train.
    batch_size : int or "full", optional
        Samples computed at once. Default: that of the run for a model with a ``test_step`` of its own.
    settings : mapping of str to str, optional
        Texts for the hyperparameters of a model file that is given as `data`. Those of the run, where `path` is a run
        folder or a file in one, are its defaults, as is the run's seed.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError, SavedModelError
        When the model or the data cannot be read, or do not fit each other.
    """
    project = None if data is None or not os.fspath(data).endswith(".py") else _project(path, data, settings)
    model = load_trained(path) if project is None else load(find_model_file(path), project.custom_objects)
    if not model.compiled:
        raise SavedModelError(f"'{path}' was saved before it was compiled, so it has no loss to evaluate.")
    if project is not None:
        x, y, source = _of(project.data, split, os.fspath(data or ""))
    else:
        x, y, source = labelled_samples(model, path, data, split, settings)
    if batch_size is None and type(model).test_step is not Trainable.test_step:
        batch_size = _run_batch_size(Path(path))  # what such a step tells may depend on it
    metrics = model.evaluate(x, y, verbose=0, return_dict=True, **({"batch_size": batch_size} if batch_size else {}))
    return Evaluation(metrics, row_count(x), source)


def labelled_samples(
    model: Any,
    path: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    split: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> tuple[Any, Any, str]:
    """Samples with their labels, preprocessed as the model gets them.

    Parameters
    ----------
    model : Model
        What was loaded from `path`.
    path, data, split, settings
        As for :func:`evaluate_saved`.

    Returns
    -------
    nest of ndarray, nest of ndarray, str
        Inputs, labels, and what the samples are called. Several inputs are in a dict or tuple, several labels in a
        dict.

    Raises
    ------
    DataError
        When they cannot be read, or the model does not know its data by name.
    """
    named = model.data_name if data is None else os.fspath(data)
    if named is None:
        place = Path(path)
        beside = (place if place.is_dir() else place.parent) / "model.py"
        raise DataError(
            "This model was trained on data that only its model file knows, which is not executed unasked. Give "
            f"--data {beside if beside.is_file() else 'MODEL.py'} to execute that file for its data, or --data "
            "FILE.npz or --data DATASET."
        )
    if named.endswith(".py"):
        return _of(_project(path, named, settings).data, split, named)
    looks_like_a_name = not Path(named).suffix and os.sep not in named
    if not Path(named).exists() and (named in datasets or looks_like_a_name):
        x, y, source = _of(datasets.get(named)(), split, named)
    else:
        several = model.output_shape is not None and not isinstance(model.output_shape, tuple)
        x, y = read_labelled(
            named,
            split,
            model.input_spec,
            takes_missing(model.preprocess),
            model.input_names if len(model.input_names or ()) > 1 else None,
            names_of_outputs(model) if several else None,
        )
        source = named if split is None else f"{named}, {split} samples"
    return preprocessed(model.preprocess, x), y, source


def _project(
    path: str | os.PathLike[str], named: str | os.PathLike[str], settings: Mapping[str, str] | None
) -> Project:
    """A model file, executed with the hyperparameters and the seed of the run, and its data made with them."""
    recorded, seed = _run_settings(Path(path))
    project = load_project(named, settings, recorded=recorded, seed=seed, needs_compile=False)
    _ = project.data
    return project


def _run_settings(path: Path) -> tuple[dict[str, Any], int | None]:
    """Hyperparameters and seed of the run that a model comes from; none for a file that is in no run folder."""
    config = (path if path.is_dir() else path.parent) / "config.json"
    if not config.is_file():
        return {}, None
    try:
        found = json.loads(config.read_text(encoding="utf-8"))
        hyperparameters, seed = found["hyperparameters"], found["seed"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"'{config}' does not say how the run was made: {type(error).__name__}: {error}.") from error
    if not isinstance(hyperparameters, dict) or type(seed) is not int:
        raise DataError(f"'{config}' is damaged: expected hyperparameters by name and a whole number as seed.")
    return hyperparameters, seed


def _run_batch_size(path: Path) -> int | str | None:
    """The batch size of the run that a model comes from; None where it is not known."""
    config = (path if path.is_dir() else path.parent) / "config.json"
    try:
        found = json.loads(config.read_text(encoding="utf-8"))["fit"].get("batch_size")
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return found if found == "full" or (type(found) is int and found > 0) else None


def _of(data: Data, split: str | None, source: str) -> tuple[Any, Any, str]:
    """One split of a data set."""
    name = split or next(name for name in ("test", "validation", "train") if name in data.splits)
    if name not in data.splits:
        raise DataError(f"'{source}' has no {name} samples; it has {', '.join(data.splits)}.")
    x, y = data.splits[name]
    return x, y, f"{source}, {name} samples"
