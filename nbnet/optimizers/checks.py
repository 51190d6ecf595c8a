"""What optimizers ask of their numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["count", "fraction", "number"]


def number(value: Any, name: str, owner: str, above_zero: bool = False) -> float:
    """A finite number >= 0, or > 0, checked."""
    real = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not real or not math.isfinite(value) or value < 0 or (above_zero and value == 0):
        raise ValueError(f"{owner} expects {name} {'> 0' if above_zero else '>= 0'}; received {value!r}.")
    return float(value)


def fraction(value: float, name: str, owner: str) -> float:
    """A factor in [0, 1), checked."""
    if not 0 <= value < 1:
        raise ValueError(f"{owner} expects {name} in [0, 1); received {value}.")
    return float(value)


def count(value: Any, name: str, owner: str) -> int:
    """An integer >= 1, checked."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{owner} expects {name} to be an integer >= 1, or None; received {value!r}.")
    return int(value)
