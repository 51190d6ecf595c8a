"""Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.checks import fraction
from nbnet.optimizers.optimizer import Optimizer, Slots
from nbnet.optimizers.options import Options
from nbnet.schedules.schedule import Schedule

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Gradient descent whose steps have the size of the steps before, as the gradients have of theirs.

    Parameters
    ----------
    learning_rate : float or Schedule
        As Keras' 0.001, with which next to nothing moves; the paper and PyTorch take 1.
    rho : float in [0, 1)
        Decay of the mean squares; PyTorch's default is 0.9.
    epsilon : float
        Added to the mean squares before the roots are taken: the size of the first steps.
    name : str, optional
    **options
        Clipping, weight decay and so on, as of :class:`Optimizer`.

    Notes
    -----
    s ← ρ s + (1 - ρ) g², d = g sqrt(u + ε) / sqrt(s + ε), u ← ρ u + (1 - ρ) d², w ← w - η d.

    References
    ----------
    Zeiler 2012, "ADADELTA: an adaptive learning rate method", algorithm 1.
    """

    slot_names = ("mean_square", "mean_square_step")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        name: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, name, **options)
        self.rho = fraction(rho, "rho", "Adadelta")
        self.epsilon = float(epsilon)

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """One step."""
        square = self.rho * slots["mean_square"] + (1 - self.rho) * ops.square(grad)
        move = grad * ops.sqrt(slots["mean_square_step"] + self.epsilon) * ops.rsqrt(square + self.epsilon)
        steps = self.rho * slots["mean_square_step"] + (1 - self.rho) * ops.square(move)
        return param - scalars["learning_rate"] * move, {"mean_square": square, "mean_square_step": steps}


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``adadelta``."""
    register("adadelta", Adadelta)
