"""A learning rate that falls as half a wave of the cosine, again and again."""

from __future__ import annotations

import math

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule, rate, steps

__all__ = ["CosineDecayRestarts"]


class CosineDecayRestarts(Schedule):
    """initial_learning_rate · ((1 - alpha) · m_mul ** i · (1 + cos(π t / T)) / 2 + alpha) at step t of period i.

    Parameters
    ----------
    initial_learning_rate : float >= 0
    first_decay_steps : int > 0
        Steps of the first period.
    t_mul : float >= 1
        Each period has so many times the steps T of the one before.
    m_mul : float >= 0
        Each period begins with so many times the rate of the one before.
    alpha : float >= 0
        The lowest rate, as a part of the initial one.
    name : str, optional

    References
    ----------
    Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", section 3.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = rate(initial_learning_rate, "initial_learning_rate", "CosineDecayRestarts")
        self.first_decay_steps = steps(first_decay_steps, "first_decay_steps", "CosineDecayRestarts")
        self.t_mul = rate(t_mul, "t_mul", "CosineDecayRestarts")
        if self.t_mul < 1:
            raise ValueError(
                f"CosineDecayRestarts expects t_mul >= 1, as shorter and shorter periods come to an end; received "
                f"{t_mul!r}."
            )
        self.m_mul = rate(m_mul, "m_mul", "CosineDecayRestarts")
        self.alpha = rate(alpha, "alpha", "CosineDecayRestarts")
        self.name = name

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        period, at, length = 0, float(step), float(self.first_decay_steps)
        if self.t_mul == 1:
            period, at = int(step // length), step % length
        while at >= length:  # a logarithm would round the first step of a period into the one before
            at, length, period = at - length, length * self.t_mul, period + 1
        wave = 0.5 * self.m_mul**period * (1 + math.cos(math.pi * at / length))
        return self.initial_learning_rate * ((1 - self.alpha) * wave + self.alpha)


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``cosine_decay_restarts``."""
    register("cosine_decay_restarts", CosineDecayRestarts)
