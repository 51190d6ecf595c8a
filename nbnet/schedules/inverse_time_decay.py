"""A learning rate that falls as one over the time."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule, rate, steps

__all__ = ["InverseTimeDecay"]


class InverseTimeDecay(Schedule):
    """initial_learning_rate / (1 + decay_rate · step / decay_steps).

    Parameters
    ----------
    initial_learning_rate : float >= 0
    decay_steps : int > 0
    decay_rate : float >= 0
    staircase : bool
        Take the whole number of step / decay_steps.
    name : str, optional

    References
    ----------
    Robbins and Monro 1951, "A stochastic approximation method": steps as 1/t converge.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = rate(initial_learning_rate, "initial_learning_rate", "InverseTimeDecay")
        self.decay_steps = steps(decay_steps, "decay_steps", "InverseTimeDecay")
        self.decay_rate = rate(decay_rate, "decay_rate", "InverseTimeDecay")
        self.staircase = staircase
        self.name = name

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        time = step // self.decay_steps if self.staircase else step / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * time)


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``inverse_time_decay``."""
    register("inverse_time_decay", InverseTimeDecay)
