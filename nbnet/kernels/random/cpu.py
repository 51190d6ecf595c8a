"""The random numbers kernel on the CPU: a loop over blocks, which LLVM turns into vectors of counters."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet.kernels.jit import EXACT, njit_inline
from nbnet.kernels.memory import ITEMSIZE, make_load, make_store, wide, word
from nbnet.kernels.philox import block, halves_below, normal32, normal64, uniform32, uniform64
from nbnet.kernels.random import ITEM, Spec

OPTIONS = EXACT

load_int64 = make_load("int64", 1)
load_probability = make_load("float32", 2)
u64 = np.uint64
f64 = np.float64


@njit_inline(**EXACT, forceinline=True)
def _words(words: Any, p: Any) -> Any:
    """The four words of a block as they are."""
    a, b, c, d = words
    return np.int32(a), np.int32(b), np.int32(c), np.int32(d)


@njit_inline(**EXACT, forceinline=True)
def _uniform32(words: Any, p: Any) -> Any:
    """Four uniform numbers of float32."""
    a, b, c, d = words
    return uniform32(a), uniform32(b), uniform32(c), uniform32(d)


@njit_inline(**EXACT, forceinline=True)
def _uniform64(words: Any, p: Any) -> Any:
    """Four uniform numbers of float64."""
    a, b, c, d = words
    return uniform64(a), uniform64(b), uniform64(c), uniform64(d)


@njit_inline(**EXACT, forceinline=True)
def _normal32(words: Any, p: Any) -> Any:
    """Four normal numbers of float32."""
    a, b, c, d = words
    return (*normal32(a, b), *normal32(c, d))


@njit_inline(**EXACT, forceinline=True)
def _normal64(words: Any, p: Any) -> Any:
    """Four normal numbers of float64."""
    a, b, c, d = words
    return (*normal64(a, b), *normal64(c, d))


@njit_inline(**EXACT, forceinline=True)
def _bernoulli(words: Any, p: Any) -> Any:
    """Four comparisons of a uniform number with p."""
    a, b, c, d = words
    return uniform32(a) < p, uniform32(b) < p, uniform32(c) < p, uniform32(d) < p


@njit_inline(**EXACT, forceinline=True)
def _mask32(words: Any, threshold: Any) -> Any:
    """Four comparisons of a word with the threshold."""
    a, b, c, d = words
    return a < threshold, b < threshold, c < threshold, d < threshold


_DRAW = {
    ("words", "int32"): _words,
    ("uniform", "float32"): _uniform32,
    ("uniform", "float64"): _uniform64,
    ("normal", "float32"): _normal32,
    ("normal", "float64"): _normal64,
    ("mask32", "bool"): _mask32,
}


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """The kernel of a specification, to be compiled."""
    if spec.kind == "mask16":
        return _halves()
    draw = _DRAW.get((spec.kind, spec.dtype), _bernoulli)
    # A mask of numbers is converted from the comparison by the store's own cast.
    store = make_store(spec.dtype, 0, 3)
    size = ITEMSIZE[spec.dtype]
    bernoulli, mask = spec.kind == "bernoulli", spec.kind == "mask32"

    def kernel(words: Any, start: Any, stop: Any) -> None:
        wide()
        first = start * ITEM
        out = word(words, 0) + first * size
        count = min(stop * ITEM, word(words, 1)) - first
        seed, step = u64(load_int64(word(words, 2), 0)), u64(load_int64(word(words, 3), 0))
        stream, op = u64(word(words, 4)), u64(word(words, 5))
        if bernoulli:
            p = load_probability(word(words, 6), 0)
        elif mask:
            p = u64(word(words, 6))
        else:
            p = np.float32(0.0)
        number = u64(first // 4)
        for j in range(count // 4):
            a, b, c, d = draw(block(seed, step, stream, op, number + u64(j)), p)
            store(out, 4 * j, a)
            store(out, 4 * j + 1, b)
            store(out, 4 * j + 2, c)
            store(out, 4 * j + 3, d)
        rest = count % 4
        if rest > 0:
            done = count - rest
            a, b, c, d = draw(block(seed, step, stream, op, number + u64(count // 4)), p)
            store(out, done, a)
            if rest > 1:
                store(out, done + 1, b)
            if rest > 2:
                store(out, done + 2, c)

    return kernel


def _halves() -> Callable[[int, int, int], None]:
    """The kernel of a mask by halves of words: eight elements a block, written as one number of eight bytes."""
    store, store_eight = make_store("bool", 0, 2), make_store("int64", 0, 2)

    def kernel(words: Any, start: Any, stop: Any) -> None:
        wide()
        first = start * ITEM
        out = word(words, 0) + first
        count = min(stop * ITEM, word(words, 1)) - first
        seed, step = u64(load_int64(word(words, 2), 0)), u64(load_int64(word(words, 3), 0))
        stream, op, threshold = u64(word(words, 4)), u64(word(words, 5)), u64(word(words, 6))
        number = u64(first // 8)
        for j in range(count // 8):
            store_eight(out, j, np.int64(halves_below(block(seed, step, stream, op, number + u64(j)), threshold)))
        rest = count % 8
        if rest > 0:
            eight = halves_below(block(seed, step, stream, op, number + u64(count // 8)), threshold)
            for r in range(rest):
                store(out, count - rest + r, (eight >> u64(8 * r) & u64(1)) != u64(0))

    return kernel
