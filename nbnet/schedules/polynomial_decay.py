"""A learning rate that falls to a last one as a power of the time that is left."""

from __future__ import annotations

import math

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule, rate, steps

__all__ = ["PolynomialDecay"]


class PolynomialDecay(Schedule):
    """(initial_learning_rate - end_learning_rate) · (1 - step / decay_steps) ** power + end_learning_rate.

    Parameters
    ----------
    initial_learning_rate : float >= 0
    decay_steps : int > 0
        From there on the rate stays at the end.
    end_learning_rate : float >= 0
    power : float > 0
        1 is a straight line.
    cycle : bool
        Begin anew after the end, each time towards the next multiple of `decay_steps`, from a lower rate.
    name : str, optional
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = rate(initial_learning_rate, "initial_learning_rate", "PolynomialDecay")
        self.decay_steps = steps(decay_steps, "decay_steps", "PolynomialDecay")
        self.end_learning_rate = rate(end_learning_rate, "end_learning_rate", "PolynomialDecay")
        self.power = rate(power, "power", "PolynomialDecay", above_zero=True)
        self.cycle = cycle
        self.name = name

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        times = max(1, math.ceil(step / self.decay_steps)) if self.cycle else 1
        left = max(0.0, 1 - step / (self.decay_steps * times))
        return (self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``polynomial_decay``."""
    register("polynomial_decay", PolynomialDecay)
