"""nbnet's side of the comparisons: functions, layers, optimizers and metrics on given numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import nbnet
from acceptance.agreement import cotangent
from nbnet import Variable, ops
from nbnet.graph.gradient import gradients
from nbnet.graph.trace import Trace
from nbnet.graph.tensor import active_trace
from nbnet.runtime.function import Function


def values(f: Callable[..., Any], *arrays: Any) -> Any:
    """What a function over ops gives, compiled."""
    return Function(f)(*arrays)


def value_and_gradients(
    f: Callable[..., Any], arrays: Sequence[np.ndarray], by: Sequence[int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The result, and the gradients of its weighted sum by some of the arguments."""

    def both(*tensors: Any) -> Any:
        y = f(*tensors)
        total = ops.sum(y * cotangent(tuple(y.shape), y.dtype))
        return y, list(gradients(total, [tensors[index] for index in by]))

    y, found = Function(both)(*arrays)
    return y, list(found)
