"""RMSprop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.checks import fraction
from nbnet.optimizers.optimizer import Optimizer, Slots
from nbnet.optimizers.options import Options
from nbnet.schedules.schedule import Schedule

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Gradient descent with each gradient divided by the root of its mean square.

    Parameters
    ----------
    learning_rate : float or Schedule
    rho : float in [0, 1)
        Decay of the mean square.
    momentum : float in [0, 1)
    epsilon : float
        Added to the mean square before the root is taken.
    centered : bool
        Divide by the standard deviation: subtract the square of the mean gradient.
    name : str, optional
    **options
        Clipping, weight decay and so on, as of :class:`Optimizer`.

    Notes
    -----
    s ← ρ s + (1 - ρ) g², w ← w - η g / sqrt(s + ε); with momentum v ← m v + η g / sqrt(s + ε) and w ← w - v.

    References
    ----------
    Tieleman and Hinton 2012, "Lecture 6.5: rmsprop"; centered: Graves 2013, "Generating sequences with recurrent
    neural networks", eq. 38-45.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        name: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, name, **options)
        self.rho = fraction(rho, "rho", "RMSprop")
        self.momentum = fraction(momentum, "momentum", "RMSprop")
        self.epsilon = float(epsilon)
        self.centered = centered
        self.slot_names = (
            "mean_square",
            *(("mean_gradient",) if centered else ()),
            *(("velocity",) if momentum else ()),
        )

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """One step."""
        square = self.rho * slots["mean_square"] + (1 - self.rho) * ops.square(grad)
        new = {"mean_square": square}
        scale = square
        if self.centered:
            new["mean_gradient"] = self.rho * slots["mean_gradient"] + (1 - self.rho) * grad
            # A variance; rounding can make it negative where the gradient hardly changes.
            scale = ops.maximum(square - ops.square(new["mean_gradient"]), 0.0)
        move = scalars["learning_rate"] * grad * ops.rsqrt(scale + self.epsilon)
        if self.momentum:
            new["velocity"] = move = self.momentum * slots["velocity"] + move
        return param - move, new


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``rmsprop``."""
    register("rmsprop", RMSprop)
