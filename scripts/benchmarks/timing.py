"""Timing many calls, and what is said of the times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


def measure(step: Callable[[], Any], seconds: float, least: int = 20, warm: int = 5) -> list[float]:
    """Microseconds of each call of `step` during about `seconds`, at least `least` of them, after `warm` calls."""
    for _ in range(warm):
        step()
    begin = time.perf_counter()
    times: list[float] = []
    while time.perf_counter() - begin < seconds or len(times) < least:
        start = time.perf_counter()
        step()
        times.append(round((time.perf_counter() - start) * 1e6, 3))
    return times


@dataclass(frozen=True)
class Summary:
    """Median, minimum, and the 10th and 90th percentile of some times; `count` of them."""

    median: float
    minimum: float
    low: float
    high: float
    count: int

    def text(self, scale: float = 1.0, form: str = "") -> str:
        """Median (minimum, 10th-90th percentile), e.g. "155 (148, 151-172)", each multiplied by `scale`."""
        values = (self.median, self.minimum, self.low, self.high)
        median, least, low, high = (format(value * scale, form) if form else short(value * scale) for value in values)
        return f"{median} ({least}, {low}-{high})"


def summarize(times: Sequence[float]) -> Summary:
    """A summary of at least one time."""
    ordered = sorted(times)
    last = len(ordered) - 1
    return Summary(
        statistics.median(ordered), ordered[0], ordered[round(0.1 * last)], ordered[round(0.9 * last)], len(ordered)
    )


def short(value: float) -> str:
    """Three digits or more: 0.0412, 1.27, 35.1, 129, 1283."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"
