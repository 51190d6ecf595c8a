"""Running a step op by op through the references, with numbers that print and pdb can see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nbnet.errors import NonFiniteError
from nbnet.graph.dtypes import as_array
from nbnet.graph.graph import Graph, make_input, topological
from nbnet.graph.tensor import INPUT, READ, RuntimeScalar, Tensor, Variable
from nbnet.graph.trace import Guard, Trace, tracing
from nbnet.runtime.nest import rebuild

__all__ = ["first_non_finite", "run_eagerly"]


def run_eagerly(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    seed: Callable[[], int],
    step: Callable[[], int],
    name: str,
) -> Any:
    """Call `f` with tensors that know their numbers, then apply its effects.

    Parameters
    ----------
    f : callable
    args, kwargs
        Nested tuples, lists and dicts of arrays and numbers; None, bools and strings are passed as they are.
    seed, step : callable
        What random numbers are a function of.
    name : str
        For messages.

    Returns
    -------
    nest of ndarray
        What `f` returned, with arrays for tensors and NumPy scalars for tensors without axes.

    Raises
    ------
    NonFiniteError
        When a guarded loss or gradient is not finite: nothing of that group, or of a later one, is written. What is
        assigned outside all groups is written with the next one.
    """
    trace = Trace(RuntimeScalar("seed", seed, "int64"), RuntimeScalar("step", step, "int64"), eager=True)
    with tracing(trace):
        result = f(*rebuild(tuple(args), _symbol), **rebuild(dict(kwargs), _symbol))
        result = rebuild(result, _number)
    graph = Graph((), (), tuple(trace.effects))
    failed, withheld = _failed(trace)
    groups = graph.write_groups()
    for assign in graph.final_assignments():
        if groups[id(assign)] not in withheld:
            assign.variable.storage[...] = assign.value.numpy()
    if failed is not None:
        raise NonFiniteError(_message(name, failed))
    for callback in trace.after:
        callback()
    return result


def _symbol(item: Any) -> Any:
    """An argument as a tensor that knows its number."""
    if isinstance(item, (Tensor, Variable)):
        return item
    array = as_array(item)
    leaf = make_input(array.shape, array.dtype)
    leaf.value = array
    return leaf


def _number(item: Any) -> Any:
    """A result as an array; the value that a variable has at the end of the step."""
    return (
        np.asarray(item)[()] if isinstance(item, Variable) else item.numpy()[()] if isinstance(item, Tensor) else item
    )


def _failed(trace: Trace) -> tuple[Guard | None, set[int]]:
    """The first guard that watches something not finite, and the groups from there on."""
    guards = [effect for effect in trace.effects if isinstance(effect, Guard)]
    for number, guard in enumerate(guards):
        if not all(np.isfinite(item.numpy()).all() for item in guard.watched):
            return guard, {later.group for later in guards[number:]}
    return None, set()


def _message(name: str, guard: Guard) -> str:
    """What was not finite, and where it came from."""
    found = first_non_finite(guard.watched)
    return (
        f"A number in step '{name}' is not finite: {found}. The update '{guard.name}' was not written, so the "
        "weights are as they were before the step. Lower the learning rate, or look for extreme values in the data."
    )


def first_non_finite(watched: Iterable[Tensor], value: Callable[[Tensor], np.ndarray] = Tensor.numpy) -> str:
    """The first node, in the order of computation, whose number is NaN or infinite, in words.

    Parameters
    ----------
    watched : iterable of Tensor
        Where to search: these and all they depend on.
    value : callable
        The number of a node.
    """
    for node in topological(watched):
        number = np.asarray(value(node))
        bad = np.flatnonzero(~np.isfinite(number)) if number.dtype.kind == "f" else np.empty(0, np.int64)
        if bad.size:
            where = f" in {node.origin}" if node.origin and str(node.origin) else ""
            source = f" ({node.origin.source})" if node.origin and node.origin.source else ""
            place = f" at {tuple(int(i) for i in np.unravel_index(bad[0], number.shape))}" if number.ndim else ""
            if node.op is READ:
                return f"the weight '{node.attrs['variable'].name}' already holds {number.flat[bad[0]]}{place}"
            if node.op is INPUT:
                return f"the data hold {number.flat[bad[0]]}{place}"
            return f"op '{node.op.name}'{where}{source} gives {number.flat[bad[0]]}{place}"
    return "the sum of squares of the loss and its gradients (no single number is)"
