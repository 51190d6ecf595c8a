"""Nadam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.checks import fraction
from nbnet.optimizers.optimizer import Optimizer, Slots
from nbnet.optimizers.options import Options
from nbnet.schedules.schedule import Schedule

__all__ = ["Nadam"]


class Nadam(Optimizer):
    """Adam with Nesterov's momentum: the mean gradient is taken as if it stood one step ahead.

    Parameters
    ----------
    learning_rate : float or Schedule
        PyTorch's default is 0.002.
    beta_1 : float in [0, 1)
        Decay of the mean gradient, at the end of its warming up.
    beta_2 : float in [0, 1)
        Decay of the mean square.
    epsilon : float
        Added to the root of the corrected mean square.
    name : str, optional
    **options
        Clipping, weight decay and so on, as of :class:`Optimizer`.

    Notes
    -----
    With μₜ = β₁ (1 - 0.96ᵗ / 2) and Uₜ = μ₁ … μₜ: m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g²,
    w ← w - η (μₜ₊₁ m / (1 - Uₜ₊₁) + (1 - μₜ) g / (1 - Uₜ)) / (sqrt(v / (1 - β₂ᵗ)) + ε).
    PyTorch's μₜ is β₁ (1 - 0.96^(0.004 t) / 2), which warms up more slowly.

    References
    ----------
    Dozat 2016, "Incorporating Nesterov momentum into Adam", algorithm 2.
    """

    slot_names = ("momentum", "velocity")

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
        self.beta_1 = fraction(beta_1, "beta_1", "Nadam")
        self.beta_2 = fraction(beta_2, "beta_2", "Nadam")
        self.epsilon = float(epsilon)
        self._product = (0, 1.0)  # t and Uₜ of the last step that was asked for

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """The weights of the mean gradient and of the gradient, and the mean square's correction."""
        t = step + 1
        now, ahead, product = self._warmed(t), self._warmed(t + 1), self._product_until(t)
        return {
            "mean_rate": learning_rate * ahead / (1 - product * ahead),
            "gradient_rate": learning_rate * (1 - now) / (1 - product),
            "correction": 1 / (1 - self.beta_2**t),
        }

    def _warmed(self, t: int) -> float:
        """μₜ."""
        return self.beta_1 * (1 - 0.5 * 0.96**t)

    def _product_until(self, t: int) -> float:
        """Uₜ; that of the next step follows from the last."""
        known, product = self._product if self._product[0] <= t else (0, 1.0)
        while known < t and product > 1e-18:  # below, 1 - product is 1
            known += 1
            product *= self._warmed(known)
        self._product = (t, product)
        return product

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """One step."""
        momentum = slots["momentum"] + (grad - slots["momentum"]) * (1 - self.beta_1)
        velocity = slots["velocity"] + (ops.square(grad) - slots["velocity"]) * (1 - self.beta_2)
        move = scalars["mean_rate"] * momentum + scalars["gradient_rate"] * grad
        new = param - move / (ops.sqrt(velocity * scalars["correction"]) + self.epsilon)
        return new, {"momentum": momentum, "velocity": velocity}


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``nadam``."""
    register("nadam", Nadam)
