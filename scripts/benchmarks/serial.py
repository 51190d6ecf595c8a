"""The arithmetic of a tiny network's training step by itself: plain loops on one thread, compiled by Numba.

Forward, mean squared error, backward and Adam of inputs-hidden-1 with ReLU, over one batch, nothing else: no call by
signature, no results, no checks. It is what a step cannot be expected to beat by much, and owes nothing to nbnet.
"""

from __future__ import annotations

import time
from typing import Any

import numba
import numpy as np


@numba.njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
def _steps(
    x: Any, y: Any, w1: Any, b1: Any, w2: Any, b2: Any, grads: Any, first: Any, second: Any, hidden: Any, count: int
) -> float:
    """`count` training steps in place; the last loss."""
    batch, inputs = x.shape
    width = w1.shape[1]
    one, loss = np.float32(1.0), np.float32(0.0)
    keep1, keep2 = np.float32(0.9), np.float32(0.999)
    power1, power2 = 1.0, 1.0
    bias1, out_weights = inputs * width, inputs * width + width
    for _ in range(count):
        power1, power2 = power1 * 0.9, power2 * 0.999
        rate, tiny = np.float32(1e-3 * np.sqrt(1.0 - power2) / (1.0 - power1)), np.float32(1e-7)
        grads[:] = np.float32(0.0)
        loss = np.float32(0.0)
        for n in range(batch):
            guess = b2[0]
            for j in range(width):
                total = b1[j]
                for i in range(inputs):
                    total += x[n, i] * w1[i, j]
                hidden[j] = max(total, np.float32(0.0))
                guess += hidden[j] * w2[j]
            off = guess - y[n, 0]
            loss += off * off / np.float32(batch)
            slope = np.float32(2.0) * off / np.float32(batch)
            grads[out_weights + width] += slope
            for j in range(width):
                grads[out_weights + j] += slope * hidden[j]
                back = slope * w2[j] if hidden[j] > np.float32(0.0) else np.float32(0.0)
                grads[bias1 + j] += back
                for i in range(inputs):
                    grads[i * width + j] += back * x[n, i]
        for k in range(grads.size):
            grad = grads[k]
            first[k] = keep1 * first[k] + (one - keep1) * grad
            second[k] = keep2 * second[k] + (one - keep2) * grad * grad
            move = rate * first[k] / (np.sqrt(second[k]) + tiny)
            if k < bias1:
                w1[k // width, k % width] -= move
            elif k < out_weights:
                b1[k - bias1] -= move
            elif k < out_weights + width:
                w2[k - out_weights] -= move
            else:
                b2[0] -= move
    return float(loss)


def microseconds(x: np.ndarray, y: np.ndarray, width: int, count: int, repeats: int) -> list[float]:
    """Microseconds a step, of `repeats` runs of `count` steps on data (batch, inputs) and (batch, 1)."""
    inputs = x.shape[1]
    rng = np.random.default_rng(0)
    w1, w2 = rng.standard_normal((inputs, width), dtype="float32"), rng.standard_normal(width, dtype="float32")
    b1, b2 = np.zeros(width, "float32"), np.zeros(1, "float32")
    size = inputs * width + 2 * width + 1
    grads, first, second = (np.zeros(size, "float32") for _ in range(3))
    hidden = np.zeros(width, "float32")
    found = []
    for number in range(repeats + 1):
        start = time.perf_counter()
        _steps(x, y, w1, b1, w2, b2, grads, first, second, hidden, count)
        if number:  # the first compiles
            found.append((time.perf_counter() - start) * 1e6 / count)
    return found
