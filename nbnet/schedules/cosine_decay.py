"""A learning rate that may warm up, and falls as half a wave of the cosine."""

from __future__ import annotations

import math

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule, rate, steps

__all__ = ["CosineDecay"]


class CosineDecay(Schedule):
    """r · ((1 - alpha) · (1 + cos(π t / decay_steps)) / 2 + alpha), r being the rate that the decay begins with.

    Parameters
    ----------
    initial_learning_rate : float >= 0
    decay_steps : int > 0
        Steps of the decay, after those of the warming up; from there on the rate stays where it is.
    alpha : float >= 0
        The last rate, as a part of r.
    name : str, optional
    warmup_target : float >= 0, optional
        r, to which the rate rises first, in a straight line from `initial_learning_rate`. None: r is
        `initial_learning_rate`, and nothing warms up.
    warmup_steps : int >= 0
        Steps of the warming up.

    Raises
    ------
    ValueError
        When a number is out of its range, or there are warmup_steps without a warmup_target.

    References
    ----------
    Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", eq. 5; warming up: Goyal et al.
    2017, "Accurate, large minibatch SGD", section 2.2.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str | None = None,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        if warmup_steps and warmup_target is None:
            raise ValueError(
                f"CosineDecay expects a warmup_target, the rate to rise to, with warmup_steps={warmup_steps!r}; "
                "received None."
            )
        self.initial_learning_rate = rate(initial_learning_rate, "initial_learning_rate", "CosineDecay")
        self.decay_steps = steps(decay_steps, "decay_steps", "CosineDecay")
        self.alpha = rate(alpha, "alpha", "CosineDecay")
        self.name = name
        self.warmup_target = None if warmup_target is None else rate(warmup_target, "warmup_target", "CosineDecay")
        self.warmup_steps = rate(warmup_steps, "warmup_steps", "CosineDecay")

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        top = self.initial_learning_rate if self.warmup_target is None else self.warmup_target
        if step < self.warmup_steps:
            return self.initial_learning_rate + (top - self.initial_learning_rate) * step / self.warmup_steps
        done = min(1.0, (step - self.warmup_steps) / self.decay_steps)
        return top * ((1 - self.alpha) * 0.5 * (1 + math.cos(math.pi * done)) + self.alpha)


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``cosine_decay``."""
    register("cosine_decay", CosineDecay)
