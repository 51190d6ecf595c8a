"""The order of the samples in an epoch."""

from __future__ import annotations

import numpy as np

__all__ = ["shuffled"]

_LOW = (1 << 64) - 1


def shuffled(samples: int, seed: int, epoch: int) -> np.ndarray:
    """A permutation of ``range(samples)`` that is a function of (seed, epoch).

    Parameters
    ----------
    samples : int
    seed : int
        64 bits; a negative number counts as its two's complement.
    epoch : int
        Counted over all calls of fit, so that a second call does not repeat the orders of the first.

    Returns
    -------
    ndarray, shape (samples,), int64

    Notes
    -----
    Each sample draws a word of 64 bits, the lowest of which are replaced by its number; the words are sorted, and
    their lowest bits are the order. So no two words are equal and any way of sorting gives the same order, and sorting
    words takes less time than sorting samples by their words.

    The words are those of the generator Philox4x64-10, whose raw words NumPy keeps the same in all versions; what it
    makes of them, such as ``permutation``, it does not.

    References
    ----------
    Salmon, Moraes, Dror and Shaw, 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11, section 3.3.
    """
    number = np.uint64((1 << (samples - 1).bit_length()) - 1)
    # an epoch of its own counter: the lowest word counts on, and takes more than 2**64 words to reach the next epoch's
    philox = np.random.Philox(key=np.array([seed & _LOW, 0], np.uint64), counter=np.array([0, epoch, 0, 0], np.uint64))
    words = np.asarray(philox.random_raw(samples), np.uint64)
    words &= ~number
    words |= np.arange(samples, dtype=np.uint64)
    words.sort()
    words &= number
    return words.view(np.int64)
