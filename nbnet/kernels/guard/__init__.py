"""The guard before weights are written: stops the plan when a watched sum is not finite.

Words
    ``[address of the control word, number of this guard, n, address of n float64 sums]``.
Work items
    1. Writes the guard's number (from 1 on) into the control word when a sum is NaN or infinite, which makes
    every thread leave the plan; otherwise writes nothing.
FLOPs and bytes
    n; 8 n bytes read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["Spec"]


@dataclass(frozen=True)
class Spec:
    """There is one guard kernel."""

    family: ClassVar[str] = "guard"
