"""Ops between the layers of a network of symbols, repeated with other operands: for each batch, and after loading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbnet.errors import SavedModelError
from nbnet.graph import ops
from nbnet.graph.tensor import Tensor
from nbnet.layers.symbolic import BATCH

__all__ = ["checked_attributes", "repeated", "repeated_symbol"]

# Ops that are called in another way than ``ops.<name>(*inputs, **attrs)``.
_CALLS: dict[str, Callable[..., Any]] = {
    "argmax": lambda x, axes, keepdims: ops.argmax(x, axes[0], keepdims),
    "broadcast": ops.broadcast_to,
    "concatenate": lambda *parts, axis: ops.concatenate(parts, axis),
    "formula": lambda *operands, formula: formula(*operands),
    "logsumexp": lambda x, axes, keepdims: ops.logsumexp(x, axes, keepdims),
    "max": lambda x, axes, keepdims: ops.max(x, axes, keepdims),
    "mean": lambda x, axes, keepdims: ops.mean(x, axes, keepdims),
    "min": lambda x, axes, keepdims: ops.min(x, axes, keepdims),
    "one_hot": lambda indices, depth, dtype: ops.one_hot(indices, depth, dtype),
    "scatter_add": lambda indices, updates, shape, axis: ops.scatter_add(shape, indices, updates, axis),
    "slice": ops.strided_slice,
    "sum": lambda x, axes, keepdims: ops.sum(x, axes, keepdims),
}

# Ops that have the sizes of their result among their attributes, the batch's among them.
_SIZES = {"broadcast": "shape", "embed": "shape", "reshape": "shape", "slice": "stops"}


def repeated(name: str, inputs: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
    """An op applied by its public function, which checks what a file may say.

    Parameters
    ----------
    name : str
        Of the op.
    inputs : sequence of Tensor or ndarray
    attrs : mapping of str to object

    Raises
    ------
    NbnetError, TypeError
        When operands and attributes do not fit the op.
    """
    call = _CALLS.get(name) or getattr(ops, name)
    return call(*inputs, **attrs)


def repeated_symbol(symbol: Tensor, inputs: Sequence[Any]) -> Any:
    """What made a symbol, for other operands: their batch may have any size, that of the symbol stands for it.

    Parameters
    ----------
    symbol : Tensor
        An op between layers.
    inputs : sequence of Tensor or ndarray
    """
    attrs, sizes = dict(symbol.attrs), _SIZES.get(symbol.op.name)
    if sizes is not None and symbol.inputs[0].shape[:1] == (BATCH,) == attrs[sizes][:1]:
        whole = not attrs.get("starts", (0,))[0] and attrs.get("steps", (1,))[0] == 1
        if whole:
            attrs[sizes] = (inputs[0].shape[0], *attrs[sizes][1:])
    return repeated(symbol.op.name, inputs, attrs)


def checked_attributes(attrs: Any) -> dict[str, Any]:
    """Attributes of an op as they were before they were written as JSON.

    Raises
    ------
    SavedModelError
        When they are not such as ops have.
    """
    if not isinstance(attrs, dict):
        raise SavedModelError(f"An op of the saved model has {attrs!r:.40} for attributes.")
    return {str(name): _attribute(value) for name, value in attrs.items()}


def _attribute(value: Any) -> Any:
    """A number, a name, a formula, or a tuple of numbers."""
    if isinstance(value, list):
        return tuple(_attribute(item) for item in value)
    if not isinstance(value, (bool, int, str, ops.Formula)):
        raise SavedModelError(f"An op of the saved model has the attribute {value!r:.40}.")
    return value
