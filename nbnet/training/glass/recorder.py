"""Listening to a step while it is traced: what goes into layers and activations, losses and updates."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbnet.graph.tensor import Variable, active_trace
from nbnet.graph.trace import Trace
from nbnet.layers.layer import Layer
from nbnet.models.steps import Trainable
from nbnet.optimizers import Optimizer

__all__ = ["Call", "Recorder", "Update", "own_name", "watched_layers"]


@dataclass
class Call:
    """A layer call as it was recorded."""

    layer: Layer
    name: str
    inputs: tuple[Any, ...]
    weights: dict[str, np.ndarray]
    z: Any = None
    activation: Any = None
    output: Any = None


@dataclass
class Update:
    """What an optimizer was given."""

    optimizer: Optimizer
    loss: Any
    grads: list[Any]
    variables: list[Variable]


@dataclass
class Recorder:
    """What happens while one trace is recorded; calls on other threads pass by."""

    trace: Trace
    calls: list[Call] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    losses: list[tuple[Any, Any, Any]] = field(default_factory=list)
    penalties: list[Any] = field(default_factory=list)

    @contextmanager
    def watching_layer(self, layer: Layer) -> Iterator[None]:
        """Note input and output of a layer, and what goes into its activation."""
        inner, open_calls = layer.call, []

        def call(x: Any, *args: Any, **kwargs: Any) -> Any:
            if active_trace() is not self.trace:
                return inner(x, *args, **kwargs)
            weights = {own_name(weight): weight.numpy() for weight in layer._own()}
            inputs = tuple(x) if isinstance(x, (list, tuple)) else (x,)
            noted = Call(layer, self._path(layer), inputs, weights)
            open_calls.append(noted)
            try:
                noted.output = inner(x, *args, **kwargs)
            finally:
                open_calls.pop()
            self.calls.append(noted)
            return noted.output

        replaced: dict[str, Any] = {"call": call}
        f = vars(layer).get("activation")
        if callable(f) and not isinstance(f, Layer):

            def activation(z: Any) -> Any:
                y = f(z)
                if open_calls and active_trace() is self.trace:
                    open_calls[-1].z, open_calls[-1].activation = z, f
                return y

            replaced["activation"] = activation
        with _attributes(layer, replaced):
            yield

    @contextmanager
    def watching_model(self, model: Any) -> Iterator[None]:
        """Note losses and updates; optimizers are copies, whose slots may come and go."""
        compute = model.compute_loss

        def compute_loss(y: Any, y_pred: Any, *args: Any, **kwargs: Any) -> Any:
            value = compute(y, y_pred, *args, **kwargs)
            self.losses.append((y, y_pred, value))
            return value

        penalise = model._penalties

        def penalties() -> list[Any]:
            found = penalise()
            self.penalties = list(found)
            return self.penalties

        replaced: dict[str, Any] = {
            "compute_loss": compute_loss,
            "_penalties": penalties,
            "update_metrics": lambda *args, **kwargs: None,
        }
        shared = {id(item): item for item in (model, *model._walk(), *model.weights)}
        for name, optimizer in list(vars(model).items()):
            if isinstance(optimizer, Optimizer):
                replaced[name] = self._watched(copy.deepcopy(optimizer, dict(shared)))
        with _attributes(model, replaced):
            yield

    def _watched(self, optimizer: Optimizer) -> Optimizer:
        """An optimizer whose updates are noted."""
        apply = optimizer.apply

        def noted(loss: Any, grads: Any, variables: Any, *args: Any, **kwargs: Any) -> Any:
            self.updates.append(Update(optimizer, loss, list(grads), list(variables)))
            return apply(loss, grads, variables, *args, **kwargs)

        optimizer.apply = noted  # type: ignore[method-assign]
        return optimizer

    def _path(self, layer: Layer) -> str:
        """The layer that is being called, as its nodes name it."""
        origin = self.trace.origin()
        return origin.layer or layer.name


def watched_layers(model: Trainable) -> list[Layer]:
    """The layers that compute something themselves: those with weights of their own or without layers inside."""
    inside = {id(layer): layer for layer in model._walk() if layer is not model}
    return [layer for layer in inside.values() if layer._own() or not layer._children()]


@contextmanager
def _attributes(owner: Any, values: dict[str, Any]) -> Iterator[None]:
    """Set attributes of one object, and put back what was there, or nothing."""
    own = vars(owner)
    before = {name: own[name] for name in values if name in own}
    own.update(values)
    try:
        yield
    finally:
        for name in values:
            own.pop(name, None)
        own.update(before)


def own_name(variable: Variable) -> str:
    """The last part of a variable's name."""
    return variable.name.rsplit("/", 1)[-1]
