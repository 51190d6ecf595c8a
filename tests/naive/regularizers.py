"""Penalties of a matrix, by plain loops."""

from __future__ import annotations

import math


def l1(w, factor=0.01):
    """factor Σ |w|."""
    return factor * sum(abs(x) for row in w for x in row)


def l2(w, factor=0.01):
    """factor Σ w²."""
    return factor * sum(x * x for row in w for x in row)


def l1_l2(w, first=0.01, second=0.01):
    """Both."""
    return l1(w, first) + l2(w, second)


def orthogonal(w, factor=0.01):
    """factor times the mean of |cos| of the angles between two rows."""
    found = []
    for i, one in enumerate(w):
        for other in w[i + 1 :]:
            lengths = math.sqrt(sum(x * x for x in one)) * math.sqrt(sum(x * x for x in other))
            found.append(abs(sum(a * b for a, b in zip(one, other, strict=True))) / lengths if lengths else 0.0)
    return factor * sum(found) / len(found) if found else 0.0


DEFINITIONS = {
    "l1": l1,
    "l1_l2": l1_l2,
    "l1l2": l1_l2,
    "l2": l2,
    "orthogonal": orthogonal,
    "orthogonal_regularizer": orthogonal,
}
