"""The base of optimizers: slots, run-time scalars, and one update formula that subclasses give."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Unpack

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.graph import topological
from nbnet.graph.tensor import READ, RuntimeScalar, Tensor, Variable, active_trace, as_operand
from nbnet.graph.trace import part_scope, update_group
from nbnet.optimizers.accumulation import Accumulation
from nbnet.optimizers.averaging import Averaging
from nbnet.optimizers.decay import WeightDecay
from nbnet.optimizers.groups import Groups
from nbnet.optimizers.link import Application, Changes
from nbnet.optimizers.options import DEFAULTS, Options, links
from nbnet.optimizers.slotted import Slotted
from nbnet.schedules.schedule import Schedule

__all__ = ["Optimizer"]

Slots = Mapping[str, Any]


class Optimizer(Slotted):
    """Base of optimizers.

    A subclass names its slots and gives one formula, :meth:`update`; numbers that change from step to step come
    from :meth:`scalars`, so the step is compiled once. The other arguments build a chain around the formula: gradients
    are accumulated, then clipped; the weights decay, are updated, constrained and averaged.

    Parameters
    ----------
    learning_rate : float or Schedule
        May be set at any time.
    name : str, optional
        For messages and slots.
    weight_decay : float >= 0, optional
        λ in w ← w - η λ w before each update, whatever the gradient is (decoupled, as in Keras; PyTorch's SGD, Adam
        and others add λ w to the gradient, which Adam then divides).
    exclude_from_weight_decay : sequence of str, optional
        As `var_names` of :meth:`exclude_from_weight_decay`.
    clipnorm : float > 0, optional
        A gradient of a larger L2 norm is scaled down to it, each variable's by itself.
    clipvalue : float > 0, optional
        Elements of gradients are brought into [-clipvalue, clipvalue].
    global_clipnorm : float > 0, optional
        All gradients are scaled by one number where the norm of all of them together is larger.
    use_ema : bool
        Keep a moving average of each variable: :meth:`averaged`, :meth:`finalize_variable_values`.
    ema_momentum : float in [0, 1]
        μ in a ← μ a + (1 - μ) w.
    ema_overwrite_frequency : int >= 1, optional
        After so many updates, again and again, the variables become their averages.
    gradient_accumulation_steps : int >= 1, optional
        Make one update for the gradients of so many calls. Their mean is weighed by the samples of each call, whereas
        Keras counts calls alone; and :attr:`iterations`, schedules and averages count updates.
    groups : mapping of str to mapping of str to float, optional
        Pattern of variables' names → ``lr_scale`` and ``weight_decay``, e.g.
        ``{"dense_1/*": {"lr_scale": 0.1}, "*/bias": {"weight_decay": 0.0}}``. In a pattern ``*`` stands for any
        characters; the first that matches the whole name counts. A scale of 0 freezes: neither the variable nor its
        slots change, and its gradient is not computed.

    Attributes
    ----------
    iterations : int
        How many updates have been made.
    groups : Groups
    slot_names : tuple of str
        The slots of the formula, which a subclass may set in its constructor.

    Raises
    ------
    ArgumentError
        When a group has an unknown attribute or, in the first step, matches no variable.
    ValueError
        When a number is out of its range, or more than one way to clip is given.
    """

    def __init__(
        self, learning_rate: float | Schedule = 0.01, name: str | None = None, **options: Unpack[Options]
    ) -> None:
        super().__init__()
        self.name = name or type(self).__name__.lower()
        self.learning_rate = learning_rate
        self.groups = Groups(options.get("groups"), type(self).__name__)
        self._links = links(self, options)
        self._scalars: dict[tuple[Any, ...], RuntimeScalar] = {}

    @classmethod
    def signature(cls) -> inspect.Signature:
        """What the constructor takes, with the names that its ``**options`` stand for."""
        whole = super().signature()
        own = [item for item in whole.parameters.values() if item.kind is not item.VAR_KEYWORD]
        if len(own) == len(whole.parameters):
            return whole
        taken = {item.name for item in own}
        shared = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
            for name, default in DEFAULTS.items()
            if name not in taken
        ]
        return whole.replace(parameters=[*own, *shared])

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

    # -- what a subclass gives ----------------------------------------------------------------------------------

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """The numbers of an update, computed in float64.

        Parameters
        ----------
        step : int >= 0
            How many updates there have been since the slots of the variable began; since the first of all where there
            are no slots.
        learning_rate : float
            That of the variable now.

        Returns
        -------
        dict of str to float
        """
        return {"learning_rate": learning_rate}

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

    # -- updating -----------------------------------------------------------------------------------------------

    def apply(self, loss: Any, grads: Sequence[Any], variables: Sequence[Variable], samples: Any = 1) -> None:
        """Update `variables`; inside a traced step this is recorded, as in ``train_step``.

        Parameters
        ----------
        loss : Tensor, shape ()
            What was differentiated. Unless it and all gradients are finite nothing is written.
        grads : sequence of Tensor
            One gradient for each variable, of its shape.
        variables : sequence of Variable
        samples : number or Tensor, shape ()
            How many samples the loss is a mean of: the weight of the gradients among those that are accumulated.

        Raises
        ------
        ShapeError
            When gradients and variables do not fit together.
        ArgumentError
            When the pattern of a group matches none of the variables, nor of those that the loss depends on.
        TraceError
            When gradients are accumulated and this is the second call in one step.
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
        if self.groups:
            self.groups.require_matches([*(variable.name for variable in variables), *_names_behind(loss)])
        moving = [pair for pair in zip(variables, grads, strict=True) if self.groups.of(pair[0].name).lr_scale]
        variables, grads = [pair[0] for pair in moving], [pair[1] for pair in moving]
        self.build(variables)
        at = Application(
            variables=variables,
            slots=[self._slots[id(variable)][1] for variable in variables],
            groups=[self.groups.of(variable.name) for variable in variables],
            firsts=[self._firsts[id(variable)] for variable in variables],
            samples=samples,
            number=self._number,
        )
        with part_scope(self.name), update_group(self.name, (loss, *grads)):
            update = self._formula(at)
            for link in reversed(self._links):
                update = link.around(update, at)
            for variable, slots, (new, new_slots) in zip(variables, at.slots, update(variables, grads), strict=True):
                for slot, value in new_slots.items():
                    slots[slot].assign(value)
                variable.assign(new)
        trace = active_trace()
        if trace is None:
            self._advance()
        else:
            trace.after.append(self._advance)

    def _formula(self, at: Application) -> Callable[[Sequence[Any], Sequence[Any]], Changes]:
        """The formula for all variables, which is what the links are put around."""

        def formula(params: Sequence[Any], grads: Sequence[Any]) -> Changes:
            changes = []
            for index, (param, grad) in enumerate(zip(params, grads, strict=True)):
                new, slots = self.update(param, grad, at.slots[index], self._at_run_time(at, index))
                changes.append((new, dict(slots)))
            return changes

        return formula

    def finish_accumulation(self) -> None:
        """Let the next call of :meth:`apply` make an update with the gradients that are accumulated by then.

        Training calls it before the last batch of an epoch. Without ``gradient_accumulation_steps`` each call
        makes an update anyway.
        """
        accumulation = self._link(Accumulation)
        if accumulation is not None:
            accumulation.finishing = True

    def _advance(self) -> None:
        """Count a call, and an update if it made one."""
        updated = True
        for link in self._links:
            updated = link.advance() and updated
        self.iterations += updated

    def _at_run_time(self, at: Application, index: int) -> dict[str, Any]:
        """The scalars of one variable as operands whose numbers are read before each step."""
        dtype, scale, first = at.variables[index].dtype, at.groups[index].lr_scale, at.firsts[index]

        def now() -> dict[str, float]:
            return self.scalars(max(self.iterations - first, 0), self.learning_rate * scale)

        def reader(name: str) -> Callable[[], float]:
            return lambda: now()[name]

        return {name: self._number(name, dtype, reader(name), scale, first) for name in now()}

    def _number(self, name: str, dtype: np.dtype, provider: Callable[[], float], *key: Any) -> Any:
        """A number that is read before each step, in the dtype of the variables it acts on; outside a trace as it is.

        Calls of one name, dtype and key share the first provider.
        """
        found = self._scalars.get((name, dtype, *key))
        if found is None:
            found = self._scalars[name, dtype, *key] = RuntimeScalar(f"{self.name}/{name}", provider, dtype)
        return as_operand(found)

    # -- weight decay and averages ------------------------------------------------------------------------------

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Exclude variables from weight decay, in place of those that were excluded before.

        Parameters
        ----------
        var_list : iterable of Variable, optional
        var_names : iterable of str, optional
            Regular expressions: a variable is excluded when one is found in its name, as ``"bias"`` in
            ``"dense/bias"``.

        Raises
        ------
        ValueError
            When the optimizer has made slots already, or a name is no regular expression.
        """
        if self._slots:
            raise ValueError(
                f"{self.name}.exclude_from_weight_decay() is called before the first step; a compiled step keeps to "
                "what was excluded then."
            )
        decay = self._link(WeightDecay)
        assert decay is not None
        decay.exclude(var_list or (), var_names or ())

    def finalize_variable_values(self, variables: Sequence[Variable]) -> None:
        """Give variables their moving averages, as training does at its end; without ``use_ema`` nothing happens."""
        for variable, average in self._averages(variables):
            variable.assign(average.storage)

    @contextmanager
    def averaged(self, variables: Sequence[Variable]) -> Iterator[None]:
        """Let variables be their moving averages for a while, to evaluate or save them.

        Parameters
        ----------
        variables : sequence of Variable
            Those without a moving average, because they were never updated, stay as they are.

        Raises
        ------
        ValueError
            When the optimizer keeps no averages.
        """
        if self._link(Averaging) is None:
            raise ValueError(
                f"{self.name} keeps no moving averages of the variables. Make it with use_ema=True, as in "
                f"{type(self).__name__}(use_ema=True)."
            )
        before = [(variable, variable.numpy()) for variable, _ in self._averages(variables)]
        try:
            self.finalize_variable_values(variables)
            yield
        finally:
            for variable, value in before:
                variable.assign(value)

    def _averages(self, variables: Sequence[Variable]) -> list[tuple[Variable, Variable]]:
        """Variables and their averages, of those that have been updated."""
        if self._link(Averaging) is None:
            return []
        return [
            (variable, self.slots(variable)["average"])
            for variable in variables
            if self.has_slots(variable) and self.iterations > self._firsts[id(variable)]
        ]

    # -- describing --------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the learning rate and the exclusions from weight decay as they are now."""
        config = {**super().get_config(), "learning_rate": self._learning_rate}
        decay = self._link(WeightDecay)
        if decay is not None and "exclude_from_weight_decay" in config:
            config["exclude_from_weight_decay"] = decay.excluded or None
        return config

    def __reduce__(self) -> tuple[Any, ...]:
        """Let copy and pickle make an equal one, with slots for the copies of the variables."""
        kept = [(*self._slots[key], first) for key, first in self._firsts.items() if key in self._slots]
        return _remade, (type(self), self.get_config(), self.get_state(), kept)

    def __repr__(self) -> str:
        whole = super().signature().parameters
        given = {
            name: value
            for name, value in self.get_config().items()
            if (name != "name" or value is not None) and (name in whole or value != DEFAULTS[name])
        }
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def _remade(kind: type[Optimizer], config: dict[str, Any], state: dict[str, float], kept: list[Any]) -> Optimizer:
    """The optimizer that :meth:`Optimizer.__reduce__` took apart."""
    made = kind.from_config(config)
    made.set_state(state)
    made._slots = {id(variable): (variable, slots) for variable, slots, _ in kept}
    made._firsts = {id(variable): first for variable, _, first in kept}
    return made


def _names_behind(loss: Any) -> list[str]:
    """Names of the variables that a loss depends on: layers that are frozen now may be trained later."""
    nodes = topological([loss]) if isinstance(loss, Tensor) else []
    return [node.attrs["variable"].name for node in nodes if node.op is READ]
