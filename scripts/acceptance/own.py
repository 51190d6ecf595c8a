"""nbnet's side of the comparisons: functions, layers, optimizers and metrics on given numbers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nbnet
from acceptance.agreement import cotangent
from nbnet import Variable, ops
from nbnet.graph.gradient import gradients
from nbnet.graph.tensor import active_trace
from nbnet.models.parts import Decoder, Encoder
from nbnet.runtime.function import Function


def values(f: Callable[..., Any], *arrays: Any) -> Any:
    """What a function over ops gives, compiled."""
    return Function(f)(*arrays)


def restored(part: Any) -> Any:
    """The part that a file holds after this one was saved."""
    written = json.dumps(Encoder({}).encode(part), allow_nan=False)
    return Decoder({}, {}).decode(json.loads(written))


def value_and_gradients(
    f: Callable[..., Any], arrays: Sequence[np.ndarray], by: Sequence[int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The result, and the gradients of its weighted sum by some of the arguments."""

    def both(*tensors: Any) -> Any:
        y = f(*tensors)
        total = ops.sum(y * cotangent(tuple(y.shape), y.dtype))
        return y, list(gradients(total, [tensors[index] for index in by]))

    y, found = Function(both)(*arrays)
    return y, list(found)


def stepper(optimizer: Any, variables: Sequence[Variable], samples: Any = 1) -> Function:
    """A compiled function of one gradient for each variable, that updates them."""

    def step(*grads: Any) -> None:
        optimizer.apply(ops.sum(grads[0]), list(grads), list(variables), samples)

    return Function(step)


def layer_call(layer: Any, given: Callable[[list[Any]], Any], training: bool, by: Sequence[int]) -> Function:
    """A layer as a compiled function of its inputs.

    It gives the output, what the layer and its regularizers add to the loss, the weights after the call, and the
    gradients of the weighted sum of the output and the losses: by some of the inputs and by the trainable weights.
    """

    def call(*inputs: Any) -> Any:
        y = layer(given(list(inputs)), training=training)
        added = _added(layer)
        total = ops.sum(y * cotangent(tuple(y.shape), y.dtype)) + added
        slopes = gradients(total, [*(inputs[index] for index in by), *layer.trainable_weights])
        return y, added, list(slopes)

    return Function(call)


def layer_stepper(layer: Any, given: Callable[[list[Any]], Any], optimizer: Any) -> Function:
    """A training step of a layer by itself, whose loss is the weighted sum of its output."""

    def step(*inputs: Any) -> Any:
        y = layer(given(list(inputs)), training=True)
        loss = ops.sum(y * cotangent(tuple(y.shape), y.dtype)) + _added(layer)
        optimizer.apply(loss, gradients(loss, layer.trainable_weights), layer.trainable_weights)
        return loss

    return Function(step)


def _added(layer: Any) -> Any:
    """What a layer and the regularizers of its weights add to the loss of the step that is traced."""
    trace = active_trace()
    assert trace is not None
    penalties = [weight.regularizer(weight) for weight in layer.trainable_weights if weight.regularizer is not None]
    return sum([*trace.losses, *penalties], 0.0)


def predicted(
    layer: Any, given: Callable[[list[Any]], Any], inputs: Sequence[np.ndarray], custom: Mapping[str, Any] | None = None
) -> np.ndarray:
    """What a layer gives in a model that was saved and loaded."""
    entries = [nbnet.Input(item.shape[1:], item.dtype) for item in inputs]
    model = nbnet.Model(given(list(entries)), layer(given(list(entries))))
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "layer.nbnet")
        loaded = nbnet.load(Path(folder) / "layer.nbnet", custom_objects=custom)
    return np.asarray(loaded.predict(given(list(inputs)), verbose=0))


def updater(metric: Any) -> Function:
    """A compiled function of (y_true, y_pred) or (y_true, y_pred, sample_weight), that adds a batch."""

    def update(*batch: Any) -> None:
        metric.update(*batch)

    return Function(update)
