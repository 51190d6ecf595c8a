"""Simplify: constant folding, cheap algebra, common subexpressions. Dead nodes fall away by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.graph.graph import Graph
from nbnet.graph.tensor import CONSTANT, Tensor, constant

__all__ = ["simplify"]

_FOLD_LIMIT = 4096
"""Elements up to which a constant result replaces its computation."""


def simplify(graph: Graph) -> Graph:
    """An equal graph with less to compute."""
    known: dict[Any, Tensor] = {}

    def rule(node: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        new = node if all(a is b for a, b in zip(inputs, node.inputs, strict=True)) else _over(node, inputs)
        new = _algebra(_fold(new))
        if new.op.kind == "leaf" and new.op is not CONSTANT:
            return new
        return known.setdefault(_key(new), new)

    return graph.rewrite(rule)


def _over(node: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
    """`node` over other inputs."""
    return Tensor(node.op, inputs, node.attrs, node.shape, node.dtype, node.origin)


def _freeze(value: Any) -> Any:
    """A hashable stand-in for an attribute."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (list, tuple)):
        return tuple(_freeze(item) for item in value)
    return value


def _key(node: Tensor) -> Any:
    """Equal for nodes that compute the same."""
    attrs = tuple((name, _freeze(value)) for name, value in sorted(node.attrs.items()))
    return node.op.name, tuple(id(item) for item in node.inputs), attrs, node.shape, node.dtype


def _fold(node: Tensor) -> Tensor:
    """A node whose inputs are all constants, as a constant; one number everywhere stays one number, spread out."""
    if not node.inputs or node.op.kind == "random" or node.op.name == "broadcast":
        return node
    single = [_single_value(item) for item in node.inputs]
    if all(value is not None for value in single):
        if node.op.name in ("reshape", "transpose", "slice"):
            return _spread(constant(single[0]), node)
        if node.op.kind == "elementwise":
            value = np.asarray(node.op.reference(*single, **node.attrs)).astype(node.dtype, copy=False)
            return _spread(constant(value.reshape(())), node)
    if node.size > _FOLD_LIMIT or any(item.op is not CONSTANT for item in node.inputs):
        return node
    value = np.asarray(node.op.reference(*(item.attrs["value"] for item in node.inputs), **node.attrs))
    folded = constant(value.astype(node.dtype, copy=False).reshape(node.shape))
    folded.origin = node.origin
    return folded


def _single_value(node: Tensor) -> np.ndarray | None:
    """The one number, without axes, of a constant of size 1 or of such a constant that is spread out."""
    while node.op.name == "broadcast":
        node = node.inputs[0]
    return node.attrs["value"].reshape(()) if node.op is CONSTANT and node.size == 1 else None


def _spread(value: Tensor, node: Tensor) -> Tensor:
    """One number in the shape of `node`."""
    value.origin = node.origin
    if node.shape == ():
        return value
    spread = ops.broadcast_to(value, node.shape)
    spread.origin = node.origin
    return spread


def _uniform(node: Tensor) -> float | None:
    """The value of a constant whose elements are all equal, seen through broadcasts."""
    while node.op.name in ("broadcast", "reshape"):
        node = node.inputs[0]
    if node.op is not CONSTANT or node.size == 0:
        return None
    values = node.attrs["value"]
    first = values.reshape(-1)[0]
    return first.item() if node.size == 1 or bool((values == first).all()) else None


def _unspread(node: Tensor) -> Tensor:
    """Element-wise operands need not be broadcast before: the op does it."""
    inputs = list(node.inputs)
    for index, item in enumerate(inputs):
        source = item
        while source.op.name == "broadcast":
            source = source.inputs[0]
        others = [other.shape for place, other in enumerate(inputs) if place != index]
        if source is not item and np.broadcast_shapes(source.shape, *others) == node.shape:
            inputs[index] = source
    return node if all(a is b for a, b in zip(inputs, node.inputs, strict=True)) else _over(node, tuple(inputs))


def _algebra(node: Tensor) -> Tensor:
    """Identities that hold for all numbers, NaN and infinities included."""
    name, inputs = node.op.name, node.inputs
    if name == "stop_gradient":
        return inputs[0]
    if name == "cast" and inputs[0].dtype == node.dtype:
        return inputs[0]
    if name in ("reshape", "broadcast") and inputs[0].shape == node.shape:
        return inputs[0]
    if name == "reshape" and inputs[0].op.name == "reshape":
        return _over(node, inputs[0].inputs) if inputs[0].inputs[0].shape != node.shape else inputs[0].inputs[0]
    if name == "transpose":
        return _transposed(node)
    if name == "negative" and inputs[0].op.name == "negative":
        return inputs[0].inputs[0]
    if node.op.kind != "elementwise":
        return node
    node = _unspread(node)
    inputs = node.inputs
    if name == "multiply":
        for x, other in (inputs, inputs[::-1]):
            if _uniform(other) == 1 and x.shape == node.shape:
                return x
    elif name in ("add", "subtract"):
        pairs = (inputs, inputs[::-1]) if name == "add" else (inputs,)
        for x, other in pairs:
            if _uniform(other) == 0 and x.shape == node.shape and node.dtype != np.bool_:
                return x
    elif name == "divide" and _uniform(inputs[1]) == 1 and inputs[0].shape == node.shape:
        return inputs[0]
    elif name == "power" and inputs[0].shape == node.shape and node.dtype.kind == "f":
        return _power(node)
    return node


def _power(node: Tensor) -> Tensor:
    """Small fixed exponents as products and roots."""
    x, exponent = node.inputs[0], _uniform(node.inputs[1])
    if exponent == 1:
        return x
    if exponent == 2:
        result = ops.square(x)
    elif exponent == -1:
        result = 1 / x
    else:
        return node
    result.origin = node.origin
    return result


def _transposed(node: Tensor) -> Tensor:
    """Two transpositions as one, none where nothing moves, and a transposed factor inside its product."""
    axes, inner = node.attrs["axes"], node.inputs[0]
    if tuple(axes) == tuple(range(node.ndim)):
        return inner
    if inner.op.name == "transpose":
        combined = tuple(inner.attrs["axes"][axis] for axis in axes)
        if combined == tuple(range(node.ndim)):
            return inner.inputs[0]
        return Tensor(node.op, inner.inputs, {**node.attrs, "axes": combined}, node.shape, node.dtype, node.origin)
    return node
