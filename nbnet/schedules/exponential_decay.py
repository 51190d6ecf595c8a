"""A learning rate that shrinks by the same factor again and again."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule

__all__ = ["ExponentialDecay"]


class ExponentialDecay(Schedule):
    """initial_learning_rate · decay_rate ** (step / decay_steps).

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int > 0
        Steps after which the rate has shrunk by `decay_rate`.
    decay_rate : float > 0
    staircase : bool
        Shrink at once after each `decay_steps` steps, not a little each step.
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
    ) -> None:
        if decay_steps <= 0:
            raise ValueError(f"ExponentialDecay expects decay_steps > 0; received {decay_steps}.")
        if decay_rate <= 0:
            raise ValueError(f"ExponentialDecay expects decay_rate > 0; received {decay_rate}.")
        self.initial_learning_rate = float(initial_learning_rate)
        self.decay_steps = decay_steps
        self.decay_rate = float(decay_rate)
        self.staircase = staircase

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        power = step // self.decay_steps if self.staircase else step / self.decay_steps
        rate: float = self.initial_learning_rate * self.decay_rate**power
        return rate


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``exponential_decay``."""
    register("exponential_decay", ExponentialDecay)
