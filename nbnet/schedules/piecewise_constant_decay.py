"""A learning rate that is constant between boundaries."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule, rate

__all__ = ["PiecewiseConstantDecay"]


class PiecewiseConstantDecay(Schedule):
    """values[0] up to boundaries[0] and at it, values[1] up to boundaries[1] and at it, …, then values[-1].

    Parameters
    ----------
    boundaries : sequence of int
        Steps, rising. PyTorch's MultiStepLR changes the rate at a milestone, here it changes after it, as in Keras.
    values : sequence of float >= 0
        One more than there are boundaries.
    name : str, optional

    Raises
    ------
    ValueError
        When the numbers of boundaries and values do not fit, or the boundaries do not rise.
    """

    def __init__(self, boundaries: Sequence[int], values: Sequence[float], name: str | None = None) -> None:
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"PiecewiseConstantDecay expects one more value than boundaries; received {len(boundaries)} boundaries "
                f"and {len(values)} values."
            )
        if any(later <= earlier for earlier, later in pairwise(boundaries)):
            raise ValueError(f"PiecewiseConstantDecay expects boundaries that rise; received {list(boundaries)}.")
        self.boundaries = list(boundaries)
        self.values = [rate(value, "values", "PiecewiseConstantDecay") for value in values]
        self.name = name

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        return self.values[bisect_left(self.boundaries, step)]


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``piecewise_constant_decay``."""
    register("piecewise_constant_decay", PiecewiseConstantDecay)
