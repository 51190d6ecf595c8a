"""Random numbers that are a function of (seed, step, stream, op, element), never of a global counter.

The stream is the position of the layer that draws, the op number counts the draws of that layer, so adding a
layer's second dropout changes no other number, and any thread or device computes any element by itself.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from nbnet.errors import DataError, DTypeError, ShapeError, TraceError
from nbnet.graph import philox
from nbnet.graph.dtypes import as_dtype, is_weak
from nbnet.graph.ops.axes import as_shape
from nbnet.graph.ops.elementwise import broadcast_shape
from nbnet.graph.ops.registry import register
from nbnet.graph.tensor import Op, active_trace, apply, as_operand

__all__ = ["bernoulli", "normal", "uniform"]

Shape = tuple[int, ...]
_BOOL = np.dtype("bool")


def _size(shape: Shape) -> int:
    return int(np.prod(shape, dtype=np.int64))


def _uniform(seed: np.ndarray, step: np.ndarray, shape: Shape, dtype: np.dtype, stream: int, number: int) -> np.ndarray:
    return philox.uniform(int(seed), int(step), stream, number, 0, _size(shape), dtype).reshape(shape)


def _normal(seed: np.ndarray, step: np.ndarray, shape: Shape, dtype: np.dtype, stream: int, number: int) -> np.ndarray:
    return philox.normal(int(seed), int(step), stream, number, 0, _size(shape), dtype).reshape(shape)


def _bernoulli(
    seed: np.ndarray, step: np.ndarray, p: np.ndarray, shape: Shape, dtype: np.dtype, stream: int, number: int
) -> np.ndarray:
    """True where the uniform number is below p: always for p = 1, never for p = 0."""
    return _uniform(seed, step, shape, p.dtype, stream, number) < p


def _infer(*inputs: Any, shape: Shape, dtype: np.dtype, stream: int, number: int) -> tuple[Shape, np.dtype]:
    return shape, dtype


RANDOM_UNIFORM = register(Op("random_uniform", _infer, _uniform, None, "random"))
RANDOM_NORMAL = register(Op("random_normal", _infer, _normal, None, "random"))
RANDOM_BERNOULLI = register(Op("random_bernoulli", _infer, _bernoulli, None, "random", promotes=2, floats=True))


def _float(name: str, dtype: Any) -> np.dtype:
    """The dtype, checked to be float32 or float64."""
    found = as_dtype(dtype)
    if found.kind != "f":
        raise DTypeError(f"{name} makes float32 or float64 numbers; received dtype {found}. Cast the result.")
    return found


def _draw(op: Op, name: str, shape: Any, dtype: np.dtype, seed: int | None, *parameters: Any) -> Any:
    """Record a draw of the layer being traced, or make it at once from an explicit seed."""
    trace, sizes = active_trace(), as_shape(name, shape)
    if seed is not None:
        try:
            key = np.asarray(operator.index(seed), np.int64)
        except (TypeError, OverflowError):
            raise DataError(f"{name} expects an int of 64 bits as seed; received {seed!r}.") from None
    elif trace is None:
        raise TraceError(
            f"{name}({sizes}) outside a traced step has no seed, step or layer to draw from. Pass seed=…, or call it "
            "inside nbnet.function or a layer."
        )
    if trace is None:
        return apply(op, key, np.asarray(0, np.int64), *parameters, shape=sizes, dtype=dtype, stream=0, number=0)
    stream, number = trace.draw()
    source = trace.scalar(trace.seed) if seed is None else key
    return apply(
        op, source, trace.scalar(trace.step), *parameters, shape=sizes, dtype=dtype, stream=stream, number=number
    )  # fmt: skip


def uniform(shape: Any, low: Any = 0.0, high: Any = 1.0, dtype: Any = "float32", seed: int | None = None) -> Any:
    """Numbers that are equally likely anywhere in [low, high).

    Parameters
    ----------
    shape : int or tuple of int
    low, high : number, Tensor or array that broadcasts to `shape`
    dtype : float32 or float64
        The numbers have 24 random bits in either.
    seed : int, optional
        In place of the step's seed; needed outside a trace.

    Returns
    -------
    Tensor inside a trace, else ndarray

    Raises
    ------
    TraceError
        Outside a trace without `seed`.

    Notes
    -----
    low + (high - low) u, with u = w / 2 ** 24 and w the upper 24 bits of the element's Philox word.

    References
    ----------
    Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """
    result = _draw(RANDOM_UNIFORM, "uniform", shape, _float("uniform", dtype), seed)
    if is_weak(low) and is_weak(high):
        return result if (low, high) == (0, 1) else result * (high - low) + low
    return result * (as_operand(high) - as_operand(low)) + low


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: int | None = None) -> Any:
    """Normally distributed numbers.

    Parameters
    ----------
    shape : int or tuple of int
    mean, stddev : number, Tensor or array that broadcasts to `shape`
    dtype, seed
        As in :func:`uniform`.

    Returns
    -------
    Tensor inside a trace, else ndarray

    Raises
    ------
    TraceError
        Outside a trace without `seed`.

    Notes
    -----
    mean + stddev z; z from pairs of uniform numbers.

    References
    ----------
    Box and Muller, 1958, "A note on the generation of random normal deviates".
    """
    result = _draw(RANDOM_NORMAL, "normal", shape, _float("normal", dtype), seed)
    scaled = result if is_weak(stddev) and stddev == 1 else result * stddev
    return scaled if is_weak(mean) and mean == 0 else scaled + mean


def bernoulli(shape: Any, p: Any, seed: int | None = None) -> Any:
    """True with probability `p`, else False.

    Parameters
    ----------
    shape : int or tuple of int
    p : number, RuntimeScalar, Tensor or array that broadcasts to `shape`
        Probability in [0, 1].
    seed : int, optional
        As in :func:`uniform`.

    Returns
    -------
    Tensor inside a trace, else ndarray, bool

    Raises
    ------
    DataError
        When the number `p` is not in [0, 1].
    TraceError
        Outside a trace without `seed`.

    Notes
    -----
    u < p, u as in :func:`uniform`. No gradient flows to `p`.
    """
    if is_weak(p) and not 0 <= p <= 1:
        raise DataError(f"bernoulli expects a probability in [0, 1]; received p={p}.")
    if not is_weak(p):
        p, sizes = as_operand(p), as_shape("bernoulli", shape)
        if p.shape:
            if broadcast_shape("bernoulli", p.shape, sizes) != sizes:
                raise ShapeError(f"bernoulli expects probabilities that broadcast to {sizes}; received {p.shape}.")
            return uniform(sizes, seed=seed) < p
    return _draw(RANDOM_BERNOULLI, "bernoulli", shape, _BOOL, seed, p)
