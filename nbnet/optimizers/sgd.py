"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from nbnet.hookspecs import Register, hookimpl
from nbnet.optimizers.checks import fraction
from nbnet.optimizers.optimizer import Optimizer, Slots
from nbnet.optimizers.options import Options
from nbnet.schedules.schedule import Schedule

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if wanted.

    Parameters
    ----------
    learning_rate : float or Schedule
    momentum : float in [0, 1)
    nesterov : bool
        Take the gradient as if it stood one step ahead.
    name : str, optional
    **options
        Clipping, weight decay and so on, as of :class:`Optimizer`.

    Notes
    -----
    w ← w - η g; with momentum v ← m v - η g and w ← w + v, with Nesterov's w ← w + m v - η g.

    References
    ----------
    Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", section 2.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        name: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, name, **options)
        self.momentum = fraction(momentum, "momentum", "SGD")
        self.nesterov = nesterov
        self.slot_names = ("velocity",) if momentum else ()

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """One step down the gradient."""
        move = scalars["learning_rate"] * grad
        if not self.momentum:
            return param - move, {}
        velocity = self.momentum * slots["velocity"] - move
        ahead = self.momentum * velocity - move if self.nesterov else velocity
        return param + ahead, {"velocity": velocity}


@hookimpl
def register_optimizers(register: Register) -> None:
    """Register ``sgd``."""
    register("sgd", SGD)
