"""The order of the samples in an epoch."""

from __future__ import annotations

import numpy as np

from nbnet.graph import philox

__all__ = ["shuffled"]

_STREAM = (1 << 32) - 1  # no layer has this position


def shuffled(samples: int, seed: int, epoch: int) -> np.ndarray:
    """A permutation of ``range(samples)`` that is a function of (seed, epoch).

    Parameters
    ----------
    samples : int
    seed : int
    epoch : int
        Counted over all calls of fit, so that a second call does not repeat the orders of the first.

    Returns
    -------
    ndarray, shape (samples,), int64

    Notes
    -----
    Each sample draws a random number of 64 bits; the samples are sorted by it.
    """
    words = philox.words(seed, epoch, _STREAM, 0, 0, 2 * samples).astype(np.uint64)
    return np.argsort(words[::2] << np.uint64(32) | words[1::2], kind="stable")
