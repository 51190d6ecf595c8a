"""What the updates of a step were given, and what they would write."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nbnet.graph.graph import Graph
from nbnet.graph.tensor import Tensor, Variable
from nbnet.graph.trace import Assign, Trace
from nbnet.optimizers import Optimizer
from nbnet.training.glass.naming import layer_names, variable_names
from nbnet.training.glass.recorder import Recorder
from nbnet.training.glass.step import Change

__all__ = ["changes_of", "given_gradients", "scalars_of"]


def given_gradients(recorder: Recorder) -> tuple[dict[int, np.ndarray], dict[int, Variable]]:
    """What the updates were given: the gradient of each weight, and the weights, by their ids."""
    given: dict[int, np.ndarray] = {}
    trained: dict[int, Variable] = {}
    for update in recorder.updates:
        for variable, grad in zip(update.variables, update.grads, strict=True):
            trained[id(variable)] = variable
            given[id(variable)] = _numbers(grad) + given.get(id(variable), 0)
    return given, trained


def changes_of(
    model: Any, recorder: Recorder, trace: Trace, given: Mapping[int, np.ndarray], trained: Mapping[int, Variable]
) -> list[Change]:
    """What the step would write: weights with their gradients first."""
    layers = layer_names(model, ((call.layer, call.name) for call in recorder.calls))
    names = variable_names(model, layers, (update.optimizer for update in recorder.updates))
    after = {id(effect.variable): effect for effect in trace.effects if isinstance(effect, Assign)}
    others = [effect.variable for effect in after.values() if id(effect.variable) not in trained]
    return [
        Change(
            names.get(id(variable), variable.name),
            variable.numpy(),
            after[id(variable)].value.numpy() if id(variable) in after else variable.numpy(),
            given.get(id(variable)),
        )
        for variable in (*trained.values(), *others)
    ]


def scalars_of(optimizer: Optimizer, trace: Trace) -> dict[str, float]:
    """The numbers that an optimizer's update depends on, its learning rate first.

    What some formulas, such as Adam's, take in place of the learning rate is its η'.
    """
    used = {id(scalar) for scalar in Graph((), (), tuple(trace.effects)).scalars()}
    own = optimizer.scalars(0, 1.0)  # those of its formula, which are kept by the lr_scale of the variables
    numbers = {"learning_rate": float(optimizer.learning_rate)}
    for (name, _, *key), scalar in optimizer._scalars.items():
        if id(scalar) not in used:
            continue
        value, scale = float(scalar.numpy()), float(key[0]) if name in own else 1.0
        if name == "learning_rate" and math.isclose(value, numbers[name], rel_tol=1e-6):
            continue
        if name == "weight_decay" and name not in own:
            numbers[f"η λ where λ is {key[0]:g}"] = value
            continue
        label = "η'" if name == "learning_rate" else name
        numbers[label if scale == 1 else f"{label} where lr_scale is {scale:g}"] = value
    return numbers


def _numbers(item: Any) -> np.ndarray:
    """A tensor or variable as its numbers."""
    return np.asarray(item.numpy() if isinstance(item, (Tensor, Variable)) else item)
