"""Reverse-mode differentiation as a graph transformation.

Each op has one gradient rule, itself written with ops, so gradients can be differentiated, fused and compiled
like everything else (Baydin et al. 2018, "Automatic differentiation in machine learning: a survey", section 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from nbnet.errors import GradientError
from nbnet.graph.graph import topological
from nbnet.graph.operators import operations as ops
from nbnet.graph.tensor import Tensor, Variable, active_trace

__all__ = ["gradients", "unbroadcast"]


def unbroadcast(grad: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sum `grad` over the axes along which an operand of `shape` was repeated."""
    if grad.shape == shape:
        return grad
    lead = grad.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        lead + axis for axis, size in enumerate(shape) if size == 1 and grad.shape[lead + axis] != 1
    )
    summed = ops.sum(grad, axis=axes, keepdims=True) if axes else grad
    return ops.reshape(summed, shape) if summed.shape != shape else summed


def _resolve(source: Any) -> Tensor:
    """A source of differentiation as a node."""
    if isinstance(source, Variable):
        trace = active_trace()
        if trace is None:
            raise GradientError(
                f"The gradient with respect to variable '{source.name}' was asked for outside a trace. "
                "Call nbnet.gradients inside a function given to nbnet.function, or in train_step."
            )
        return trace.read(source)
    if isinstance(source, Tensor):
        return source
    raise GradientError(f"Gradients are taken with respect to tensors or variables; received {type(source).__name__}.")


def gradients(target: Tensor, sources: Sequence[Any], grad: Tensor | None = None) -> list[Tensor]:
    """The gradients d `target` / d `source`, recorded as nodes.

    Parameters
    ----------
    target : Tensor, float
        What is differentiated. Without `grad` it must be a single number (shape ``()`` or of size 1).
    sources : sequence of Tensor or Variable
        With respect to what. The value that a variable has at this point of the trace counts.
    grad : Tensor, optional
        The gradient of a later quantity with respect to `target`, of its shape.

    Returns
    -------
    list of Tensor
        One for each source, of its shape and dtype; zeros where `target` does not depend on it.

    Raises
    ------
    GradientError
        When `target` is not a floating-point number of size 1, or an op on the way has no gradient to give.
    """
    if not isinstance(target, Tensor):
        raise GradientError(
            f"Gradients need the recorded computation of the target; received {type(target).__name__}. "
            "Compute it inside nbnet.function, nbnet.grad or train_step."
        )
    if target.dtype.kind != "f":
        raise GradientError(f"Only floating-point results have gradients; {target!r} is {target.dtype}.")
    if grad is None:
        if target.size != 1:
            raise GradientError(
                f"The gradient of a tensor of shape {target.shape} needs to know what to sum; "
                "reduce it first (ops.mean or ops.sum), or give `grad`."
            )
        grad = ops.symbolic_full(target.shape, 1.0, target.dtype)
    wanted = [_resolve(source) for source in sources]
    on_path = _dependents(target, wanted)
    trace = active_trace()
    collected: dict[int, Tensor] = {id(target): grad}
    for node in reversed(topological([target])):
        flowing = collected.get(id(node))
        if flowing is None or id(node) not in on_path or not node.inputs:
            continue
        if node.op.gradient is None:
            continue
        with trace.on_behalf(node) if trace is not None else nullcontext():
            for item, part in zip(node.inputs, node.op.gradient(node, flowing), strict=True):
                if part is None or id(item) not in on_path or item.dtype.kind != "f":
                    continue
                part = unbroadcast(part, item.shape).astype(item.dtype)
                known = collected.get(id(item))
                collected[id(item)] = part if known is None else known + part
    return [
        collected[id(node)] if id(node) in collected else ops.symbolic_full(node.shape, 0.0, node.dtype)
        for node in wanted
    ]


def _dependents(target: Tensor, sources: Sequence[Tensor]) -> set[int]:
    """Ids of the nodes below `target` whose value depends on a source."""
    found = {id(source) for source in sources}
    for node in topological([target]):
        if node.op.gradient is not None and any(id(item) in found for item in node.inputs):
            found.add(id(node))
    return found
