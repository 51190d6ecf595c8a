"""Averaging: a moving average of the weights, which is often better than the weights themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from nbnet.graph import ops
from nbnet.optimizers.checks import count
from nbnet.optimizers.link import Application, Changes, Link, Update

__all__ = ["Averaging"]


class Averaging(Link):
    """a ← μ a + (1 - μ) w after each update; after the first one of a variable a = w.

    Parameters
    ----------
    owner : str
        The optimizer, for messages.
    momentum : float in [0, 1]
        μ.
    overwrite_frequency : int >= 1 or None
        After so many updates, again and again, the weights become their averages.
    iterations : callable
        Without arguments; how many updates have been made.

    References
    ----------
    Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the exponential form: Kingma and
    Ba 2015, "Adam: a method for stochastic optimization", section 7.2.
    """

    slots: ClassVar[tuple[str, ...]] = ("average",)

    def __init__(
        self, owner: str, momentum: float, overwrite_frequency: int | None, iterations: Callable[[], int]
    ) -> None:
        if not 0 <= momentum <= 1:
            raise ValueError(f"{owner} expects ema_momentum in [0, 1]; received {momentum!r}.")
        self.momentum = float(momentum)
        self.frequency = (
            None if not overwrite_frequency else count(overwrite_frequency, "ema_overwrite_frequency", owner)
        )
        self._iterations = iterations

    def around(self, update: Update, at: Application) -> Update:
        """`update`, and the average of what it gives."""

        def averaged(params: Sequence[Any], grads: Sequence[Any]) -> Changes:
            return [self._with_average(at, index, *change) for index, change in enumerate(update(params, grads))]

        return averaged

    def _with_average(self, at: Application, index: int, new: Any, slots: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The change of one variable and of its average."""
        variable, first = at.variables[index], at.firsts[index]
        momentum = at.number(
            "ema_momentum", variable.dtype, lambda: self.momentum if self._iterations() > first else 0.0, first
        )
        average = momentum * at.slots[index]["average"] + (1 - momentum) * new
        if self.frequency is not None:
            new = ops.where(at.number("ema_overwrite", variable.dtype, self._overwrites) > 0, average, new)
        return new, {**slots, "average": average}

    def _overwrites(self) -> float:
        """1 where the next update overwrites the weights."""
        assert self.frequency is not None
        return float((self._iterations() + 1) % self.frequency == 0)
