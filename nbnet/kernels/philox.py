"""Counter-based random numbers in scalars: the same words and uniform numbers on every device.

`nbnet.graph.philox` says how an element's counter is laid out and is the same computation on NumPy arrays. Here it is
written for one counter in typed scalars: four 32-bit words travel as uint64 below 2^32, so that products do not widen
differently in Python and in Numba, and a loop over counters becomes vector multiplications of 32 by 32 bits. The
functions' `py_func` run as plain Python too.

References
----------
Salmon, Moraes, Dror and Shaw, 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11, section 3.3.
"""

import math
from typing import Any

import numpy as np

from nbnet.kernels.jit import EXACT, njit_inline
from nbnet.kernels.vmath import logarithm, trigonometric

u64 = np.uint64
MULTIPLIER_0, MULTIPLIER_1 = u64(0xD2511F53), u64(0xCD9E8D57)
WEYL_0, WEYL_1 = u64(0x9E3779B9), u64(0xBB67AE85)
LOW, WORD, HALF = u64(0xFFFFFFFF), u64(32), u64(16)
STEP32, STEP64 = np.float32(2.0**-24), np.float64(2.0**-24)
FIELDS, REST = u64(0x0001000100010001), u64(0x7FFF7FFF7FFF7FFF)
"""One in each of four fields of 16 bits, and all bits of the fields but the highest ones."""
BYTES_0, BYTES_1, BYTES_2, BYTES_3 = (u64(0x0000000100000001) << u64(8 * byte) for byte in range(4))
"""One in byte 0 and 4, 1 and 5, 2 and 6, 3 and 7."""


@njit_inline(**EXACT, forceinline=True)
def philox4x32(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """
    Encrypt one counter with ten rounds.

    Parameters
    ----------
    c0, c1, c2, c3, k0, k1 : uint64, below 2^32

    Returns
    -------
    tuple of four uint64, below 2^32
    """
    for _ in range(10):
        product_0 = MULTIPLIER_0 * c0
        product_1 = MULTIPLIER_1 * c2
        c0 = (product_1 >> WORD) ^ c1 ^ k0
        c2 = (product_0 >> WORD) ^ c3 ^ k1
        c1 = product_1 & LOW
        c3 = product_0 & LOW
        k0 = (k0 + WEYL_0) & LOW
        k1 = (k1 + WEYL_1) & LOW
    return c0, c1, c2, c3


@njit_inline(**EXACT, forceinline=True)
def block(seed: Any, step: Any, stream: Any, op: Any, number: Any) -> Any:
    """
    The words of elements 4 `number` to 4 `number` + 3.

    Parameters
    ----------
    seed, step, stream, op : uint64
        Of step and stream the low 32 bits count, of op the low 16.
    number : uint64, below 2^48

    Returns
    -------
    tuple of four uint64, below 2^32
    """
    c3 = (op & u64(0xFFFF)) | (number >> WORD << HALF & LOW)
    return philox4x32(number & LOW, step & LOW, stream & LOW, c3, seed & LOW, seed >> WORD)


@njit_inline(**EXACT, forceinline=True)
def below(fields: Any, limits: Any) -> Any:
    """In the highest bit of each of four fields of 16 bits, whether it is less than the same field of `limits`.

    x < t is the carry of ~x + t. The sum of all bits but the highest shows the carry into these; they are then added
    by hand, so that no field reaches its neighbour.
    """
    others = ~fields
    carries = (others & REST) + (limits & REST)
    return (others & limits) | ((others | limits) & carries)


@njit_inline(**EXACT, forceinline=True)
def halves_below(words: Any, threshold: Any) -> Any:
    """
    Compare the eight halves of a block's words with a threshold.

    Parameters
    ----------
    words : tuple of four uint64, below 2^32
        What `block` gives.
    threshold : uint64, below 2^16

    Returns
    -------
    uint64
        Byte i, counted from the lowest, is 1 where half i mod 2 (the lower one first) of word i // 2 is less than
        the threshold, else 0.
    """
    a, b, c, d = words
    limits = threshold * FIELDS
    ac, bd = below(a | c << WORD, limits), below(b | d << WORD, limits)
    return (ac >> u64(15) & BYTES_0) | (ac >> u64(23) & BYTES_1) | (bd << u64(1) & BYTES_2) | (bd >> u64(7) & BYTES_3)


@njit_inline(**EXACT, forceinline=True)
def uniform32(word: Any) -> Any:
    """A word's number in [0, 1), float32 with 24 bits."""
    return np.float32(np.int32(word >> u64(8))) * STEP32


@njit_inline(**EXACT, forceinline=True)
def uniform64(word: Any) -> Any:
    """A word's number in [0, 1), float64 with the value of `uniform32`."""
    return np.float64(np.int32(word >> u64(8))) * STEP64


@njit_inline(**EXACT, forceinline=True)
def normal32(even: Any, odd: Any) -> Any:
    """Two standard normal numbers, float32, from the words of a pair of elements (Box and Muller, 1958)."""
    radius = math.sqrt(np.float32(-2.0) * logarithm.log(uniform32(even) + STEP32))
    x, y = trigonometric.turn(uniform32(odd))
    return radius * x, radius * y


@njit_inline(**EXACT, forceinline=True)
def normal64(even: Any, odd: Any) -> Any:
    """Two standard normal numbers, float64, from the words of a pair of elements (Box and Muller, 1958)."""
    radius = math.sqrt(-2.0 * math.log(uniform64(even) + STEP64))
    angle = 6.283185307179586 * uniform64(odd)
    return radius * math.cos(angle), radius * math.sin(angle)
