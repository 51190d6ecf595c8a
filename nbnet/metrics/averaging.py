"""One number from the ratios of several outputs: micro, macro and weighted averages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.metrics.counts import Counted

__all__ = ["averaged", "one_of", "ratio"]


def one_of(value: Any, known: Sequence[Any], owner: str, argument: str = "average") -> Any:
    """`value` if it is among the known ones; else a ValueError names them."""
    if value not in known:
        raise ValueError(f"{owner} expects {argument} to be one of {', '.join(map(repr, known))}; received {value!r}.")
    return value


def ratio(part: Any, whole: Any) -> np.ndarray:
    """part / whole; 0 where `whole` is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, "float64"), np.asarray(whole, "float64"))
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole != 0)


def averaged(counts: Counted, score: Callable[[Any, Any, Any], np.ndarray], average: str | None) -> Any:
    """A score of true positives, false positives and false negatives, averaged over outputs.

    Parameters
    ----------
    counts : Counted
    score : callable
        (true positives, false positives, false negatives) → score, element by element.
    average : {"micro", "macro", "weighted"} or None
        Counts together; the mean of the outputs that occur; the mean by how often each is true; each by itself.

    Returns
    -------
    float or ndarray
        An array where there are several thresholds, or no average.
    """
    tp, fp, fn = counts.true_positives, counts.false_positives, counts.false_negatives
    if average == "micro":
        result = score(tp.sum(axis=1), fp.sum(axis=1), fn.sum(axis=1))
    else:
        result = score(tp, fp, fn)
        if average is not None:
            weights = tp + fn if average == "weighted" else (tp + fp + fn > 0).astype("float64")
            result = ratio((result * weights).sum(axis=1), weights.sum(axis=1))
    if len(result) > 1:
        return result
    return float(result[0]) if result.ndim == 1 else result[0]
