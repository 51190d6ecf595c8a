"""Calls of layers on symbols: what the functional API records, to be repeated in each step.

A symbol is a node of a graph outside any step: an :func:`nbnet.Input`, what a layer gives for symbols, or what ops make
of them. Its batch axis has a size that stands for any.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbnet.graph.graph import make_input
from nbnet.graph.tensor import Op, Tensor
from nbnet.graph.trace import Trace, tracing
from nbnet.layers.restoring import drafting

if TYPE_CHECKING:
    from nbnet.layers.layer import Layer

__all__ = ["BATCH", "LAYER", "LayerCall", "record", "symbols_in"]

BATCH = 2
"""The size of the batch axis of symbols."""


def _no_reference(*_: Any, **__: Any) -> Any:
    """A recorded call has no formula of its own."""
    raise RuntimeError("A recorded call of a layer is repeated by its model.")


LAYER = Op("layer", lambda **attrs: (attrs["shape"], attrs["dtype"]), _no_reference, kind="leaf")
"""One output of a recorded call; attrs: call (LayerCall), shape, dtype."""

_numbers = itertools.count()


@dataclass(eq=False)
class LayerCall:
    """A call of a layer on symbols.

    Attributes
    ----------
    layer : Layer
    args : tuple
        Symbols, alone or in lists, tuples and dicts, and other arguments.
    kwargs : dict
    number : int
        Later calls have larger numbers.
    outputs : list of Tensor
        The symbols it gave, in order.
    """

    layer: Layer
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    number: int = field(default_factory=lambda: next(_numbers))
    outputs: list[Tensor] = field(default_factory=list)


def symbols_in(nest: Any) -> list[Tensor]:
    """All tensors in a nest of lists, tuples and dicts, in order."""
    if isinstance(nest, Tensor):
        return [nest]
    items = nest.values() if isinstance(nest, dict) else nest if isinstance(nest, (list, tuple)) else ()
    return [found for item in items for found in symbols_in(item)]


def mapped(nest: Any, change: Any) -> Any:
    """The nest with ``change(tensor)`` in place of each tensor."""
    if isinstance(nest, Tensor):
        return change(nest)
    if isinstance(nest, dict):
        return {key: mapped(item, change) for key, item in nest.items()}
    if isinstance(nest, (list, tuple)):
        items = [mapped(item, change) for item in nest]
        return type(nest)(*items) if hasattr(nest, "_fields") else type(nest)(items)
    return nest


def record(layer: Layer, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Note a call of `layer`; symbols of the shapes that it gives.

    The layer is tried, but not built: its weights are made when a model is, as their first values depend on the place
    of the layer in it.

    Parameters
    ----------
    layer : Layer
    args, kwargs
        With symbols in them.

    Returns
    -------
    nest of Tensor
    """
    call = LayerCall(layer, tuple(args), dict(kwargs))
    with drafting(), _unbuilt_afterwards(layer), tracing(Trace()):
        given = [mapped(nest, lambda item: make_input(item.shape, item.dtype)) for nest in (call.args, call.kwargs)]
        found = layer(*given[0], **given[1])

    def symbol(item: Tensor) -> Tensor:
        attrs = {"call": call, "shape": item.shape, "dtype": item.dtype}
        call.outputs.append(Tensor(LAYER, (), attrs, item.shape, item.dtype))
        return call.outputs[-1]

    return mapped(found, symbol)


@contextmanager
def _unbuilt_afterwards(layer: Layer) -> Iterator[None]:
    """Let the layers that are built inside be as they were before, with the layers and lists that they had."""
    before = [(item, vars(item).copy(), _containers(item)) for item in layer._walk() if not item.built]
    try:
        yield
    finally:
        for item, attributes, containers in before:
            for container, content in containers:
                container.clear()
                container.update(content) if isinstance(container, dict) else container.extend(content)
            vars(item).clear()
            vars(item).update(attributes)


def _containers(layer: Any) -> list[tuple[Any, Any]]:
    """The lists and dicts of a layer, each with a copy."""
    return [(value, value.copy()) for value in vars(layer).values() if isinstance(value, (list, dict))]
