"""Losses of one sample as plain loops in Python floats, and how they are reduced."""

from __future__ import annotations

import math

EPSILON = 1e-7


def mean(values):
    """The mean of a list."""
    return sum(values) / len(values)


def clip(p, low=EPSILON, high=1 - EPSILON):
    """A number in [low, high]."""
    return min(max(p, low), high)


def softmax(row):
    """Probabilities of one row of scores."""
    top = max(row)
    e = [math.exp(z - top) for z in row]
    return [value / sum(e) for value in e]


def pairs(t, p):
    """Target and prediction of each output."""
    return list(zip([float(v) for v in t], [float(v) for v in p], strict=True))


def mse(t, p):
    """Mean of squared differences."""
    return mean([(a - b) ** 2 for a, b in pairs(t, p)])


def mae(t, p):
    """Mean of absolute differences."""
    return mean([abs(a - b) for a, b in pairs(t, p)])


def mape(t, p):
    """Mean of differences in percent of the target."""
    return mean([100 * abs(a - b) / max(abs(a), EPSILON) for a, b in pairs(t, p)])


def msle(t, p):
    """Mean of squared differences of logarithms."""
    return mean([(math.log(1 + max(a, EPSILON)) - math.log(1 + max(b, EPSILON))) ** 2 for a, b in pairs(t, p)])


def huber(t, p, delta=1.0):
    """Square inside delta, straight outside, with one slope where they meet."""
    total = 0.0
    for a, b in pairs(t, p):
        error = abs(a - b)
        total += error**2 / 2 if error < delta else delta**2 / 2 + delta * (error - delta)
    return total / len(t)


def log_cosh(t, p):
    """Mean of log cosh."""
    return mean([math.log(math.cosh(a - b)) for a, b in pairs(t, p)])


def cosine_similarity(t, p):
    """Minus the cosine of the angle."""
    length = math.sqrt(sum(a * a for a, _ in pairs(t, p))) * math.sqrt(sum(b * b for _, b in pairs(t, p)))
    return -sum(a * b for a, b in pairs(t, p)) / length if length else 0.0


def margins(t, p):
    """max(1 - t p, 0), t being -1 or 1."""
    return [max(1 - (-1 if a == 0 else a) * b, 0) for a, b in pairs(t, p)]


def hinge(t, p):
    """Mean of the margins."""
    return mean(margins(t, p))


def squared_hinge(t, p):
    """Mean of the squared margins."""
    return mean([m**2 for m in margins(t, p)])


def categorical_hinge(t, p):
    """1 + best wrong score (0 at least) - right score, not below 0."""
    right = sum(b for a, b in pairs(t, p) if a == 1)
    wrong = max([0.0, *(b for a, b in pairs(t, p) if a == 0)])
    return max(1 + wrong - right, 0.0)


def kl_divergence(t, p):
    """Sum of t log(t / p)."""
    return sum(clip(a, high=1) * math.log(clip(a, high=1) / clip(b, high=1)) for a, b in pairs(t, p))


def poisson(t, p):
    """Mean of p - t log p."""
    return mean([b - a * math.log(b + EPSILON) for a, b in pairs(t, p)])


def binary_crossentropy(t, p, label_smoothing=0.0):
    """Mean of -t log p - (1 - t) log(1 - p)."""
    total = 0.0
    for a, b in pairs(t, p):
        a, b = a * (1 - label_smoothing) + label_smoothing / 2, clip(b)
        total -= a * math.log(b) + (1 - a) * math.log(1 - b)
    return total / len(t)


def categorical_crossentropy(t, p, label_smoothing=0.0):
    """Minus sum of t log p."""
    whole, n = sum(p), len(p)
    return -sum((a * (1 - label_smoothing) + label_smoothing / n) * math.log(clip(b / whole)) for a, b in pairs(t, p))


def sparse_categorical_crossentropy(t, p):
    """Minus log p of the class."""
    return -math.log(clip(p[int(t)] / sum(p)))


def binary_focal_crossentropy(t, p, alpha=None, gamma=2.0):
    """Cross-entropy times (1 - probability of the truth) ** gamma."""
    total = 0.0
    for a, b in pairs(t, p):
        chance = b if a == 1 else 1 - b
        weight = 1 if alpha is None else alpha if a == 1 else 1 - alpha
        total -= weight * (1 - chance) ** gamma * math.log(chance)
    return total / len(t)


def categorical_focal_crossentropy(t, p, alpha=0.25, gamma=2.0):
    """The same of the class that is true."""
    at = [float(v) for v in t].index(1.0)
    chance = p[at] / sum(p)
    weight = alpha[at] if isinstance(alpha, (list, tuple)) else alpha
    return -weight * (1 - chance) ** gamma * math.log(chance)


def reduced(values, weights, reduction):
    """The values of samples as one number, or each by itself."""
    weights = [1.0] * len(values) if weights is None else list(weights)
    weighted = [w * v for w, v in zip(weights, values, strict=True)]
    if reduction in (None, "none"):
        return weighted
    divisor = {"sum": 1.0, "mean_with_sample_weight": sum(weights)}.get(reduction, float(len(values)))
    return sum(weighted) / divisor
