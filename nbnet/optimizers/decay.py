"""Weight decay: before each update every weight is made a little smaller."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbnet.graph.tensor import Variable
from nbnet.optimizers.checks import number
from nbnet.optimizers.groups import Group
from nbnet.optimizers.link import Application, Changes, Link, Update

__all__ = ["WeightDecay"]


class WeightDecay(Link):
    """w ← w - η λ w before the update, η being the learning rate of the variable's group.

    Parameters
    ----------
    owner : str
        The optimizer, for messages.
    rate : float >= 0 or None
        λ of the variables whose group names no other.
    learning_rate : callable
        Without arguments; the learning rate of the next update.
    excluded : iterable of str
        Regular expressions; a variable is not made smaller when one is found in its name.

    References
    ----------
    Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    def __init__(
        self, owner: str, rate: float | None, learning_rate: Callable[[], float], excluded: Iterable[str] | None
    ) -> None:
        self.rate = None if rate is None else number(rate, "weight_decay", owner)
        self._owner = owner
        self._learning_rate = learning_rate
        self._names: tuple[str, ...] = ()
        self._variables: tuple[Variable, ...] = ()
        self.exclude((), excluded or ())

    def exclude(self, variables: Iterable[Variable], names: Iterable[str]) -> None:
        """Exclude these variables, and those in whose names one of the regular expressions is found, and no others."""
        if isinstance(names, str):
            raise ValueError(f"{self._owner} expects a list of names to exclude from weight decay; received {names!r}.")
        listed = tuple(names)
        for name in listed:
            try:
                re.compile(name)
            except (re.error, TypeError) as error:
                raise ValueError(
                    f"{self._owner} excludes variables from weight decay by regular expressions, such as 'bias'; "
                    f"received {name!r}: {error}."
                ) from None
        self._names, self._variables = listed, tuple(variables)

    @property
    def excluded(self) -> list[str]:
        """What is excluded, as regular expressions alone: variables by their whole names."""
        return [*self._names, *(f"^{re.escape(variable.name)}$" for variable in self._variables)]

    def rate_of(self, variable: Variable, group: Group) -> float:
        """λ of a variable."""
        if any(variable is other for other in self._variables):
            return 0.0
        if any(re.search(name, variable.name) for name in self._names):
            return 0.0
        rate = self.rate if group.weight_decay is None else group.weight_decay
        return rate or 0.0

    def around(self, update: Update, at: Application) -> Update:
        """`update` of the smaller weights."""

        def decayed(params: Sequence[Any], grads: Sequence[Any]) -> Changes:
            return update([self._smaller(param, at, index) for index, param in enumerate(params)], grads)

        return decayed

    def _smaller(self, param: Any, at: Application, index: int) -> Any:
        """One weight after its decay."""
        variable, group = at.variables[index], at.groups[index]
        rate = self.rate_of(variable, group) * group.lr_scale
        if not rate:
            return param
        return param - param * at.number("weight_decay", variable.dtype, lambda: self._learning_rate() * rate, rate)
