"""Collapse: element-wise work on images is done on matrices with one row for each pixel.

A convolution gives such a matrix, seen as images through a reshape, which costs nothing. What follows it, element by
element or as a sum over all pixels, is moved before the reshape: then it can be the convolution's epilogue, and the
kernels for matrices serve images.
"""

from __future__ import annotations

import math
import operator

from nbnet.graph import ops
from nbnet.graph.graph import Graph
from nbnet.graph.tensor import Tensor

__all__ = ["collapse"]

_ELEMENTWISE = ("elementwise", "formula")


def collapse(graph: Graph) -> Graph:
    """The graph with such nodes before the reshapes."""

    def rule(node: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        found = None
        if node.op.kind in _ELEMENTWISE and node.ndim > 2:
            found = _elementwise(node, inputs)
        elif node.op.kind == "reduce" and inputs[0].ndim > 2:
            found = _reduction(node, inputs[0])
        if found is not None:
            found.origin = node.origin
            return found
        if all(map(operator.is_, inputs, node.inputs)):
            return node
        if node.op.name == "reshape" and inputs[0].op.name == "reshape":
            inputs = inputs[0].inputs
            if inputs[0].shape == node.shape:
                return inputs[0]
        return Tensor(node.op, inputs, node.attrs, node.shape, node.dtype, node.origin)

    return graph.rewrite(rule)


def _matrix(node: Tensor) -> Tensor | None:
    """The matrix that a node is a view of, with its last axis as columns."""
    if node.op.name != "reshape" or node.inputs[0].ndim != 2 or node.ndim <= 2:
        return None
    source = node.inputs[0]
    return source if source.shape[1] == node.shape[-1] else None


def _elementwise(node: Tensor, inputs: tuple[Tensor, ...]) -> Tensor | None:
    """The node over matrices; None where no input is one, or an input has another form."""
    if not any(item.shape == node.shape and _matrix(item) is not None for item in inputs):
        return None
    rows, columns = math.prod(node.shape[:-1]), node.shape[-1]
    flat = []
    for item in inputs:
        if item.shape == node.shape:
            source = _matrix(item)
            flat.append(_view(item, (rows, columns)) if source is None else source)
        elif item.size == 1:
            flat.append(_view(item, ()))
        elif item.shape[-1:] == (columns,) and item.size == columns:
            flat.append(_view(item, (columns,)))
        else:
            return None
    new = Tensor(node.op, flat, node.attrs, (rows, columns), node.dtype, node.origin)
    return ops.reshape(new, node.shape)


def _reduction(node: Tensor, x: Tensor) -> Tensor | None:
    """A reduction over all axes but the last, of a matrix."""
    source = _matrix(x)
    if source is None or tuple(node.attrs["axes"]) != tuple(range(x.ndim - 1)) or node.op.name == "argmax":
        return None
    attrs = {**node.attrs, "axes": (0,), "keepdims": False}
    new = Tensor(node.op, (source,), attrs, (x.shape[-1],), node.dtype, node.origin)
    return ops.reshape(new, node.shape)


def _view(item: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The same numbers in another shape."""
    while item.op.name == "reshape":
        item = item.inputs[0]
    return item if item.shape == shape else ops.reshape(item, shape)
