"""The base class of preprocessing steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Step"]


class Step:
    """Turns raw inputs into what the network gets; it is plain data, so a saved model can hold it.

    A subclass implements ``__call__``; one with parameters also ``get_config``, whose entries are arguments of its
    constructor and can be written as JSON; one that learns from the training inputs also `fit` and `fitted`.

    Examples
    --------
    >>> class Invert(Step):
    ...     def __call__(self, x):
    ...         return 255 - x
    >>> Invert()(np.array([[0, 255]], "uint8")).tolist()
    [[255, 0]]
    """

    # Whether inputs may lack values (NaN), which the step replaces.
    takes_missing: bool = False

    @property
    def fitted(self) -> bool:
        """Whether the step can be applied; True for a step that learns nothing."""
        return True

    def fit(self, x: np.ndarray) -> Step:
        """Learn from training inputs.

        Parameters
        ----------
        x : ndarray, shape (N, ...)

        Returns
        -------
        Step
            The step itself.
        """
        return self

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply the step.

        Parameters
        ----------
        x : ndarray, shape (N, ...)

        Returns
        -------
        ndarray, shape (N, ...)
            As many samples; `x` is not changed.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement __call__(x), returning the new array.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with what was learned, as plain data for JSON."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Step:
        """The step that :meth:`get_config` described."""
        return cls(**config)

    def __repr__(self) -> str:
        """The class and its short arguments."""
        shown = {name: value for name, value in self.get_config().items() if not isinstance(value, (list, dict))}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"
