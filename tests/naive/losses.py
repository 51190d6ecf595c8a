"""Losses as plain loops over samples, in Python floats."""

from __future__ import annotations

import math


def mse(y_true, y_pred):
    """Mean of squared differences over samples and outputs."""
    pairs = [(t, p) for row_t, row_p in zip(y_true, y_pred, strict=True) for t, p in zip(row_t, row_p, strict=True)]
    return sum((t - p) ** 2 for t, p in pairs) / len(pairs)


def mae(y_true, y_pred):
    """Mean of absolute differences."""
    pairs = [(t, p) for row_t, row_p in zip(y_true, y_pred, strict=True) for t, p in zip(row_t, row_p, strict=True)]
    return sum(abs(t - p) for t, p in pairs) / len(pairs)


def hinge(y_true, y_pred):
    """Mean of max(1 - t p, 0), t being -1 or 1."""
    pairs = [(t, p) for row_t, row_p in zip(y_true, y_pred, strict=True) for t, p in zip(row_t, row_p, strict=True)]
    return sum(max(1 - (-1 if t == 0 else t) * p, 0) for t, p in pairs) / len(pairs)


def softmax(row):
    """Probabilities of one row of scores."""
    top = max(row)
    e = [math.exp(z - top) for z in row]
    return [value / sum(e) for value in e]


def categorical_crossentropy(y_true, probabilities):
    """Mean over samples of -sum t log p."""
    total = 0.0
    for row_t, row_p in zip(y_true, probabilities, strict=True):
        whole = sum(row_p)
        total -= sum(t * math.log(min(max(p / whole, 1e-7), 1 - 1e-7)) for t, p in zip(row_t, row_p, strict=True))
    return total / len(y_true)


def binary_crossentropy(y_true, probabilities):
    """Mean over samples and outputs of -t log p - (1 - t) log(1 - p)."""
    total, count = 0.0, 0
    for row_t, row_p in zip(y_true, probabilities, strict=True):
        for t, p in zip(row_t, row_p, strict=True):
            p = min(max(p, 1e-7), 1 - 1e-7)
            total -= t * math.log(p) + (1 - t) * math.log(1 - p)
            count += 1
    return total / count
