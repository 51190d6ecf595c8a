"""Accumulation: one update for the gradients of several batches."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from nbnet.errors import TraceError
from nbnet.graph import ops
from nbnet.graph.tensor import Variable, active_trace
from nbnet.graph.trace import Trace
from nbnet.optimizers.link import Application, Changes, Link, Update

__all__ = ["Accumulation"]


class Accumulation(Link):
    """Every `steps` calls one update is made, by the mean of the gradients, each weighed by its samples.

    Between updates variables and slots stand still. A call before which :attr:`finishing` is set makes the update
    with what has been accumulated until then, so the mean is taken over the samples that there were.

    Parameters
    ----------
    steps : int >= 2

    Attributes
    ----------
    pending : int
        How many calls have been made since the last update.
    finishing : bool
        Whether the next call makes the update, however few there were.
    """

    slots: ClassVar[tuple[str, ...]] = ("accumulated_gradient",)

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.pending = 0
        self.finishing = False
        self._samples = Variable(np.zeros((), "float64"), name="accumulated_samples", trainable=False)
        self._trace: weakref.ref[Trace] | None = None

    @property
    def updates(self) -> bool:
        """Whether the next call makes the update."""
        return self.finishing or self.pending + 1 >= self.steps

    def around(self, update: Update, at: Application) -> Update:
        """`update` by the mean gradient, of which nothing is kept unless it is time for it."""
        self._once_a_step()

        def accumulated(params: Sequence[Any], grads: Sequence[Any]) -> Changes:
            now = at.number("update", np.dtype("float32"), lambda: float(self.updates)) > 0
            total = self._samples + at.samples
            share = 1 / ops.where(total > 0, total, 1.0)  # batches of no weight have no gradient either
            sums = [
                slots["accumulated_gradient"] + grad * ops.cast(at.samples, grad.dtype)
                for slots, grad in zip(at.slots, grads, strict=True)
            ]
            changes = []
            means = [item * ops.cast(share, item.dtype) for item in sums]
            for variable, slots, item, (new, new_slots) in zip(
                at.variables, at.slots, sums, update(params, means), strict=True
            ):
                kept = {name: ops.where(now, value, slots[name]) for name, value in new_slots.items()}
                kept["accumulated_gradient"] = ops.where(now, 0.0, item)
                changes.append((ops.where(now, new, variable), kept))
            self._samples.assign(ops.where(now, 0.0, total))
            return changes

        return accumulated

    def _once_a_step(self) -> None:
        """Raise a TraceError for a second call in one step: whether it updates is known only after the first."""
        trace = active_trace()
        if trace is None:
            return
        if self._trace is not None and self._trace() is trace:
            raise TraceError(
                "An optimizer with gradient_accumulation_steps is applied once in a step; it was applied twice. Use an "
                "optimizer for each set of variables."
            )
        self._trace = weakref.ref(trace)

    def advance(self) -> bool:
        """Count a call; whether it made the update."""
        updated = self.updates
        self.pending = 0 if updated else self.pending + 1
        self.finishing = False
        return updated

    def get_state(self) -> dict[str, float]:
        """How much is accumulated."""
        return {"pending": self.pending, "accumulated_samples": float(self._samples.storage)}

    def set_state(self, state: Mapping[str, float]) -> None:
        """Go on with what is accumulated; the sums are slots."""
        self.pending = int(state.get("pending", 0))
        self._samples.storage[...] = state.get("accumulated_samples", 0.0)
        self.finishing = False
