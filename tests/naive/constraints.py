"""What a constraint makes of a vector, in Python floats; a matrix is constrained column by column."""

from __future__ import annotations

import math


def length(vector):
    """The Euclidean length."""
    return math.sqrt(sum(x * x for x in vector))


def rescaled(vector, wanted):
    """The vector with the wanted length; a vector of zeros has no direction."""
    now = length(vector)
    return [x * wanted / now for x in vector] if now else list(vector)


def max_norm(vector, bound=2.0):
    """No longer than the bound."""
    return rescaled(vector, min(length(vector), bound))


def min_max_norm(vector, low=0.0, high=1.0, rate=1.0):
    """On the way to a length between the bounds."""
    now = length(vector)
    return rescaled(vector, rate * min(max(now, low), high) + (1 - rate) * now)


def non_neg(vector):
    """Without negative numbers."""
    return [max(x, 0.0) for x in vector]


def unit_norm(vector):
    """Of length 1."""
    return rescaled(vector, 1.0)


DEFINITIONS = {"max_norm": max_norm, "min_max_norm": min_max_norm, "non_neg": non_neg, "unit_norm": unit_norm}


def columns(function, w, *arguments):
    """A matrix, given as rows, whose columns are constrained."""
    return [list(row) for row in zip(*(function(column, *arguments) for column in zip(*w, strict=True)), strict=True)]
