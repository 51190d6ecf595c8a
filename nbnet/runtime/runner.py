"""A plan's tables, ready to run.

Entries are run in order. The work items of an entry are cut into chunks which the plan fixes; threads take chunks
from an atomic counter, and an entry is begun when all chunks of those before are finished, but for entries that
may run beside it. So one thread alone can complete a plan, and the numbers do not depend on how many there are;
:mod:`nbnet.runtime.crew` says which threads, :mod:`nbnet.runtime.walk` what they do.

Tables
------
entries : int64, shape (E, 8), C-contiguous
    [kernel address, words address, work items, items a chunk, flags, beside, 0, 0]; flags bit 0 (`GUARD`): after
    this entry all threads leave the plan if ``control[0]`` is not 0. Entries before are finished when this one
    begins, but for the last `beside` of them, which may run at the same time.
counters : int64, shape (E, 16)
    Word 0: the number of the run, and the chunks taken from the back and from the front; word 8: chunks finished
    in all runs; on cache lines of their own.
control : int64, shape (8,)
    Word 0: the stop flag, which a guard's kernel writes. The runner clears word 0.

The calling thread takes chunks from the front, helpers from the back: so each finds more of what it wrote itself
in its cache.
"""

from __future__ import annotations

import ctypes
import time

import numpy as np

from nbnet.compiler.plan import MOST_CHUNKS
from nbnet.errors import KernelError
from nbnet.runtime import crew, threads
from nbnet.runtime.walk import GUARD

__all__ = ["GUARD", "Program", "run"]


def _address(table: np.ndarray, name: str, shape: tuple[int, ...]) -> int:
    """Address of a table after a check of its shape, as a wrong one would be written through."""
    if table.dtype != np.int64 or table.shape != shape or not table.flags.c_contiguous:
        raise KernelError(
            f"the runner expects {name} as a C-contiguous int64 array of shape {shape}; received {table.dtype} "
            f"{table.shape}"
        )
    return table.ctypes.data


class Program:
    """A plan's tables, checked once, ready to run many times.

    Parameters
    ----------
    entries, counters, control : ndarray of int64
        The tables of this module's docstring. They are kept; the words that `entries` points to may be changed
        between runs.
    flush : bool
        Whether subnormal numbers, below 1.2e-38 in float32, count as zero. Arithmetic with them is up to a hundred
        times slower.

    Raises
    ------
    KernelError
        When a table has another dtype, shape or layout, or an entry has no chunk size of at least 1, more than
        `MOST_CHUNKS` chunks, or more entries beside it than before it.
    """

    def __init__(self, entries: np.ndarray, counters: np.ndarray, control: np.ndarray, flush: bool = False) -> None:
        self._ran = False
        rows = len(entries)
        self._tables = (entries, counters, control)
        addresses = _address(entries, "entries", (rows, 8)), rows, _address(counters, "counters", (rows, 16))
        self._job = (ctypes.c_int64 * 8)(*addresses, _address(control, "control", (8,)))
        self._job[7] = flush
        self._address = ctypes.addressof(self._job)
        for row, (items, chunk, beside) in enumerate(entries[:, (2, 3, 5)].tolist()):
            if chunk < 1 or items > chunk * MOST_CHUNKS or not 0 <= beside <= row:
                raise KernelError(
                    f"the runner expects 1 to {MOST_CHUNKS} chunks of at least 1 work item, and at most {row} entries "
                    f"beside entry {row}; received {items} items in chunks of {chunk}, and {beside} entries"
                )
        counters[:] = 0

    def run(self, count: int | None = None) -> None:
        """Run all entries with up to `count` threads (default `get_num_threads()`); returns when they have finished."""
        with threads.lock:
            self._ran = True
            crew.crew().run(self._address, threads.get_num_threads() if count is None else count)

    def record(self, events: np.ndarray, count: int | None = None) -> int:
        """Run like `run`, and write down when each chunk ran.

        Parameters
        ----------
        events : ndarray of int64, shape (threads, room, 4), C-contiguous
            Filled: for each thread (0 is the caller) row 0 is [number of rows that follow, events that found no
            room, start, end], the last two for the whole run and in the caller's table only; each further row
            [entry, chunk, start, end]. Times are nanoseconds of `time.perf_counter_ns`.
        count : int, optional
            Threads; `events` has a table for each of them.

        Returns
        -------
        int
            Number of events.
        """
        count = threads.get_num_threads() if count is None else count
        if events.ndim != 3 or events.shape[0] < count or events.shape[1] < 1:
            raise KernelError(f"events expects a table for each of {count} threads; received shape {events.shape}")
        address = _address(events, "events", (*events.shape[:2], 4))
        with threads.lock:
            crew.crew().forget()  # a helper of an earlier run with more threads would have no table
            self._job[5], self._job[6] = address, events.shape[1]
            events[:, 0] = 0
            try:
                events[0, 0, 2] = time.perf_counter_ns()
                self.run(count)
                events[0, 0, 3] = time.perf_counter_ns()
            finally:
                crew.crew().forget()  # a late helper must not write into a table that is the caller's again
                self._job[5] = self._job[6] = 0
        return int(events[:, 0, 0].sum())

    def __del__(self) -> None:
        """A helper thread may still be looking at the tables of the last run."""
        if self._ran:
            with threads.lock:
                crew.crew().forget()


def run(entries: np.ndarray, counters: np.ndarray, control: np.ndarray, count: int | None = None) -> None:
    """Run a plan's tables once; see `Program`."""
    Program(entries, counters, control).run(count)
