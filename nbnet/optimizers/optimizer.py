"""The base of optimizers: slots, run-time scalars, and one update formula that subclasses give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from nbnet.configurable import Configurable
from nbnet.errors import ShapeError
from nbnet.graph.tensor import RuntimeScalar, Variable, active_trace, aligned_zeros, as_operand
from nbnet.graph.trace import part_scope, update_group
from nbnet.schedules.schedule import Schedule

__all__ = ["Optimizer", "fraction"]

Slots = Mapping[str, Any]


class Optimizer(Configurable):
    """Base of optimizers.

    A subclass names its slots and gives one formula, :meth:`update`; numbers that change from step to step come
    from :meth:`scalars`, so the step is compiled once.

    Parameters
    ----------
    learning_rate : float or Schedule
        May be set at any time.
    name : str, optional
        For messages and slots.

    Attributes
    ----------
    iterations : int
        How many updates have been made.
    """

    slot_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, learning_rate: float | Schedule = 0.01, name: str | None = None) -> None:
        self.name = name or type(self).__name__.lower()
        self.iterations = 0
        self.learning_rate = learning_rate
        self._slots: dict[int, tuple[Variable, dict[str, Variable]]] = {}
        self._scalars: dict[tuple[str, np.dtype], RuntimeScalar] = {}

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next update; set a float or a Schedule."""
        rate = self._learning_rate
        return rate(self.iterations) if isinstance(rate, Schedule) else rate

    @learning_rate.setter
    def learning_rate(self, rate: float | Schedule) -> None:
        if isinstance(rate, Schedule):
            self._learning_rate: float | Schedule = rate
            return
        if (
            isinstance(rate, bool)
            or not isinstance(rate, (int, float, np.number))
            or not math.isfinite(rate)
            or rate < 0
        ):
            raise ValueError(
                f"{type(self).__name__} expects a learning rate >= 0 or a schedule; received {rate!r}. "
                "A usual one is 0.001 for Adam and 0.01 for SGD."
            )
        self._learning_rate = float(rate)

    def slots_for(self, variable: Variable) -> tuple[str, ...]:
        """Names of the slots that `variable` needs; all begin at zero."""
        return self.slot_names

    def scalars(self, step: int) -> dict[str, float]:
        """The numbers of the update after `step` updates, computed in float64.

        Parameters
        ----------
        step : int >= 0

        Returns
        -------
        dict of str to float
        """
        rate = self._learning_rate
        return {"learning_rate": rate(step) if isinstance(rate, Schedule) else rate}

    def update(self, param: Any, grad: Any, slots: Slots, scalars: Mapping[str, Any]) -> tuple[Any, Slots]:
        """The update formula over ops.

        Parameters
        ----------
        param, grad : Tensor, of one shape
        slots : mapping of str to Tensor
        scalars : mapping of str to Tensor, shape ()

        Returns
        -------
        tuple of Tensor and mapping
            The new parameter and the new slots.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no update(param, grad, slots, scalars).")

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the slots of `variables` that do not exist yet."""
        for variable in variables:
            if id(variable) not in self._slots:
                slots = {
                    slot: Variable(
                        aligned_zeros(variable.shape, variable.dtype),
                        name=f"{variable.name}/{slot}",
                        trainable=False,
                        copy=False,
                    )
                    for slot in self.slots_for(variable)
                }
                self._slots[id(variable)] = (variable, slots)  # the variable is kept, so its id stays its own

    def has_slots(self, variable: Variable) -> bool:
        """Whether slots exist for a variable, as they do after its first update."""
        return id(variable) in self._slots

    def slots(self, variable: Variable) -> dict[str, Variable]:
        """The slots of one variable, created if need be."""
        self.build([variable])
        return self._slots[id(variable)][1]

    def apply(self, loss: Any, grads: Sequence[Any], variables: Sequence[Variable]) -> None:
        """Update `variables`; inside a traced step this is recorded, as in ``train_step``.

        Parameters
        ----------
        loss : Tensor, shape ()
            What was differentiated. Unless it and all gradients are finite nothing is written.
        grads : sequence of Tensor
            One gradient for each variable, of its shape.
        variables : sequence of Variable

        Raises
        ------
        ShapeError
            When gradients and variables do not fit together.
        """
        if len(grads) != len(variables):
            raise ShapeError(
                f"{self.name}.apply expects a gradient for each of {len(variables)} variables; received {len(grads)}."
            )
        for grad, variable in zip(grads, variables, strict=True):
            if tuple(grad.shape) != variable.shape:
                raise ShapeError(
                    f"{self.name}.apply expects a gradient of shape {variable.shape} for variable '{variable.name}'; "
                    f"received {tuple(grad.shape)}."
                )
        self.build(variables)
        with part_scope(self.name), update_group(self.name, (loss, *grads)):
            for variable, grad in zip(variables, grads, strict=True):
                slots = self._slots[id(variable)][1]
                new, new_slots = self.update(variable, grad, slots, self._at_run_time(variable.dtype))
                for slot, value in new_slots.items():
                    slots[slot].assign(value)
                variable.assign(new)
        trace = active_trace()
        if trace is None:
            self._advance()
        else:
            trace.after.append(self._advance)

    def _advance(self) -> None:
        """Count an update."""
        self.iterations += 1

    def _at_run_time(self, dtype: np.dtype) -> dict[str, Any]:
        """The scalars as operands whose numbers are read before each step; outside a trace as numbers."""
        return {name: as_operand(self._scalar(name, dtype)) for name in self.scalars(self.iterations)}

    def _scalar(self, name: str, dtype: np.dtype) -> RuntimeScalar:
        """One of the scalars in the dtype of the variables it acts on."""
        if (name, dtype) not in self._scalars:
            self._scalars[name, dtype] = RuntimeScalar(
                f"{self.name}/{name}", lambda: self.scalars(self.iterations)[name], dtype
            )
        return self._scalars[name, dtype]

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the learning rate as it is now."""
        return {**super().get_config(), "learning_rate": self._learning_rate}

    def __repr__(self) -> str:
        given = {name: value for name, value in self.get_config().items() if name != "name" or value is not None}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def fraction(value: float, name: str, optimizer: str) -> float:
    """A factor in [0, 1), checked."""
    if not 0 <= value < 1:
        raise ValueError(f"{optimizer} expects {name} in [0, 1); received {value}.")
    return float(value)
