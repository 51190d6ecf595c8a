"""The base of learning-rate schedules, and what they ask of their numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbnet.configurable import Configurable

__all__ = ["Schedule", "rate", "steps"]


class Schedule(Configurable):
    """Base of schedules: a learning rate as a function of the step. Subclasses define :meth:`__call__`.

    Numbers are computed in float64; a step is the number of updates that have been made, so the first update has the
    rate of step 0.
    """

    def __call__(self, step: int) -> float:
        """The learning rate at a step.

        Parameters
        ----------
        step : int >= 0
            How many updates have been made.

        Returns
        -------
        float
        """
        raise NotImplementedError(f"{type(self).__name__} defines no __call__(step).")

    def __repr__(self) -> str:
        given = {name: value for name, value in self.get_config().items() if name != "name" or value is not None}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def rate(value: Any, name: str, owner: str, above_zero: bool = False) -> float:
    """A finite number >= 0, or > 0, checked."""
    real = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not real or not math.isfinite(value) or value < 0 or (above_zero and value == 0):
        raise ValueError(f"{owner} expects {name} {'> 0' if above_zero else '>= 0'}; received {value!r}.")
    return float(value)


def steps(value: Any, name: str, owner: str) -> float:
    """A finite number of steps > 0, which need not be whole, checked."""
    rate(value, name, owner, above_zero=True)
    return int(value) if value == int(value) else float(value)
