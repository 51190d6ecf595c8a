"""Adamax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.checks import fraction
from nbnet.optimizers.optimizer import Optimizer, Slots
from nbnet.optimizers.options import Options
from nbnet.schedules.schedule import Schedule

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adam with the largest gradient, which slowly fades, in place of the mean square.

    Parameters
    ----------
    learning_rate : float or Schedule
        PyTorch's default is 0.002.
    beta_1 : float in [0, 1)
        Decay of the mean gradient.
    beta_2 : float in [0, 1)
        Decay of the largest gradient.
    epsilon : float
        Added to the largest gradient; PyTorch adds it to each new one before it is compared.
    name : str, optional
    **options
        Clipping, weight decay and so on, as of :class:`Optimizer`.

    Notes
    -----
    m ← β₁ m + (1 - β₁) g, u ← max(β₂ u, |g|), w ← w - η' m / (u + ε) with η' = η / (1 - β₁ᵗ).

    References
    ----------
    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 2.
    """

    slot_names = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        name: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, name, **options)
        self.beta_1 = fraction(beta_1, "beta_1", "Adamax")
        self.beta_2 = fraction(beta_2, "beta_2", "Adamax")
        self.epsilon = float(epsilon)

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """The learning rate corrected for the mean's beginning at zero."""
        return {"learning_rate": learning_rate / (1 - self.beta_1 ** (step + 1))}

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """One step."""
        momentum = slots["momentum"] + (grad - slots["momentum"]) * (1 - self.beta_1)
        norm = ops.maximum(self.beta_2 * slots["norm"], ops.abs(grad))
        new = param - scalars["learning_rate"] * momentum / (norm + self.epsilon)
        return new, {"momentum": momentum, "norm": norm}


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``adamax``."""
    register("adamax", Adamax)
