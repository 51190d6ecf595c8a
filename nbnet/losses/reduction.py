"""From the loss of each sample to one number: weights of samples, elements that do not count, and the reduction."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import as_operand

__all__ = ["REDUCTIONS", "as_reduction", "reduced", "require_number", "share", "weights_for"]

REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none")


def as_reduction(reduction: str | None, owner: str) -> str:
    """A reduction by its name, ``"none"`` for None.

    Raises
    ------
    ArgumentError
        When it is no text.
    ValueError
        When there is no such reduction.
    """
    if reduction is None:
        return "none"
    if not isinstance(reduction, str):
        raise ArgumentError(f"{owner} expects the name of a reduction or None; received {reduction!r}.")
    if reduction not in REDUCTIONS:
        raise ValueError(f"{owner} expects reduction to be one of {', '.join(REDUCTIONS)}; received {reduction!r}.")
    return reduction


def weights_for(sample_weight: Any, values: Any, what: str) -> Any:
    """Weights in the dtype of `values` and of a shape that multiplies with theirs.

    Parameters
    ----------
    sample_weight : Tensor or array_like, shape (N,), (N, 1), ... up to the shape of `values`
        Its axes are those that `values` begins with: (N,) weighs whole samples.
    values : Tensor, shape (N, ...)
    what : str
        Whose weights, for messages, e.g. ``"The loss 'MeanSquaredError'"``.

    Raises
    ------
    ShapeError
        When there are not as many weights as values.
    """
    weights = as_operand(sample_weight)
    shape, full = tuple(weights.shape), tuple(values.shape)
    if shape and not full:
        raise ShapeError(
            f"{what} is one number for the whole batch, which cannot be weighted by sample. Return a number for each "
            "sample, e.g. ops.mean(..., axis=-1)."
        )
    while len(shape) > len(full) and shape[-1] == 1:
        shape = shape[:-1]
    fits = len(shape) <= len(full) and all(
        have in (1, size) for have, size in zip(shape, full[: len(shape)], strict=True)
    )
    if not fits:
        raise ShapeError(
            f"{what} expects sample weights of shape {full[:1]}"
            f"{f' or {full}' if len(full) > 1 else ''}; received {tuple(weights.shape)}. Give one weight for each "
            "sample."
        )
    shape = shape + (1,) * (len(full) - len(shape))
    weights = ops.cast(weights, values.dtype)
    return weights if tuple(weights.shape) == shape else ops.reshape(weights, shape)


def share(part: Any, whole: Any) -> Any:
    """part / whole; 0 where `whole` is 0."""
    some = whole != 0
    return ops.where(some, part / ops.where(some, whole, 1), 0)


def reduced(values: Any, sample_weight: Any, counted: Any, reduction: str, what: str) -> Any:
    """The loss of a batch from the values of its elements.

    Parameters
    ----------
    values : Tensor, shape (N, ...)
    sample_weight : Tensor or array_like, or None
        As in :func:`weights_for`.
    counted : Tensor of bool, of the shape of `values`, or None
        Which elements count; None: all.
    reduction : str
        One of REDUCTIONS.
    what : str
        For messages.

    Returns
    -------
    Tensor
        Of shape (), or of that of `values` where the reduction is ``"none"``.

    Notes
    -----
    With weights w (1 where none are given) over the elements that count:
    ``sum`` Σ w v; ``sum_over_batch_size`` and ``mean`` Σ w v / (number of elements); ``mean_with_sample_weight``
    Σ w v / Σ w; each 0 where its divisor is 0.
    """
    if sample_weight is None and counted is None:
        if reduction == "none":
            return values
        return ops.sum(values) if reduction == "sum" else ops.mean(values)
    weights: Any = None
    if sample_weight is not None:
        weights = weights_for(sample_weight, values, what)
        values = values * weights
    if counted is not None:
        values = ops.where(counted, values, 0)
        weights = ops.cast(counted, values.dtype) * (1 if weights is None else weights)
    if reduction == "none":
        return values
    if reduction == "sum":
        return ops.sum(values)
    if reduction == "mean_with_sample_weight":
        return share(ops.sum(values), ops.sum(ops.broadcast_to(weights, values.shape)))
    if counted is None:
        return ops.mean(values)
    return share(ops.sum(values), ops.cast(ops.sum(counted), values.dtype))


def require_number(value: Any, name: str) -> Any:
    """`value`, the loss of a batch, if it is a single number: only that can be trained with.

    Raises
    ------
    ShapeError
        When it has several elements, as those of a loss without reduction.
    """
    shape = tuple(as_operand(value).shape)
    if shape != ():
        raise ShapeError(
            f"Training makes one number small; the loss '{name}' gives numbers of shape {shape}. Give it "
            "reduction='sum_over_batch_size', or reduce it in a train_step of your own."
        )
    return value
