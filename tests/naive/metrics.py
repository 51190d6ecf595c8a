"""Metrics over all samples at once, as plain loops in Python floats.

Each takes targets, predictions (rows) and a weight for each sample.
"""

from __future__ import annotations

import math
from itertools import pairwise

from tests.naive import losses


def average(values, weights):
    """Σ w v / Σ w."""
    return sum(w * v for v, w in zip(values, weights, strict=True)) / sum(weights)


def mean_of(name):
    """The mean of a loss."""

    def metric(y_true, y_pred, weights):
        return average([getattr(losses, name)(t, p) for t, p in zip(y_true, y_pred, strict=True)], weights)

    return metric


def root_mean_squared_error(y_true, y_pred, weights):
    """The root of the mean square."""
    return math.sqrt(mean_of("mse")(y_true, y_pred, weights))


def cosine_similarity(y_true, y_pred, weights):
    """The mean cosine."""
    return -mean_of("cosine_similarity")(y_true, y_pred, weights)


def largest(row):
    """The number of the largest of a row."""
    return max(range(len(row)), key=lambda i: row[i])


def classes_of(y_true):
    """Class numbers, of one-hot rows too."""
    return [largest(t) if getattr(t, "size", 1) > 1 else int(t if getattr(t, "ndim", 0) == 0 else t[0]) for t in y_true]


def accuracy(y_true, y_pred, weights):
    """How often the largest is right."""
    return average([c == largest(p) for c, p in zip(classes_of(y_true), y_pred, strict=True)], weights)


def binary_accuracy(y_true, y_pred, weights):
    """How often both are on one side of a half, over all outputs."""
    return average(
        [
            losses.mean([(a > 0.5) == (b > 0.5) for a, b in losses.pairs(t, p)])
            for t, p in zip(y_true, y_pred, strict=True)
        ],
        weights,
    )


def top_k(y_true, y_pred, weights, k=5):
    """How often fewer than k are larger than the right one."""
    hits = [sum(other > p[c] for other in p) < k for c, p in zip(classes_of(y_true), y_pred, strict=True)]
    return average(hits, weights)


def table(truth, yes, weights):
    """TP, FP, TN, FN of decisions, each a list of (truth, yes) of one output."""
    counts = {(True, True): 0.0, (False, True): 0.0, (False, False): 0.0, (True, False): 0.0}
    for t, y, w in zip(truth, yes, weights, strict=True):
        counts[bool(t), bool(y)] += w
    return tuple(counts.values())


def columns(y_true, y_pred, weights, decide):
    """The table of each output, `decide` being row → a yes or no for each output."""
    y_true, y_pred = list(y_true), [decide([float(v) for v in row]) for row in y_pred]
    return [table([row[i] > 0 for row in y_true], [row[i] for row in y_pred], weights) for i in range(len(y_true[0]))]


def above(threshold):
    """A yes for each output above a threshold."""
    return lambda row: [value > threshold for value in row]


def only_largest(row):
    """A yes for the largest."""
    return [i == largest(row) for i in range(len(row))]


def only_k_largest(k):
    """A yes for the k largest."""
    return lambda row: [i in sorted(range(len(row)), key=lambda j: (-row[j], j))[:k] for i in range(len(row))]


def precision(tp, fp, tn, fn):
    """Of the yeses, how many are right."""
    return tp / (tp + fp) if tp + fp else 0.0


def recall(tp, fp, tn, fn):
    """Of the true ones, how many are found."""
    return tp / (tp + fn) if tp + fn else 0.0


def f_score(beta):
    """The weighted harmonic mean of both."""

    def score(*counts):
        p, r = precision(*counts), recall(*counts)
        return (1 + beta**2) * p * r / (beta**2 * p + r) if p + r else 0.0

    return score


def averaged(score, tables, kind):
    """A score of several outputs as one number."""
    if kind == "micro":
        return score(*(sum(column) for column in zip(*tables, strict=True)))
    scores = [score(*counts) for counts in tables]
    if kind is None:
        return scores
    if kind == "weighted":
        return average(scores, [tp + fn for tp, _, _, fn in tables])
    there = [bool(tp + fp + fn) for tp, fp, _, fn in tables]
    return average(scores, there)


def roc_auc(truth, scores, weights, thresholds):
    """Trapezoids under true-positive over false-positive rate."""
    points = []
    for threshold in thresholds:
        tp, fp, tn, fn = table(truth, [s > threshold for s in scores], weights)
        points.append((fp / (fp + tn), tp / (tp + fn)))
    points.sort()
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(points))


def pr_auc(truth, scores, weights, thresholds, steps=2000):
    """Precision over recall, true and false positives going straight from threshold to threshold in small steps."""
    tables = [table(truth, [s > threshold for s in scores], weights) for threshold in sorted(thresholds)]
    area = 0.0
    for (tp0, fp0, _, fn0), (tp1, fp1, _, _) in pairwise(tables):
        for step in range(steps):
            share = (step + 0.5) / steps
            tp, fp = tp1 + share * (tp0 - tp1), fp1 + share * (fp0 - fp1)
            if tp + fp:
                area += tp / (tp + fp) * (tp0 - tp1) / steps / (tp0 + fn0)
    return area


def r2_scores(y_true, y_pred, weights):
    """1 - residual / spread of each output."""
    scores = []
    for i in range(len(y_true[0])):
        middle = average([t[i] for t in y_true], weights)
        spread = average([(t[i] - middle) ** 2 for t in y_true], weights)
        residual = average([(t[i] - p[i]) ** 2 for t, p in zip(y_true, y_pred, strict=True)], weights)
        scores.append(1 - residual / spread)
    return scores


def confusion_matrix(y_true, y_pred, weights, classes):
    """Rows are the truth."""
    cells = [[0.0] * classes for _ in range(classes)]
    for c, p, w in zip(classes_of(y_true), y_pred, weights, strict=True):
        cells[c][largest(p) if len(p) > 1 else int(p[0] > 0.5)] += w
    return cells
