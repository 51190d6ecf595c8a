"""The layer calls in progress: from them follow a layer's path, its position, and whether it trains."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from nbnet.errors import DTypeError, ShapeError
from nbnet.graph.trace import layer_scope
from nbnet.layers.restoring import count_call

__all__ = ["Call", "call_of", "entered", "located"]

# The layers inside the layer at position p have the positions p * 1024 + 1, p * 1024 + 2, …: no two layers of a model
# share one, so their random numbers differ.
_CHILDREN = 1024


@dataclass
class Call:
    """A layer call in progress.

    Attributes
    ----------
    layer : Layer
    path : str
        Names of the layers from the model's down to this one, with "/" between them.
    position : int
        The random stream.
    training : bool
    """

    layer: Any
    path: str
    position: int
    training: bool


class _Calls(threading.local):
    """The calls in progress on one thread, outermost first."""

    def __init__(self) -> None:
        self.frames: list[Call] = []


_calls = _Calls()


def call_of(layer: Any) -> Call | None:
    """The innermost call of `layer` that is in progress."""
    return next((call for call in reversed(_calls.frames) if call.layer is layer), None)


@contextmanager
def entered(layer: Any, training: bool | None) -> Iterator[Call]:
    """A call of `layer`: path and position follow from the call around it, and `training` too when it is None."""
    count_call()
    outer = _calls.frames[-1] if _calls.frames else None
    if outer is None:
        call = Call(layer, layer._root_path(), 0, bool(training))
    else:
        name, place = layer.name, 0
        for index, (attribute, child) in enumerate(outer.layer._children()):
            if child is layer:
                if layer._name is None:
                    layer.take_name(attribute)  # two layers of one class are told apart
                name, place = layer.name, index + 1
        path = f"{outer.path}/{name}" if outer.path else name
        position = outer.position * _CHILDREN + place
        call = Call(layer, path, position, outer.training if training is None else bool(training))
    _calls.frames.append(call)
    try:
        with layer_scope(call.path, call.position, layer._made) if call.path else nullcontext():
            yield call
    finally:
        _calls.frames.pop()


@contextmanager
def located(layer: Any, x: Any) -> Iterator[None]:
    """Let errors about shapes and dtypes name the innermost layer in which they arose."""
    try:
        yield
    except (ShapeError, DTypeError) as error:
        if getattr(error, "layer", None) is not None:
            raise
        text = str(error)
        if layer.title not in text:
            place = f" ({os.path.basename(layer._made[0])}:{layer._made[1]})" if layer._made[0] else ""
            shape = f", given input of shape {tuple(x.shape)}" if hasattr(x, "shape") else ""
            text = f"{layer.title}{place}{shape}: {text}"
        named = type(error)(text)
        named.layer = layer.name  # type: ignore[union-attr]
        raise named from error
