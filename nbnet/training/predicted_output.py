"""What one output of a model says of each input: classes with probabilities, or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["PredictedOutput", "is_distribution"]


@dataclass(frozen=True)
class PredictedOutput:
    """The values of one output.

    Attributes
    ----------
    values : ndarray, shape (N, ...)
    class_names : tuple of str or None
        Names of the classes; where there are fewer than classes, the classes are called by their numbers.
    classifies : bool
        Whether values are probabilities of classes: of each, or in a single column that of class 1.
    name : str
        Of the output, before the names of columns; empty where it is the only one.
    """

    values: np.ndarray
    class_names: tuple[str, ...] | None
    classifies: bool
    name: str = ""

    def entries(self) -> list[Any]:
        """For each input ``{"class": …, "probability": …, "probabilities": …}``, or a number, or nested lists of them.

        Of the only output there are always lists.
        """
        if not self.classifies:
            alone = self.name and self._flat().shape[1] == 1
            return list((self._flat()[:, 0] if alone else self.values).tolist())
        probabilities = self.probabilities()
        return [
            {
                "class": self.label(index),
                "probability": float(row[index]),
                "probabilities": {self.label(other): float(value) for other, value in enumerate(row)},
            }
            for index, row in zip(probabilities.argmax(axis=1).tolist(), probabilities, strict=True)
        ]

    def columns(self) -> list[str]:
        """Names of the columns of :meth:`cells`."""
        prefix = f"{self.name}_" if self.name else ""
        if self.classifies:
            labels = [self.label(index) for index in range(self.probabilities().shape[1])]
            return [f"{prefix}{name}" for name in ("class", "probability", *labels)]
        count = self._flat().shape[1]
        if self.name:
            return [self.name] if count == 1 else [f"{prefix}{index}" for index in range(count)]
        return [f"output_{index}" for index in range(count)]

    def cells(self) -> list[list[str]]:
        """Texts for each input: the class, its probability and that of each class; or each number."""
        if not self.classifies:
            return [[f"{value:.7g}" for value in row] for row in self._flat()]
        return [
            [entry["class"], *(f"{value:.6g}" for value in (entry["probability"], *entry["probabilities"].values()))]
            for entry in self.entries()
        ]

    def shown(self) -> tuple[list[str], list[list[str]]]:
        """Names of columns, and texts for each input, for people: the class and its probability, or all numbers."""
        if not self.classifies:
            return [self.name or "output"], [[" ".join(f"{value:.6g}" for value in row)] for row in self._flat()]
        prefix = f"{self.name} " if self.name else ""
        texts = [[entry["class"], f"{entry['probability']:.4f}"] for entry in self.entries()]
        return [f"{prefix}class", f"{prefix}probability"], texts

    def probabilities(self) -> np.ndarray:
        """Probability of each class, shape (N, classes)."""
        values = self._flat().astype(np.float64)
        return np.concatenate([1 - values, values], axis=1) if values.shape[1] == 1 else values

    def label(self, index: int) -> str:
        """The name of a class, or its number."""
        names = self.class_names or ()
        return names[index] if self._flat().shape[1] <= len(names) else str(index)

    def _flat(self) -> np.ndarray:
        """The numbers of each input in a row."""
        return self.values.reshape(len(self.values), -1)


def is_distribution(values: np.ndarray, class_names: tuple[str, ...] | None) -> bool:
    """Whether each row is a distribution over classes, or one probability with two class names."""
    if values.ndim != 2 or values.min() < 0 or values.max() > 1 + 1e-5:
        return False
    if values.shape[1] == 1:
        return class_names is not None and len(class_names) == 2
    return bool(np.allclose(values.sum(axis=1), 1, atol=1e-3))
