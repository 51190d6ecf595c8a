"""What the cross-entropies share: a prediction's logits, smoothing, and the ranges of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.graph import ops
from nbnet.graph.ops.registry import OPS
from nbnet.graph.tensor import Tensor

__all__ = ["EPSILON", "check_between", "clipped", "logits_of", "smoothing"]

EPSILON = 1e-7  # probabilities are kept this far from 0 and 1, as Keras does


def logits_of(y_pred: Any, op: str, axis: int = -1) -> Any:
    """What went into the softmax or sigmoid that made `y_pred`; None when something else made it.

    A softmax counts only along `axis`, which is the axis of classes.
    """
    if not isinstance(y_pred, Tensor) or y_pred.op is not OPS[op]:
        return None
    along = y_pred.attrs.get("axis")
    along_classes = along is None or along % y_pred.ndim == axis % y_pred.ndim
    return y_pred.inputs[0] if along_classes else None


def clipped(p: Any) -> Any:
    """Probabilities in [ε, 1 - ε], so that their logarithm is finite."""
    return ops.minimum(ops.maximum(p, EPSILON), 1 - EPSILON)


def smoothing(value: float, name: str) -> float:
    """A label smoothing, checked."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} expects label_smoothing in [0, 1]; received {value}.")
    return float(value)


def check_between(y_true: np.ndarray, low: float, high: float, name: str, remedy: str) -> None:
    """Raise a DataError naming the first target outside [low, high]."""
    outside = np.flatnonzero((y_true < low) | (y_true > high))
    if outside.size:
        place = ", ".join(map(str, np.unravel_index(outside[0], y_true.shape)))
        expected = f"targets of at least {low:g}" if high == np.inf else f"targets from {low:g} to {high:g}"
        raise DataError(
            f"The loss '{name}' expects {expected}; received {y_true.flat[outside[0]]} at "
            f"y[{place}] ({outside.size} such in all). {remedy}"
        )
