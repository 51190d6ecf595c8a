"""What an optimizer keeps of each variable: its slots, when they began, and the numbers that are saved with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from nbnet.configurable import Configurable
from nbnet.graph.tensor import Variable, aligned_zeros
from nbnet.optimizers.link import Link

__all__ = ["Slotted"]

_Kind = TypeVar("_Kind", bound=Link)


class Slotted(Configurable):
    """The base of :class:`Optimizer`: variables of the shape of each trained one, beside it.

    Attributes
    ----------
    iterations : int
        How many updates have been made.
    slot_names : tuple of str
        The slots of the formula.
    """

    name: str
    slot_names: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.iterations = 0
        self._links: tuple[Link, ...] = ()
        self._slots: dict[int, tuple[Variable, dict[str, Variable]]] = {}
        self._firsts: dict[int, int] = {}  # by the id of a variable: how many updates there had been before its own
        self._restored: dict[str, int] = {}  # the same by name, of variables that have no slots yet

    def slot_start(self, slot: str) -> float:
        """The number that a slot of the formula begins with: 0 unless a subclass says otherwise."""
        return 0.0

    def slots_for(self, variable: Variable) -> tuple[str, ...]:
        """Names of the slots that `variable` needs: those of the formula, then those of the chain around it."""
        return (*self.slot_names, *(slot for link in self._links for slot in link.slots))

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the slots of `variables` that do not exist yet.

        Raises
        ------
        ValueError
            When a slot of the formula has the name of one of the chain.
        """
        for variable in variables:
            if id(variable) in self._slots:
                continue
            names = self.slots_for(variable)
            if len(set(names)) < len(names):
                raise ValueError(
                    f"{type(self).__name__} has two slots of one name: {', '.join(names)}. Rename those of its formula."
                )
            slots = {slot: self._new_slot(slot, variable) for slot in names}
            self._slots[id(variable)] = (variable, slots)  # the variable is kept, so its id stays its own
            self._firsts[id(variable)] = self._restored.pop(variable.name, self.iterations) if names else 0

    def _new_slot(self, slot: str, variable: Variable) -> Variable:
        """A slot as it begins."""
        array = aligned_zeros(variable.shape, variable.dtype)
        start = self.slot_start(slot) if slot in self.slot_names else 0.0
        if start != 0:  # zeros take no memory until they are written
            array[...] = start
        return Variable(array, name=f"{variable.name}/{slot}", trainable=False, copy=False)

    def has_slots(self, variable: Variable) -> bool:
        """Whether slots exist for a variable, as they do after its first update."""
        return id(variable) in self._slots

    def slots(self, variable: Variable) -> dict[str, Variable]:
        """The slots of one variable, created if need be."""
        self.build([variable])
        return self._slots[id(variable)][1]

    def _link(self, kind: type[_Kind]) -> _Kind | None:
        """The link of a kind in the chain, if there is one."""
        return next((link for link in self._links if isinstance(link, kind)), None)

    def get_state(self, names: Mapping[int, str] | None = None) -> dict[str, float]:
        """The numbers, beside slots, that the next updates depend on.

        Parameters
        ----------
        names : mapping of int to str, optional
            By the id of a variable: what it is called, where two may have the same name.

        Returns
        -------
        dict of str to float
            For :meth:`set_state`: ``iterations``, what is accumulated, and ``first/<variable>``, how many updates
            there had been before the first of a variable, where there had been any.
        """
        state: dict[str, float] = {"iterations": self.iterations}
        for link in self._links:
            state.update(link.get_state())
        for key, (variable, _) in self._slots.items():
            if self._firsts[key]:
                state[f"first/{(names or {}).get(key, variable.name)}"] = self._firsts[key]
        return state

    def set_state(self, state: Mapping[str, float], names: Mapping[int, str] | None = None) -> None:
        """Go on from what :meth:`get_state` gave; slots that are restored as well are made before.

        Parameters
        ----------
        state : mapping of str to float
            What is missing is as in the beginning.
        names : mapping of int to str, optional
            As :meth:`get_state` was given it.

        Raises
        ------
        ValueError
            When a number is negative or not finite.
        """
        for name, value in state.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
                raise ValueError(f"The state of {self.name} holds numbers >= 0; received {name}={value!r:.40}.")
        self.iterations = int(state.get("iterations", 0))
        firsts = {name.removeprefix("first/"): int(n) for name, n in state.items() if name.startswith("first/")}
        called = {key: (names or {}).get(key, variable.name) for key, (variable, _) in self._slots.items()}
        self._firsts = {key: firsts.pop(name, 0) for key, name in called.items()}
        self._restored = firsts
        for link in self._links:
            link.set_state(state)
