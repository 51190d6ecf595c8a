"""Predictions for arrays like one that went through all checks: what may differ is looked at, and nothing else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.data.arrays import surely_finite
from nbnet.graph.tensor import active_trace

if TYPE_CHECKING:
    from nbnet.models.steps import Trainable

__all__ = ["QuickPrediction"]

_WATCHED = 8192
"""Numbers from which the compiled step itself looks whether they are finite, with all threads and beside its work."""


class QuickPrediction:
    """The compiled step of predict for one shape and dtype.

    Parameters
    ----------
    model : Trainable
        Built.
    x : ndarray, shape (batch, ...), C-contiguous
        Checked, and as many rows as are predicted at once.
    """

    def __init__(self, model: Trainable, x: np.ndarray) -> None:
        floats = x.dtype.kind == "f"
        self._tested = floats and x.size < _WATCHED
        self._watched = floats and not self._tested
        self._shape, self._dtype = x.shape, x.dtype
        self._function, self._key = model._function("predict"), model._trainable_key()
        self._run = self._function.prepared(x, self._key, *([True] if self._watched else []))

    def takes(self, x: np.ndarray, model: Trainable) -> bool:
        """Whether an array is of the same kind, and nothing that the step was traced for has changed since."""
        return (
            x.shape == self._shape
            and x.dtype == self._dtype
            and x.flags.c_contiguous
            and model._functions.get("predict") is self._function
            and not model.run_eagerly
            and model._trainable_key() == self._key
            and active_trace() is None
        )

    def predict(self, x: np.ndarray) -> Any:
        """What the model gives for an array that it takes; None where numbers of `x` may not be finite."""
        if self._tested and not surely_finite(x):
            return None
        found = self._run(x)
        if self._watched:
            found, total = found
            return found if math.isfinite(total) else None
        return found

    def predict_checked(self, x: np.ndarray) -> Any:
        """What the model gives for an array that it takes and that went through all checks."""
        return self._run(x)[0] if self._watched else self._run(x)
