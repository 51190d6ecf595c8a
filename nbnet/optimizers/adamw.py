"""AdamW."""

from __future__ import annotations

from typing import Unpack

from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.adam import Adam
from nbnet.optimizers.checks import number
from nbnet.optimizers.options import ChainOptions
from nbnet.schedules.schedule import Schedule

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam with weight decay beside the gradient.

    Parameters
    ----------
    learning_rate : float or Schedule
    weight_decay : float >= 0
        λ in w ← w - η λ w before each update. Keras' default of 0.004 is kept; PyTorch's is 0.01.
    beta_1, beta_2, epsilon, amsgrad
        As of :class:`Adam`.
    name : str, optional
    **options
        Clipping, exclusions from weight decay and so on, as of :class:`Optimizer`.

    References
    ----------
    Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        name: str | None = None,
        **options: Unpack[ChainOptions],
    ) -> None:
        decay = number(weight_decay, "weight_decay", "AdamW")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, name, weight_decay=decay, **options)


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``adamw``."""
    register("adamw", AdamW)
