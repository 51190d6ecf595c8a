"""Sample inputs for every operator of the registry, with the plain loop that says what it means."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbnet.graph import ops
from tests.naive import conv, pool
from tests.naive import ops as naive


@dataclass
class Sample:
    """One use of an operator.

    `inputs` are float64 arrays (converted to the dtype under test) or integer and bool arrays (kept);
    `differentiable` is False where the op has no derivative by definition, `sources` says in which inputs it has one
    (None: in all floats).
    """

    inputs: list[np.ndarray]
    naive: Callable[..., Any]
    attrs: dict[str, Any] = field(default_factory=dict)
    differentiable: bool = True
    sources: tuple[int, ...] | None = None


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, gap: float = 0.0) -> np.ndarray:
    """Distinct numbers in scattered order, none nearer to 0 than `gap`."""
    count = max(math.prod(shape), 1)
    values = low + (high - low) * (np.arange(count) * 0.618033988749895 % 1.0)
    values = np.where(np.abs(values) < gap, values + 2 * gap, values)
    return values[: math.prod(shape)].reshape(shape)


def unary(function: Callable[[float], Any], differentiable: bool = True, **range_: float) -> list[Sample]:
    """An element-wise function of one operand, on several shapes."""
    loop = naive.elementwise(function)
    return [
        Sample([numbers(*shape, **range_)], loop, {}, differentiable) for shape in ((3, 4), (), (1,), (0, 2), (5, 1))
    ]


def binary(function: Callable[[float, float], Any], differentiable: bool = True, **range_: float) -> list[Sample]:
    """An element-wise function of two operands, on shapes that broadcast."""
    loop = naive.elementwise(function)
    pairs = [((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 1, 3), (4, 1)), ((), (2, 2)), ((0, 3), (1, 3)), ((1,), (1,))]
    return [
        Sample([numbers(*a, **range_), numbers(*reversed(b), **range_).T + 0.01], loop, {}, differentiable)
        for a, b in pairs
    ]


def comparisons(function: Callable[[float, float], bool]) -> list[Sample]:
    """A comparison of numbers of which some are equal, NaN or infinite."""
    x, y = np.array([[0.0, 1.0, np.nan], [2.0, -np.inf, np.inf]]), np.array([1.0, 1.0, np.nan])
    pairs = [(x, y), (x, x[:1] - 1), (x[:, 1:], np.array([[np.inf], [0.0]])), (np.zeros(()), np.array(0.0)), (x[:0], y)]
    return [Sample([a, b], naive.elementwise(function), {}, differentiable=False) for a, b in pairs]


def reductions(function: Callable[[list[float]], Any], empty: bool, differentiable: bool = True) -> list[Sample]:
    """A reduction over several choices of axes."""
    loop = naive.reduction(function)
    cases: list[tuple[tuple[int, ...], tuple[int, ...], bool]] = [
        ((3, 4), (1,), False), ((3, 4), (0,), True), ((2, 3, 4), (0, 2), False), ((5,), (0,), False),
        ((2, 3), (0, 1), True), ((1, 1), (0,), False), ((3, 0), (0,), False),
    ]  # fmt: skip
    if empty:
        cases.append(((2, 0), (1,), False))
    return [
        Sample([numbers(*shape)], loop, {"axes": axes, "keepdims": keep}, differentiable) for shape, axes, keep in cases
    ]


def single_axis(samples: list[Sample]) -> list[Sample]:
    """Those samples that reduce over one axis."""
    return [sample for sample in samples if len(sample.attrs["axes"]) == 1]


def products() -> list[Sample]:
    """matmul of single and stacked matrices, with every choice of transposes."""
    pairs = [
        ((2, 3), (3, 4)),
        ((1, 1), (1, 1)),
        ((2, 2, 3), (2, 3, 2)),
        ((2, 1, 2, 3), (3, 3, 2)),
        ((2, 0), (0, 3)),
        ((0, 2), (2, 3)),
    ]
    samples = []
    for a, b in pairs:
        for turn_a in (False, True):
            for turn_b in (False, True):
                left = (*a[:-2], a[-1], a[-2]) if turn_a else a
                right = (*b[:-2], b[-1], b[-2]) if turn_b else b
                attrs = {"transpose_a": turn_a, "transpose_b": turn_b}
                samples.append(Sample([numbers(*left), numbers(*right) + 0.3], naive.matmul, attrs))
    return samples


# Input, kernel, strides, padding, dilation, groups; the first two are those that are compiled in float32.
CONVOLUTIONS: list[tuple[Any, ...]] = [
    ((2, 5, 4, 2), (3, 2, 2, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((1, 6, 5, 4), (3, 3, 2, 2), (2, 1), ((1, 1), (0, 2)), (1, 2), 2),
    ((1, 4, 5, 3), (2, 2, 1, 6), (1, 2), ((0, 1), (1, 0)), (2, 1), 3),
    ((2, 1, 1, 1), (1, 1, 1, 1), (3, 2), ((0, 0), (0, 0)), (1, 1), 1),
    ((0, 3, 3, 2), (2, 2, 2, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
]


def convolutions(which: str) -> list[Sample]:
    """A convolution or one of its gradients over the same geometries."""
    samples = []
    for x, w, strides, padding, dilation, groups in CONVOLUTIONS:
        y = (x[0], *conv.output(x, w, strides, padding, dilation))
        attrs = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
        if which == "conv2d":
            samples.append(Sample([numbers(*x), numbers(*w) + 0.3], conv.conv2d, attrs))
        elif which == "conv2d_input":
            samples.append(Sample([numbers(*y), numbers(*w) + 0.3], conv.conv2d_input, {**attrs, "shape": x}))
        else:
            samples.append(Sample([numbers(*x), numbers(*y) + 0.3], conv.conv2d_kernel, {**attrs, "shape": w}))
    return samples


# Input, window, strides, padding.
POOLINGS: list[tuple[Any, ...]] = [
    ((2, 4, 6, 3), (2, 2), (2, 2), ((0, 0), (0, 0))),
    ((1, 5, 4, 2), (3, 2), (1, 2), ((1, 2), (0, 1))),
    ((1, 3, 7, 1), (1, 3), (2, 1), ((0, 0), (2, 2))),
    ((2, 5, 5, 1), (2, 1), (3, 2), ((1, 0), (0, 0))),
    ((0, 2, 2, 2), (2, 2), (1, 1), ((0, 0), (0, 0))),
]


def poolings(which: str) -> list[Sample]:
    """A pooling or its gradient over the same geometries."""
    samples = []
    for x, window, strides, padding in POOLINGS:
        attrs = {"window": window, "strides": strides, "padding": padding}
        image = numbers(*x)
        y = pool.max_pool2d(image, **attrs)
        dy = numbers(*y.shape) + 0.1
        if which == "max_pool2d":
            samples.append(Sample([image], pool.max_pool2d, attrs))
        elif which == "max_pool2d_input":
            samples.append(Sample([image, y, dy], pool.max_pool2d_input, attrs, sources=(2,)))
        elif which == "avg_pool2d":
            samples.append(Sample([image], pool.avg_pool2d, attrs))
        else:
            samples.append(Sample([dy], pool.avg_pool2d_input, {**attrs, "shape": x}))
    return samples


def random(loop: Callable[..., Any], dtype: str, *more: np.ndarray, **attrs: int) -> list[Sample]:
    """Draws for several seeds, steps, streams and shapes."""
    cases = [
        (0, 0, 0, 0, (7,)),
        (3, 5, 2, 1, (2, 3)),
        (-1, 2**40, 7, 65535, (9,)),
        (2**62 + 5, 1, 1, 0, ()),
        (1, 1, 1, 1, (0, 3)),
    ]
    return [
        Sample(
            [np.asarray(seed, np.int64), np.asarray(step, np.int64), *more],
            loop,
            {"shape": shape, "dtype": np.dtype(dtype), "stream": stream, "number": number, **attrs},
            differentiable=False,
        )
        for seed, step, stream, number, shape in cases
    ]


def _twist(x: float, y: float) -> float:
    return x * math.exp(-y) + math.sin(x) / (1.5 + math.tanh(y))


def _positive_part(x: float) -> float:
    return x if x > 0.0 else 0.0


def _positive_part_grad(x: float, y: float) -> float:
    return 1.0 if x > 0.0 else 0.0


def formulas() -> list[Sample]:
    """A formula that is derived and one with branches and a given derivative."""
    slope = ops.Formula(_positive_part_grad, (lambda x, y, z: 0.0, lambda x, y, z: 0.0))
    twist, positive = ops.Formula(_twist), ops.Formula(_positive_part, (slope,))
    return [Sample(s.inputs, s.naive, {"formula": twist}) for s in binary(_twist)] + [
        Sample(s.inputs, s.naive, {"formula": positive}) for s in unary(_positive_part, gap=0.1)
    ]


def conditions() -> list[Sample]:
    """where with broadcast conditions."""
    loop = naive.elementwise(lambda c, x, y: x if c else y)
    mask = np.array([[True], [False], [True]])
    return [
        Sample([mask, numbers(3, 4), numbers(4)], loop),
        Sample([mask[0], numbers(2), numbers(2, 2) + 0.1], loop),
        Sample([mask[:, 0], numbers(), numbers(1)], loop),
    ]


INDICES = np.array([[2, 0, -1], [0, 0, 1]])
BITS = np.array([True, False, True])

SAMPLES: dict[str, list[Sample]] = {
    "abs": unary(abs, gap=0.1),
    "add": binary(lambda x, y: x + y),
    "argmax": single_axis(reductions(naive.first_largest, empty=False, differentiable=False)),
    "avg_pool2d": poolings("avg_pool2d"),
    "avg_pool2d_input": poolings("avg_pool2d_input"),
    "broadcast": [
        Sample([numbers(*a)], naive.broadcast, {"shape": b})
        for a, b in [((3,), (2, 3)), ((2, 1), (2, 4)), ((), (2, 2)), ((1, 3), (0, 3)), ((0,), (2, 0))]
    ],
    "cast": [
        Sample([numbers(2, 3)], naive.elementwise(lambda x: x), {"dtype": np.dtype("float64")}),
        Sample([numbers(2, 3)], naive.elementwise(int), {"dtype": np.dtype("int32")}, differentiable=False),
        Sample([np.array([0.0, -2.0])], naive.elementwise(bool), {"dtype": np.dtype("bool")}, differentiable=False),
    ],
    "concatenate": [
        Sample([numbers(2, 3), numbers(2, 1) + 0.1, numbers(2, 0)], naive.concatenate, {"axis": 1}),
        Sample([numbers(1), numbers(2)], naive.concatenate, {"axis": 0}),
    ],
    "conv2d": convolutions("conv2d"),
    "conv2d_input": convolutions("conv2d_input"),
    "conv2d_kernel": convolutions("conv2d_kernel"),
    "divide": binary(lambda x, y: x / y, gap=0.3),
    "embed": [
        Sample([numbers(2, 2)], naive.embed, {"shape": (3, 6), "starts": (1, 5), "steps": (1, -3)}),
        Sample([numbers(3)], naive.embed, {"shape": (7,), "starts": (0,), "steps": (3,)}),
        Sample([numbers(0, 2)], naive.embed, {"shape": (2, 2), "starts": (0, 0), "steps": (1, 1)}),
    ],
    "equal": comparisons(lambda x, y: x == y),
    "exp": unary(math.exp),
    "formula": formulas(),
    "gather": [
        Sample([numbers(3, 2), INDICES], naive.gather, {"axis": 0}),
        Sample([numbers(2, 3, 2), INDICES], naive.gather, {"axis": 1}),
        Sample([numbers(2, 3), np.array(-1)], naive.gather, {"axis": 1}),
        Sample([numbers(3), np.zeros((0,), np.int64)], naive.gather, {"axis": 0}),
    ],
    "greater": comparisons(lambda x, y: x > y),
    "greater_equal": comparisons(lambda x, y: x >= y),
    "isfinite": [Sample([np.array([1.0, np.inf, -np.inf, np.nan])], naive.elementwise(math.isfinite), {}, False)],
    "less": comparisons(lambda x, y: x < y),
    "less_equal": comparisons(lambda x, y: x <= y),
    "log": unary(math.log, low=0.2),
    "log1p": unary(math.log1p, low=-0.8),
    "log_softmax": [
        Sample([numbers(*shape)], naive.along_axis(naive.log_softmax_line), {"axis": axis})
        for shape, axis in [((3, 4), 1), ((3, 4), 0), ((2, 1), 1), ((5,), 0), ((0, 3), 1), ((3, 0), 1)]
    ],
    "logical_and": [Sample([BITS, BITS[:2, None]], naive.elementwise(lambda x, y: x and y), {}, False)],
    "logical_not": [Sample([BITS], naive.elementwise(lambda x: not x), {}, False)],
    "logical_or": [Sample([BITS, BITS[:2, None]], naive.elementwise(lambda x, y: x or y), {}, False)],
    "logsumexp": reductions(naive.log_sum_exp, empty=False),
    "matmul": products(),
    "max": reductions(max, empty=False),
    "max_pool2d": poolings("max_pool2d"),
    "max_pool2d_input": poolings("max_pool2d_input"),
    "maximum": binary(max),
    "mean": reductions(lambda values: sum(values) / len(values) if values else math.nan, empty=True),
    "min": reductions(min, empty=False),
    "minimum": binary(min),
    "multiply": binary(lambda x, y: x * y),
    "negative": unary(lambda x: -x),
    "not_equal": comparisons(lambda x, y: x != y),
    "one_hot": [
        Sample([np.array([[0, 2], [-1, 3]])], naive.one_hot, {"depth": 3, "dtype": np.dtype("float32")}, False),
        Sample([np.array([1, 0], np.uint8)], naive.one_hot, {"depth": 2, "dtype": np.dtype("bool")}, False),
        Sample([np.zeros((0,), np.int32)], naive.one_hot, {"depth": 2, "dtype": np.dtype("int32")}, False),
    ],
    "power": binary(lambda x, y: x**y, low=0.3),
    "random_bernoulli": random(naive.random_bernoulli, "bool", np.asarray(0.3)),
    "random_mask": random(naive.random_mask, "bool", bits=16, threshold=20000)
    + random(naive.random_mask, "bool", bits=32, threshold=3 * 10**9),
    "random_normal": random(naive.random_normal, "float64") + random(naive.random_normal, "float32"),
    "random_uniform": random(naive.random_uniform, "float64") + random(naive.random_uniform, "float32"),
    "reshape": [
        Sample([numbers(*a)], naive.reshape, {"shape": b})
        for a, b in [((2, 6), (3, 4)), ((), (1, 1)), ((2, 0), (0, 5)), ((6,), (2, 3))]
    ],
    "rsqrt": unary(lambda x: 1 / math.sqrt(x), low=0.3),
    "scatter_add": [
        Sample([INDICES, numbers(2, 3, 2)], naive.scatter_add, {"shape": (3, 2), "axis": 0}),
        Sample([INDICES, numbers(2, 2, 3)], naive.scatter_add, {"shape": (2, 3), "axis": 1}),
        Sample([np.zeros((0,), np.int64), numbers(0)], naive.scatter_add, {"shape": (3,), "axis": 0}),
    ],
    "sigmoid": unary(lambda x: 1 / (1 + math.exp(-x))),
    "sign": unary(lambda x: (x > 0) - (x < 0), gap=0.1),
    "slice": [
        Sample([numbers(3, 6)], naive.strided_slice, {"starts": (0, 5), "stops": (3, -1), "steps": (1, -2)}),
        Sample([numbers(5)], naive.strided_slice, {"starts": (1,), "stops": (4,), "steps": (1,)}),
        Sample([numbers(5)], naive.strided_slice, {"starts": (0,), "stops": (0,), "steps": (1,)}),
    ],
    "softmax": [
        Sample([numbers(*shape)], naive.along_axis(naive.softmax_line), {"axis": axis})
        for shape, axis in [((3, 4), 1), ((3, 4), 0), ((2, 1), 1), ((5,), 0), ((0, 3), 1), ((3, 0), 1)]
    ],
    "softplus": unary(lambda x: math.log(1 + math.exp(x))),
    "sqrt": unary(math.sqrt, low=0.3),
    "square": unary(lambda x: x * x),
    "stop_gradient": unary(lambda x: x, differentiable=False),
    "subtract": binary(lambda x, y: x - y),
    "sum": reductions(sum, empty=True),
    "tanh": unary(math.tanh),
    "transpose": [
        Sample([numbers(*shape)], naive.transpose, {"axes": axes})
        for shape, axes in [((2, 3), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((0, 2), (1, 0))]
    ],
    "where": conditions(),
}  # fmt: skip
