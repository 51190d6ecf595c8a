"""The links of the chain around an update formula: each takes the update inside it and gives another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nbnet.graph.tensor import Variable
from nbnet.optimizers.groups import Group

__all__ = ["Application", "Changes", "Link", "Update"]

Changes = list[tuple[Any, dict[str, Any]]]
"""For each variable its new value, and those of its slots by name."""

Update = Callable[[Sequence[Any], Sequence[Any]], Changes]
"""From the values of the variables and their gradients, one of each a variable, to what becomes of them."""


@dataclass(frozen=True)
class Application:
    """One call of ``Optimizer.apply``, as the links see it.

    Attributes
    ----------
    variables : sequence of Variable
    slots : sequence of mapping of str to Variable
        Of each variable, with the values before the update.
    groups : sequence of Group
        What applies to each variable.
    firsts : sequence of int
        How many updates the optimizer had made before the first of each variable.
    samples : number or Tensor, shape ()
        The weight of the gradients among those that are accumulated.
    number : callable
        ``number(name, dtype, provider, *key)`` is a Tensor, shape (), whose number ``provider()`` gives before each
        step; calls of one name, dtype and key share it.
    """

    variables: Sequence[Variable]
    slots: Sequence[Mapping[str, Variable]]
    groups: Sequence[Group]
    firsts: Sequence[int]
    samples: Any
    number: Callable[..., Any]


class Link:
    """Base of the links: nothing is changed.

    A link may have slots of its own beside those of the formula, which begin at zero, and may count calls.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    def around(self, update: Update, at: Application) -> Update:
        """The update that does what this link does, and `update` inside."""
        return update

    def advance(self) -> bool:
        """Count a call that has been made; whether it has changed the variables."""
        return True

    def get_state(self) -> dict[str, float]:
        """The numbers, beside slots, that a later call depends on."""
        return {}

    def set_state(self, state: Mapping[str, float]) -> None:
        """Go on from these numbers; those that are missing are as in the beginning."""
