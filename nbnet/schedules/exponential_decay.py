"""A learning rate that shrinks by the same factor again and again."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule, rate, steps

__all__ = ["ExponentialDecay"]


class ExponentialDecay(Schedule):
    """initial_learning_rate · decay_rate ** (step / decay_steps).

    Parameters
    ----------
    initial_learning_rate : float >= 0
    decay_steps : int > 0
        Steps after which the rate has shrunk by `decay_rate`.
    decay_rate : float > 0
    staircase : bool
        Shrink at once after each `decay_steps` steps, not a little each step.
    name : str, optional
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = rate(initial_learning_rate, "initial_learning_rate", "ExponentialDecay")
        self.decay_steps = steps(decay_steps, "decay_steps", "ExponentialDecay")
        self.decay_rate = rate(decay_rate, "decay_rate", "ExponentialDecay", above_zero=True)
        self.staircase = staircase
        self.name = name

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        power = step // self.decay_steps if self.staircase else step / self.decay_steps
        return float(self.initial_learning_rate * self.decay_rate**power)


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``exponential_decay``."""
    register("exponential_decay", ExponentialDecay)
