"""A learning rate that falls by a factor after each so many steps."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule, rate, steps

__all__ = ["StepDecay"]


class StepDecay(Schedule):
    """initial_learning_rate · drop ** floor(step / every).

    Parameters
    ----------
    initial_learning_rate : float >= 0
    drop : float > 0
        The factor; ``gamma`` of PyTorch's StepLR.
    every : int > 0
        Steps between two falls. PyTorch's ``step_size`` counts how often its scheduler is called, usually epochs.
    name : str, optional

    Notes
    -----
    The same as ``ExponentialDecay(initial_learning_rate, every, drop, staircase=True)``; Keras has it by that name
    alone.
    """

    def __init__(self, initial_learning_rate: float, drop: float, every: int, name: str | None = None) -> None:
        self.initial_learning_rate = rate(initial_learning_rate, "initial_learning_rate", "StepDecay")
        self.drop = rate(drop, "drop", "StepDecay", above_zero=True)
        self.every = steps(every, "every", "StepDecay")
        self.name = name

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        return float(self.initial_learning_rate * self.drop ** (step // self.every))


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``step_decay``."""
    register("step_decay", StepDecay)
