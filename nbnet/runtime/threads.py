"""How many threads a plan is run with, and the lock that lets one plan run at a time."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbnet.errors import ThreadingError

__all__ = ["available_cores", "get_num_threads", "limited", "lock", "set_num_threads"]

lock = threading.RLock()
"""Held while a plan is bound, run and read back: one plan at a time in the process."""

_chosen: int | None = None


@functools.cache
def available_cores() -> int:
    """How many cores this process may use (its affinity, where the system knows one), as it was when first asked."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _checked(count: Any, source: str) -> int:
    """A thread count that came from `source`, as an int of at least 1."""
    try:
        number = int(count)
        if number == float(count) and 1 <= number <= 1024:
            return number
    except (TypeError, ValueError):
        pass
    raise ThreadingError(f"{source} expects a number of threads from 1 to 1024; received {count!r}")


def get_num_threads() -> int:
    """The number of threads: `set_num_threads`, else NBNET_NUM_THREADS, else the cores this process may use."""
    if _chosen is not None:
        return _chosen
    if wanted := os.environ.get("NBNET_NUM_THREADS"):
        return _checked(wanted, "NBNET_NUM_THREADS")
    return available_cores()


def set_num_threads(count: int) -> None:
    """Set the number of threads that steps run with; results do not depend on it.

    Parameters
    ----------
    count : int, 1 to 1024
        More threads than cores are allowed and slow.

    Raises
    ------
    ThreadingError
        When the count is no such number.
    """
    global _chosen
    _chosen = _checked(count, "set_num_threads")


@contextmanager
def limited(count: int) -> Iterator[None]:
    """Run steps with `count` threads within the block."""
    global _chosen
    before = _chosen
    set_num_threads(count)
    try:
        yield
    finally:
        _chosen = before


def _after_fork() -> None:
    """In a forked child a thread of the parent that held the lock no longer exists."""
    global lock
    lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
