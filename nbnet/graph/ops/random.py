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
from nbnet.graph.ops.elementwise import broadcast_shape, multiply, where
from nbnet.graph.ops.registry import register
from nbnet.graph.tensor import Op, active_trace, apply, as_operand

__all__ = ["bernoulli", "dropout", "normal", "uniform"]

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


def _mask(
    seed: np.ndarray, step: np.ndarray, shape: Shape, dtype: np.dtype, stream: int, number: int, bits: int,
    threshold: int,
) -> np.ndarray:  # fmt: skip
    """True where a random integer of 16 or 32 bits is below the threshold."""
    draw = philox.halves if bits == 16 else philox.words
    return (draw(int(seed), int(step), stream, number, 0, _size(shape)) < np.uint64(threshold)).reshape(shape)


def _infer(*inputs: Any, shape: Shape, dtype: np.dtype, **attrs: int) -> tuple[Shape, np.dtype]:
    return shape, dtype


RANDOM_UNIFORM = register(Op("random_uniform", _infer, _uniform, None, "random"))
RANDOM_NORMAL = register(Op("random_normal", _infer, _normal, None, "random"))
RANDOM_BERNOULLI = register(Op("random_bernoulli", _infer, _bernoulli, None, "random", promotes=2, floats=True))
RANDOM_MASK = register(Op("random_mask", _infer, _mask, None, "random"))


def _float(name: str, dtype: Any) -> np.dtype:
    """The dtype, checked to be float32 or float64."""
    found = as_dtype(dtype)
    if found.kind != "f":
        raise DTypeError(f"{name} makes float32 or float64 numbers; received dtype {found}. Cast the result.")
    return found


def _draw(op: Op, name: str, shape: Any, dtype: np.dtype, seed: int | None, *parameters: Any, **attrs: int) -> Any:
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
        zero = np.asarray(0, np.int64)
        return apply(op, key, zero, *parameters, shape=sizes, dtype=dtype, stream=0, number=0, **attrs)
    stream, number = trace.draw()
    source = trace.scalar(trace.seed) if seed is None else key
    return apply(
        op, source, trace.scalar(trace.step), *parameters, shape=sizes, dtype=dtype, stream=stream, number=number,
        **attrs,
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


def _threshold(keep: float) -> tuple[int, int]:
    """(bits, k) such that k / 2^bits is as good as `keep`: 16 bits where neither chance is off by a thousandth."""
    k = round(keep * 2**16)
    if abs(k - keep * 2**16) * 1024 < min(k, 2**16 - k):
        return 16, k
    return 32, max(round(keep * 2**32), 1)


def dropout(x: Any, rate: float, seed: int | None = None) -> Any:
    """Each number becomes 0 with probability `rate`; the others are multiplied so that the expectation is that of `x`.

    Parameters
    ----------
    x : Tensor or array_like, float32 or float64
    rate : float in [0, 1)
        A number; it is part of what is compiled.
    seed : int, optional
        As in :func:`uniform`.

    Returns
    -------
    Tensor inside a trace, else ndarray, shape and dtype of `x`

    Raises
    ------
    DataError
        When `rate` is not a number in [0, 1).
    TraceError
        Outside a trace without `seed`.

    Notes
    -----
    y = x 2^b / k where r < k, else 0, with r a random integer of b bits for each element and k = (1 - rate) 2^b,
    rounded. So the chance to be kept is k / 2^b exactly, and the factor is the inverse of that chance, not of 1 - rate:
    the expectation of y is x, whatever the rounding. b is 16, which makes two elements of one random word, and moves
    the rate by 2^-17 at most. Where that would change the chance to be kept or to be dropped by more than 1/1024 of
    itself (rates below 0.008 or above 0.992 that are no multiples of 2^-16) b is 32, and k is at least 1.

    References
    ----------
    Srivastava et al., 2014, "Dropout: a simple way to prevent neural networks from overfitting".
    """
    if not is_weak(rate) or not 0 <= rate < 1:
        raise DataError(f"dropout expects a number in [0, 1) as rate; received {rate!r}.")
    x = as_operand(x)
    if rate == 0:
        return x
    bits, k = _threshold(1 - rate)
    kept = _draw(RANDOM_MASK, "dropout", x.shape, _BOOL, seed, bits=bits, threshold=k)
    return where(kept, multiply(x, 2**bits / k), 0.0)
