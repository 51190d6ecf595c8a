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
from nbnet.preprocessing.pipeline import takes_missing
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
    outputs : ndarray, shape (N, ...)
        The model's outputs.
    class_names : tuple of str or None
        Names of the classes.
    classifies : bool
        Whether outputs are probabilities of classes: of each, or in a single column that of class 1.
    """

    names: list[str]
    outputs: np.ndarray
    class_names: tuple[str, ...] | None
    classifies: bool

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary for each input: ``input, class, probability`` or ``input, output``."""
        if not self.classifies:
            return [
                {"input": name, "output": output.tolist()}
                for name, output in zip(self.names, self.outputs, strict=True)
            ]
        probabilities = self.probabilities()
        chosen = probabilities.argmax(axis=1)
        return [
            {
                "input": name,
                "class": self.label(index),
                "probability": float(row[index]),
                "probabilities": {self.label(other): float(value) for other, value in enumerate(row)},
            }
            for name, index, row in zip(self.names, chosen.tolist(), probabilities, strict=True)
        ]

    def probabilities(self) -> np.ndarray:
        """Probability of each class, shape (N, classes)."""
        outputs = self.outputs.reshape(len(self.outputs), -1).astype(np.float64)
        return np.concatenate([1 - outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs

    def label(self, index: int) -> str:
        """The name of a class, or its number."""
        return self.class_names[index] if self.class_names else str(index)

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a row for each input, with the probability of each class or each output value in a column."""
        place = Path(path)
        with whole_file(place) as file:
            writer = csv.writer(file)
            if self.classifies:
                probabilities = self.probabilities()
                labels = [self.label(index) for index in range(probabilities.shape[1])]
                writer.writerow(["input", "class", "probability", *map(_harmless, labels)])
                for row, values in zip(self.rows(), probabilities, strict=True):
                    shown = [f"{value:.6g}" for value in (row["probability"], *values)]
                    writer.writerow([_harmless(row["input"]), _harmless(row["class"]), *shown])
            else:
                flat = self.outputs.reshape(len(self.outputs), -1)
                writer.writerow(["input", *(f"output_{index}" for index in range(flat.shape[1]))])
                for name, values in zip(self.names, flat, strict=True):
                    writer.writerow([_harmless(name), *(f"{value:.7g}" for value in values)])


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
        CSV files with its columns, in any order, with or without the label.
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
    names, x = read_inputs(inputs, model.input_spec, invert, takes_missing(model.preprocess))
    if model.preprocess is not None:
        x = np.asarray(model.preprocess(x))
    outputs = np.asarray(model.predict(x, verbose=0, **({"batch_size": batch_size} if batch_size else {})))
    if not np.isfinite(outputs).all():
        bad = int(np.argwhere(~np.isfinite(outputs))[0][0])
        raise DataError(f"The model gives NaN or infinity for '{names[bad]}'. Its weights or this input are damaged.")
    return Predictions(names, outputs, model.class_names, _classifies(outputs, model.class_names))


def _classifies(outputs: np.ndarray, class_names: tuple[str, ...] | None) -> bool:
    """Whether each output is a distribution over classes, or one probability with two class names."""
    if outputs.ndim != 2 or outputs.min() < 0 or outputs.max() > 1 + 1e-5:
        return False
    if outputs.shape[1] == 1:
        return class_names is not None and len(class_names) == 2
    return bool(np.allclose(outputs.sum(axis=1), 1, atol=1e-3))


def _harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
