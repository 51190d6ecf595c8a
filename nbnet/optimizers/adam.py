"""Adam."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Unpack

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.checks import fraction
from nbnet.optimizers.optimizer import Optimizer, Slots
from nbnet.optimizers.options import Options
from nbnet.schedules.schedule import Schedule

__all__ = ["Adam"]


class Adam(Optimizer):
    """Gradient descent with means of the gradient and of its square.

    Parameters
    ----------
    learning_rate : float or Schedule
    beta_1 : float in [0, 1)
        Decay of the mean gradient.
    beta_2 : float in [0, 1)
        Decay of the mean square.
    epsilon : float
        Added to the root of the mean square, which is not corrected for its bias.
    amsgrad : bool
        Divide by the largest mean square there was.
    name : str, optional
    **options
        Clipping, weight decay and so on, as of :class:`Optimizer`.

    Notes
    -----
    m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², w ← w - η' m / (sqrt(v) + ε) with
    η' = η sqrt(1 - β₂ᵗ) / (1 - β₁ᵗ).

    References
    ----------
    Kingma and Ba 2015, "Adam: a method for stochastic optimization", the form before section 2.1; AMSGrad: Reddi,
    Kale and Kumar 2018, "On the convergence of Adam and beyond", algorithm 2.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        name: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, name, **options)
        self.beta_1 = fraction(beta_1, "beta_1", "Adam")
        self.beta_2 = fraction(beta_2, "beta_2", "Adam")
        self.epsilon = float(epsilon)
        self.amsgrad = amsgrad
        self.slot_names = ("momentum", "velocity", *(("largest",) if amsgrad else ()))

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """The learning rate corrected for the means' beginning at zero."""
        t = step + 1
        return {"learning_rate": learning_rate * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)}

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """One step."""
        momentum = slots["momentum"] + (grad - slots["momentum"]) * (1 - self.beta_1)
        velocity = slots["velocity"] + (ops.square(grad) - slots["velocity"]) * (1 - self.beta_2)
        new = {"momentum": momentum, "velocity": velocity}
        largest = velocity
        if self.amsgrad:
            new["largest"] = largest = ops.maximum(slots["largest"], velocity)
        return param - scalars["learning_rate"] * momentum / (ops.sqrt(largest) + self.epsilon), new


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``adam``."""
    register("adam", Adam)
