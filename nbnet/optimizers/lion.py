"""Lion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.checks import fraction
from nbnet.optimizers.optimizer import Optimizer, Slots
from nbnet.optimizers.options import Options
from nbnet.schedules.schedule import Schedule

__all__ = ["Lion"]


class Lion(Optimizer):
    """Steps of one size, in the direction of the sign of the mean gradient.

    Parameters
    ----------
    learning_rate : float or Schedule
        The size of each step; the paper takes a third to a tenth of Adam's, and PyTorch has no Lion.
    beta_1 : float in [0, 1)
        Weight of the mean gradient beside the gradient in the step.
    beta_2 : float in [0, 1)
        Decay of the mean gradient.
    name : str, optional
    **options
        Clipping, weight decay and so on, as of :class:`Optimizer`.

    Notes
    -----
    w ← w - η sign(β₁ m + (1 - β₁) g), then m ← β₂ m + (1 - β₂) g; sign(0) = 0.

    References
    ----------
    Chen et al. 2023, "Symbolic discovery of optimization algorithms", program 1.
    """

    slot_names = ("momentum",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        name: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, name, **options)
        self.beta_1 = fraction(beta_1, "beta_1", "Lion")
        self.beta_2 = fraction(beta_2, "beta_2", "Lion")

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """One step."""
        direction = ops.sign(self.beta_1 * slots["momentum"] + (1 - self.beta_1) * grad)
        momentum = self.beta_2 * slots["momentum"] + (1 - self.beta_2) * grad
        return param - scalars["learning_rate"] * direction, {"momentum": momentum}


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``lion``."""
    register("lion", Lion)
