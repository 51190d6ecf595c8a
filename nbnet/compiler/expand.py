"""Expand: composite ops become element-wise ops and simple reductions, which fusion can group.

softmax, log_softmax and logsumexp become a maximum, a sum and element-wise steps; a mean becomes a sum times
1/count; a reduction over scattered axes becomes several over neighbouring ones; a draw with a probability in
float64 becomes a comparison.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from nbnet.compiler.convolution import expand_conv2d, expand_conv2d_input, expand_conv2d_kernel
from nbnet.graph import ops
from nbnet.graph.graph import Graph
from nbnet.graph.ops.random import RANDOM_UNIFORM
from nbnet.graph.tensor import Tensor, constant

__all__ = ["expand"]


def expand(graph: Graph) -> Graph:
    """The same graph in primitive ops: first what is made of reductions, then the reductions themselves."""
    return graph.rewrite(_by(_COMPOSITES)).rewrite(_by(_REDUCTIONS))


def _by(rules: dict[str, Callable[..., Tensor]]) -> Callable[[Tensor, tuple[Tensor, ...]], Tensor]:
    """What stands for a node: what the rule of its op says, if there is one."""

    def replacement(node: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        rule = rules.get(node.op.name)
        if rule is not None:
            return _named(rule(node, *inputs), node)
        return _over(node, *inputs)

    return replacement


def _over(node: Tensor, *inputs: Tensor) -> Tensor:
    """`node` over other inputs, if they are others."""
    if all(map(operator.is_, inputs, node.inputs)):
        return node
    return Tensor(node.op, inputs, node.attrs, node.shape, node.dtype, node.origin)


def _named(new: Tensor, old: Tensor) -> Tensor:
    """Give all nodes of a rewriting the origin of what they replace."""
    stack, seen = [new], {id(item) for item in old.inputs}
    while stack:
        node = stack.pop()
        if id(node) in seen or node.origin is not None or node.op.kind == "leaf":
            continue
        seen.add(id(node))
        node.origin = old.origin
        stack.extend(node.inputs)
    return new


def _shift(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The largest finite value along `axes` (0 where there is none), kept as size 1."""
    top = ops.max(x, axis=axes, keepdims=True)
    return ops.where(ops.isfinite(top), top, 0.0)


def _softmax(node: Tensor, x: Tensor) -> Tensor:
    """exp(x - max) / sum(exp(x - max))."""
    if not x.size:
        return x
    axes = (node.attrs["axis"],)
    e = ops.exp(x - ops.max(x, axis=axes, keepdims=True))
    return e / ops.sum(e, axis=axes, keepdims=True)


def _log_softmax(node: Tensor, x: Tensor) -> Tensor:
    """x - max - log(sum(exp(x - max)))."""
    if not x.size:
        return x
    axes = (node.attrs["axis"],)
    z = x - ops.max(x, axis=axes, keepdims=True)
    return z - ops.log(ops.sum(ops.exp(z), axis=axes, keepdims=True))


def _logsumexp(node: Tensor, x: Tensor) -> Tensor:
    """log(sum(exp(x - shift))) + shift; of nothing -inf."""
    axes = node.attrs["axes"]
    if any(x.shape[axis] == 0 for axis in axes):
        return ops.symbolic_full(node.shape, -np.inf, x.dtype)
    shift = _shift(x, axes)
    result = ops.log(ops.sum(ops.exp(x - shift), axis=axes, keepdims=True)) + shift
    return result if node.attrs["keepdims"] else ops.reshape(result, node.shape)


def _mean(node: Tensor, x: Tensor) -> Tensor:
    """sum(x) / count; NaN where there is nothing to sum."""
    count = math.prod(x.shape[axis] for axis in node.attrs["axes"])
    total = ops.sum(x, axis=node.attrs["axes"], keepdims=node.attrs["keepdims"])
    return total * constant(np.asarray(1 / count if count else np.nan, x.dtype))


def _bernoulli(node: Tensor, seed: Tensor, step: Tensor, p: Tensor) -> Tensor:
    """uniform < p for probabilities of another dtype than the kernel's float32."""
    if p.dtype == np.float32:
        return _over(node, seed, step, p)
    attrs = {**node.attrs, "dtype": p.dtype}
    return Tensor(RANDOM_UNIFORM, (seed, step), attrs, node.shape, p.dtype) < p


def neighbouring(axes: tuple[int, ...]) -> bool:
    """Whether sorted axes follow one another."""
    return all(b == a + 1 for a, b in pairwise(axes))


def _split(reduce: Callable[..., Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A reduction over neighbouring axes at a time, the last ones first."""

    def rule(node: Tensor, x: Tensor) -> Tensor:
        axes: tuple[int, ...] = node.attrs["axes"]
        axes = tuple(axis for axis in axes if x.shape[axis] != 1)
        if neighbouring(axes):
            if axes == node.attrs["axes"]:
                return _over(node, x)
            return ops.reshape(reduce(x, axis=axes, keepdims=True), node.shape)
        while axes:
            run = len(axes) - 1
            while run > 0 and axes[run - 1] + 1 == axes[run]:
                run -= 1
            x = reduce(x, axis=axes[run:], keepdims=True)
            axes = axes[:run]
        return ops.reshape(x, node.shape)

    return rule


def _argmax(node: Tensor, x: Tensor) -> Tensor:
    """An argmax along the last axis."""
    axes: tuple[int, ...] = node.attrs["axes"]
    last = x.ndim - 1
    if axes == (last,):
        return _over(node, x)
    order = [axis for axis in range(x.ndim) if axis not in axes] + list(axes)
    return ops.reshape(ops.argmax(ops.transpose(x, order), axis=last), node.shape)


_COMPOSITES: dict[str, Callable[..., Tensor]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "mean": _mean,
    "random_bernoulli": _bernoulli,
    "conv2d": expand_conv2d,
    "conv2d_input": expand_conv2d_input,
    "conv2d_kernel": expand_conv2d_kernel,
}
_REDUCTIONS: dict[str, Callable[..., Tensor]] = {
    "sum": _split(ops.sum),
    "max": _split(ops.max),
    "min": _split(ops.min),
    "argmax": _argmax,
}
