"""Adagrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.checks import number
from nbnet.optimizers.optimizer import Optimizer, Slots
from nbnet.optimizers.options import Options
from nbnet.schedules.schedule import Schedule

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Gradient descent with each gradient divided by the root of the sum of all its squares so far.

    Parameters
    ----------
    learning_rate : float or Schedule
        As Keras' 0.001, with which little moves; the paper's experiments and PyTorch take 0.01 and more.
    initial_accumulator_value : float >= 0
        What the sum begins with; 0 in PyTorch.
    epsilon : float
        Added to the sum before the root is taken; PyTorch adds it to the root.
    name : str, optional
    **options
        Clipping, weight decay and so on, as of :class:`Optimizer`.

    Notes
    -----
    s ← s + g², w ← w - η g / sqrt(s + ε).

    References
    ----------
    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization",
    figure 1 with diagonal matrices.
    """

    slot_names = ("sum_of_squares",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        name: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, name, **options)
        self.initial_accumulator_value = number(initial_accumulator_value, "initial_accumulator_value", "Adagrad")
        self.epsilon = float(epsilon)

    def slot_start(self, slot: str) -> float:
        """The initial accumulator value."""
        return self.initial_accumulator_value

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """One step."""
        total = slots["sum_of_squares"] + ops.square(grad)
        return param - scalars["learning_rate"] * grad * ops.rsqrt(total + self.epsilon), {"sum_of_squares": total}


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``adagrad``."""
    register("adagrad", Adagrad)
