"""A learning rate that rises once and then falls far below its beginning."""

from __future__ import annotations

import math

from nbnet.hookspecs import Register, hookimpl
from nbnet.schedules.schedule import Schedule, rate, steps

__all__ = ["OneCycle"]


class OneCycle(Schedule):
    """From max_lr / div_factor up to max_lr, and down to max_lr / div_factor / final_div_factor.

    Parameters
    ----------
    max_lr : float >= 0
    total_steps : int > 0
        Updates that training will make; from there on the rate stays at its lowest.
    pct_start : float in [0, 1]
        Part of the steps in which the rate rises.
    div_factor : float > 0
    final_div_factor : float > 0
    anneal : "cos" or "linear"
        Half a wave of the cosine, or a straight line, up as down; ``anneal_strategy`` of PyTorch.
    name : str, optional

    Notes
    -----
    As PyTorch's OneCycleLR with two phases, without its cycle of the momentum: the highest rate is that of step
    pct_start · total_steps - 1, the lowest that of step total_steps - 1. Keras has no such schedule.

    References
    ----------
    Smith and Topin 2018, "Super-convergence: very fast training of neural networks using large learning rates".
    """

    def __init__(
        self,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        anneal: str = "cos",
        name: str | None = None,
    ) -> None:
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycle expects pct_start in [0, 1]; received {pct_start!r}.")
        if anneal not in ("cos", "linear"):
            raise ValueError(f"OneCycle expects anneal to be 'cos' or 'linear'; received {anneal!r}.")
        self.max_lr = rate(max_lr, "max_lr", "OneCycle")
        self.total_steps = steps(total_steps, "total_steps", "OneCycle")
        self.pct_start = float(pct_start)
        self.div_factor = rate(div_factor, "div_factor", "OneCycle", above_zero=True)
        self.final_div_factor = rate(final_div_factor, "final_div_factor", "OneCycle", above_zero=True)
        self.anneal = anneal
        self.name = name

    def __call__(self, step: int) -> float:
        """The learning rate after `step` updates."""
        first = self.max_lr / self.div_factor
        top, end = self.pct_start * self.total_steps - 1, self.total_steps - 1
        if step <= top:
            return self._between(first, self.max_lr, step / top if top else 1.0)
        done = 1.0 if step >= end else (step - top) / (end - top)
        return self._between(self.max_lr, first / self.final_div_factor, done)

    def _between(self, start: float, stop: float, done: float) -> float:
        """The rate on the way from one to another."""
        if self.anneal == "linear":
            return start + (stop - start) * done
        return stop + (start - stop) * 0.5 * (1 + math.cos(math.pi * done))


@hookimpl
def register_schedules(register: Register) -> None:
    """Register ``one_cycle``."""
    register("one_cycle", OneCycle)
