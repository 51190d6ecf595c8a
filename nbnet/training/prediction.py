"""Predictions of a trained model for files, as rows for people and programs."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.data.inputs import read_inputs
from nbnet.data.reading import PathLike
from nbnet.errors import DataError, SavedModelError
from nbnet.models.nests import named
from nbnet.preprocessing.per_input import preprocessed
from nbnet.preprocessing.pipeline import takes_missing
from nbnet.training.predicted_output import PredictedOutput, is_distribution
from nbnet.training.trained import load_trained
from nbnet.training.whole_file import whole_file

__all__ = ["Predictions", "predict_files"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Predictions:
    """What a model says of some inputs.

    Attributes
    ----------
    names : list of str
        Where each input comes from.
    outputs : ndarray, shape (N, ...), or dict of str to ndarray
        The model's outputs, by name where there are several.
    class_names : tuple of str, dict of str to tuple of str, or None
        Names of the classes.
    classifies : bool, or dict of str to bool
        Whether outputs are probabilities of classes: of each, or in a single column that of class 1.
    """

    names: list[str]
    outputs: np.ndarray | dict[str, np.ndarray]
    class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None
    classifies: bool | dict[str, bool]

    def each(self) -> list[PredictedOutput]:
        """The outputs, each with its classes."""
        if not isinstance(self.outputs, dict):
            assert not isinstance(self.class_names, dict)
            return [PredictedOutput(self.outputs, self.class_names, self.classifies is True)]
        known = self.class_names if isinstance(self.class_names, dict) else {}
        kinds = self.classifies if isinstance(self.classifies, dict) else {}
        return [
            PredictedOutput(values, known.get(name), kinds.get(name, False), name)
            for name, values in self.outputs.items()
        ]

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary for each input: ``input, class, probability, probabilities`` or ``input, output``.

        With several outputs there is an entry for each beside ``input``: its class and probabilities, or its number.
        """
        outputs = self.each()
        entries = zip(*(output.entries() for output in outputs), strict=True)
        if isinstance(self.outputs, dict):
            return [
                {"input": place, **dict(zip(self.outputs, of_input, strict=True))}
                for place, of_input in zip(self.names, entries, strict=True)
            ]
        return [
            {"input": place, **(entry if outputs[0].classifies else {"output": entry})}
            for place, (entry,) in zip(self.names, entries, strict=True)
        ]

    def shown(self) -> tuple[list[str], list[list[str]], set[int]]:
        """Names of columns, a row of texts for each input, and which columns are of probabilities, for a table."""
        header, rows, probabilities = ["input"], [[name] for name in self.names], set()
        for output in self.each():
            columns, texts = output.shown()
            header += columns
            rows = [[*row, *more] for row, more in zip(rows, texts, strict=True)]
            probabilities |= {len(header) - 1} if output.classifies else set()
        return header, rows, probabilities

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a row for each input, with the probability of each class or each output value in a column."""
        outputs = self.each()
        with whole_file(Path(path)) as file:
            writer = csv.writer(file)
            writer.writerow(["input", *(_harmless(name) for output in outputs for name in output.columns())])
            for place, *of_input in zip(self.names, *(output.cells() for output in outputs), strict=True):
                found: list[str] = [_harmless(place)]
                for output, cells in zip(outputs, of_input, strict=True):
                    found += [_harmless(cells[0]), *cells[1:]] if output.classifies else cells
                writer.writerow(found)


def predict_files(
    path: str | os.PathLike[str],
    inputs: Iterable[PathLike],
    *,
    batch_size: int | None = None,
    invert: bool = False,
) -> Predictions:
    """Predict for the samples in files, with the preprocessing of the training.

    Parameters
    ----------
    path : path-like
        A run folder or a ``.nbnet`` file.
    inputs : iterable of path-like
        ``.npy``, ``.npz``, CSV, IDX and image files, or folders of images. For a model that was trained on a table,
        CSV files with its columns, in any order, with or without the label. For a model with several inputs, ``.npz``
        archives with an array for each by its name, and CSV files with a column for each where they are numbers.
    batch_size : int, optional
        Samples computed at once.
    invert : bool
        Make light of dark in images, and the reverse.

    Returns
    -------
    Predictions

    Raises
    ------
    DataError, SavedModelError
        When a file cannot be read, or does not fit the model.
    """
    model = load_trained(path)
    if model.input_spec is None:
        raise SavedModelError(
            f"'{path}' does not say what its inputs looked like, as it was saved by a program and not by a run. "
            "Load it with nbnet.load and call predict on arrays."
        )
    places, x = read_inputs(inputs, model.input_spec, invert, takes_missing(model.preprocess), model.input_names)
    x = preprocessed(model.preprocess, x)
    try:
        outputs = model.predict(x, verbose=0, **({"batch_size": batch_size} if batch_size else {}))
    except DataError:
        model(x)  # op by op, where the layer itself says what number it does not know
        raise
    by_name = named(outputs, model.output_names)
    if by_name is None:
        alone = _checked(np.asarray(outputs), places, "")
        names = model.class_names if isinstance(model.class_names, tuple) else None
        return Predictions(places, alone, names, is_distribution(alone, names))
    several = {name: _checked(np.asarray(values), places, f"{name} of ") for name, values in by_name.items()}
    known = model.class_names if isinstance(model.class_names, dict) else {}
    classifies = {name: is_distribution(values, known.get(name)) for name, values in several.items()}
    return Predictions(places, several, known or None, classifies)


def _checked(values: np.ndarray, places: list[str], of: str) -> np.ndarray:
    """Values that are all finite."""
    if not np.isfinite(values).all():
        bad = int(np.argwhere(~np.isfinite(values))[0][0])
        raise DataError(
            f"The model gives NaN or infinity for {of}'{places[bad]}'. Its weights or this input are damaged."
        )
    return values


def _harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
