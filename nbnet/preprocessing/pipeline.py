"""Pipeline: several steps, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.step import Step

__all__ = ["Pipeline", "as_step", "takes_missing"]

Preprocess = Callable[[np.ndarray], np.ndarray]


class Pipeline(Step):
    """Apply steps in order; each is fitted to what the steps before it make of the training inputs.

    Parameters
    ----------
    steps : sequence of callable
        Steps, or other callables of one array. The items of a pipeline among them are taken one by one.

    Examples
    --------
    >>> from nbnet.preprocessing import Flatten, Rescale
    >>> Pipeline([Flatten(), Rescale(1 / 16)])(np.full((2, 8, 8), 16)).shape
    (2, 64)
    """

    def __init__(self, steps: Sequence[Preprocess]) -> None:
        self.steps: list[Preprocess] = []
        for step in steps:
            if not callable(step):
                raise DataError(f"A preprocessing pipeline expects steps or functions; received {step!r:.60}.")
            if isinstance(step, type):
                raise DataError(f"A preprocessing pipeline expects objects; write {step.__name__}() with parentheses.")
            self.steps += step.steps if isinstance(step, Pipeline) else [step]

    @property
    def fitted(self) -> bool:
        """Whether every step is."""
        return all(step.fitted for step in self.steps if isinstance(step, Step))

    @property
    def takes_missing(self) -> bool:  # type: ignore[override]
        """Whether a step replaces missing values."""
        return any(step.takes_missing for step in self.steps if isinstance(step, Step))

    def fit(self, x: np.ndarray) -> Pipeline:
        """Fit the steps that are not fitted yet, in order."""
        pending = [place for place, step in enumerate(self.steps) if isinstance(step, Step) and not step.fitted]
        for place, step in enumerate(self.steps[: pending[-1] + 1] if pending else []):
            if isinstance(step, Step) and place in pending:
                step.fit(x)
            if place != pending[-1]:
                x = step(x)
        return self

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The inputs after the last step."""
        for step in self.steps:
            x = step(x)
        return x

    def get_config(self) -> dict[str, Any]:
        """The steps as objects; ``nbnet.preprocessing.serialize`` writes each in turn."""
        return {"steps": list(self.steps)}

    def __repr__(self) -> str:
        """The steps in order."""
        return f"Pipeline([{', '.join(map(repr, self.steps))}])"


def as_step(preprocess: Any) -> Preprocess | None:
    """What ``preprocess=`` was given, as one callable.

    Raises
    ------
    DataError
        When it is neither callable nor a list of callables.
    """
    if preprocess is None:
        return None
    if isinstance(preprocess, (list, tuple)):
        return Pipeline(preprocess) if preprocess else None
    if not callable(preprocess) or isinstance(preprocess, type):
        hint = f" Write {preprocess.__name__}() with parentheses." if isinstance(preprocess, type) else ""
        if hasattr(preprocess, "transform"):
            hint = " For a scikit-learn transformer give its method: preprocess=scaler.fit(x_train).transform."
        raise DataError(f"preprocess expects a step, a function or a list of them; received {preprocess!r:.60}.{hint}")
    return preprocess


def takes_missing(preprocess: Any) -> bool | frozenset[str]:
    """Whether inputs may lack values (NaN), since a step of `preprocess` replaces them; of several, the names of those.

    A set of names comes from a ``PerInput``, and is empty where no input may.
    """
    return preprocess.takes_missing if isinstance(preprocess, Step) else False
