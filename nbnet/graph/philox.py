"""Random numbers as a function of (seed, step, stream, op, element), in NumPy: what every device must reproduce.

Each number is made from one 32-bit word of the Philox4x32-10 generator, which encrypts a counter of four words with a
key of two: element e takes word e mod 4 of the block whose counter and key are

    c0 = e // 4, low 32 bits              k0 = seed, low 32 bits
    c1 = step, low 32 bits                k1 = seed, high 32 bits
    c2 = stream (position of the layer)
    c3 = op (draw of the layer, low 16 bits) and the next 16 bits of e // 4

Where 16 bits are enough, as for a mask, element e takes half e mod 2 (the lower one first) of word e // 2, counted in
the same way, so that a block serves eight elements.

Words, uniform numbers and comparisons of these with a probability are the same bits on every device. Normal numbers
agree to a few units in the last place, since logarithm and sine differ there. Numbers of float64 are made from the
same 24 bits a word as those of float32: uniform numbers are equal in both, so a model checked in float64 draws the
same masks as it does in float32.

References
----------
Salmon, Moraes, Dror and Shaw, 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11, sections 3.3 and 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError

__all__ = ["halves", "normal", "philox4x32", "uniform", "words"]

_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = 0x9E3779B9, 0xBB67AE85
_LOW, _WORD = np.uint64(0xFFFFFFFF), np.uint64(32)
_ROUNDS = 10


def philox4x32(counter: Any, key: Any) -> np.ndarray:
    """
    Encrypt counters: four 32-bit words each, ten rounds.

    Parameters
    ----------
    counter : array_like of int in [0, 2**32), shape (4, ...)
    key : pair of int in [0, 2**32)

    Returns
    -------
    ndarray, shape (4, ...), uint32

    Notes
    -----
    A round maps (c0, c1, c2, c3) to (high(M1 c2) ^ c1 ^ k0, low(M1 c2), high(M0 c0) ^ c3 ^ k1, low(M0 c0));
    between rounds the key words advance by the constants of a Weyl sequence. Salmon et al., 2011, section 3.3.

    Examples
    --------
    >>> [hex(word) for word in philox4x32([0, 0, 0, 0], (0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = np.asarray(counter, np.uint64)
    k0, k1 = (int(word) for word in key)
    for _ in range(_ROUNDS):
        product_0, product_1 = _MULTIPLIER_0 * c0, _MULTIPLIER_1 * c2
        c0, c1 = (product_1 >> _WORD) ^ c1 ^ np.uint64(k0), product_1 & _LOW
        c2, c3 = (product_0 >> _WORD) ^ c3 ^ np.uint64(k1), product_0 & _LOW
        k0, k1 = (k0 + _WEYL_0) & 0xFFFFFFFF, (k1 + _WEYL_1) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3]).astype(np.uint32)


def words(seed: int, step: int, stream: int, op: int, start: int, count: int) -> np.ndarray:
    """
    The words of elements `start` to `start + count`.

    Parameters
    ----------
    seed : int
        64 bits; a negative number counts as its two's complement.
    step : int
        Number of the training step, of which the low 32 bits count.
    stream : int in [0, 2**32)
        Position of the layer in the model.
    op : int in [0, 2**16)
        Number of the draw within the layer.
    start, count : int
        Range of elements, within [0, 2**50).

    Returns
    -------
    ndarray, shape (count,), uint32

    Raises
    ------
    DataError
        When stream, op or the range of elements does not fit the counter.
    """
    if not (0 <= stream < 2**32 and 0 <= op < 2**16):
        raise DataError(f"words expects stream in [0, 2**32) and op in [0, 2**16); received stream {stream}, op {op}.")
    if start < 0 or count < 0 or start + count > 2**50:
        raise DataError(f"words expects elements within [0, 2**50); received start {start}, count {count}.")
    block = np.arange(start // 4, (start + count + 3) // 4, dtype=np.uint64)
    counter = np.empty((4, block.size), np.uint64)
    counter[0] = block & _LOW
    counter[1] = step & 0xFFFFFFFF
    counter[2] = stream
    counter[3] = (block >> _WORD << np.uint64(16)) | np.uint64(op)
    first = start % 4
    return philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF)).T.ravel()[first : first + count]


def halves(seed: int, step: int, stream: int, op: int, start: int, count: int) -> np.ndarray:
    """
    The halves of words that belong to elements `start` to `start + count`, two elements a word.

    Parameters
    ----------
    seed, step, stream, op, start, count : int
        As in `words`.

    Returns
    -------
    ndarray, shape (count,), uint16
        Element e has half e mod 2, the lower one first, of word e // 2.

    Raises
    ------
    DataError
        As `words`.
    """
    first = start // 2
    whole = words(seed, step, stream, op, first, (start + count + 1) // 2 - first)
    return whole.astype("<u4").view("<u2")[start % 2 : start % 2 + count].astype(np.uint16)


def uniform(seed: int, step: int, stream: int, op: int, start: int, count: int, dtype: Any = np.float32) -> np.ndarray:
    """
    Numbers uniform in [0, 1): the upper 24 bits of the word, times 2^-24.

    Parameters
    ----------
    seed, step, stream, op, start, count : int
        As in `words`.
    dtype : float32 or float64

    Returns
    -------
    ndarray, shape (count,), dtype
        The same values in both dtypes.
    """
    upper = words(seed, step, stream, op, start, count) >> np.uint32(8)
    return upper.astype(dtype) * np.dtype(dtype).type(2.0**-24)


def normal(seed: int, step: int, stream: int, op: int, start: int, count: int, dtype: Any = np.float32) -> np.ndarray:
    """
    Numbers of the standard normal distribution, by pairs of elements (2 i, 2 i + 1).

    Parameters
    ----------
    seed, step, stream, op, start, count : int
        As in `words`.
    dtype : float32 or float64

    Returns
    -------
    ndarray, shape (count,), dtype
        Within [-5.77, 5.77]. Computed in float64 and rounded once; kernels of float32 are within 1e-6 of it, those of
        float64 within 1e-14.

    Notes
    -----
    Element 2 i is r cos(2 pi v) and element 2 i + 1 is r sin(2 pi v), with r = sqrt(-2 log(u)), v the uniform
    number of element 2 i + 1 and u that of element 2 i plus 2^-24, in (0, 1].

    References
    ----------
    Box and Muller, 1958, "A note on the generation of random normal deviates".
    """
    first, stop = start // 2 * 2, -(-(start + count) // 2) * 2
    pairs = uniform(seed, step, stream, op, first, stop - first, np.float64).reshape(-1, 2)
    radius = np.sqrt(-2.0 * np.log(pairs[:, 0] + 2.0**-24))
    angle = 2.0 * np.pi * pairs[:, 1]
    values = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()
    return values[start - first : start - first + count].astype(dtype)
