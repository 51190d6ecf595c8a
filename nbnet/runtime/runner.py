"""A plan's tables, ready to run.

Entries are run in order. The work items of an entry are cut into chunks which the plan fixes; threads take chunks
from an atomic counter, and an entry is begun when all chunks of the one before are finished. So one thread alone
can complete a plan, and the numbers do not depend on how many there are; :mod:`nbnet.runtime.crew` says which
threads, :mod:`nbnet.runtime.walk` what they do.

Tables
------
entries : int64, shape (E, 8), C-contiguous
    [kernel address, words address, work items, items a chunk, flags, 0, 0, 0]; flags bit 0 (`GUARD`): after this
    entry all threads leave the plan if ``control[0]`` is not 0.
counters : int64, shape (E, 16)
    Word 0: next chunk, and in its upper half the number of the run; word 8: finished chunks; on cache lines of
    their own. The runner sets them.
control : int64, shape (8,)
    Word 0: the stop flag, which a guard's kernel writes. The runner clears word 0.
"""

from __future__ import annotations

import ctypes

import numpy as np

from nbnet.errors import KernelError
from nbnet.runtime import crew, threads
from nbnet.runtime.walk import GUARD

__all__ = ["GUARD", "Program", "run"]


def _address(table: np.ndarray, name: str, width: int, rows: int | None = None) -> int:
    """Address of a table after a check of its shape, as a wrong one would be written through."""
    wanted = (rows if rows is not None else len(table), width) if width != 1 else (8,)
    if table.dtype != np.int64 or table.shape != wanted or not table.flags.c_contiguous:
        raise KernelError(
            f"the runner expects {name} as a C-contiguous int64 array of shape {wanted}; received {table.dtype} "
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

    Raises
    ------
    KernelError
        When a table has another dtype, shape or layout, or an entry has no chunk size of at least 1.
    """

    def __init__(self, entries: np.ndarray, counters: np.ndarray, control: np.ndarray) -> None:
        self._ran = False
        rows = len(entries)
        self._tables = (entries, counters, control)
        addresses = _address(entries, "entries", 8), rows, _address(counters, "counters", 16, rows)
        self._job = (ctypes.c_int64 * 4)(*addresses, _address(control, "control", 1))
        if rows and (entries[:, 3] < 1).any():
            row = int(np.argmax(entries[:, 3] < 1))
            raise KernelError(f"the runner expects chunks of at least 1 work item; entry {row} has {entries[row, 3]}")

    def run(self, count: int | None = None) -> None:
        """Run all entries with up to `count` threads (default `get_num_threads()`); returns when they have finished."""
        with threads.lock:
            self._ran = True
            crew.crew().run(ctypes.addressof(self._job), threads.get_num_threads() if count is None else count)

    def __del__(self) -> None:
        """A helper thread may still be looking at the tables of the last run."""
        if self._ran:
            with threads.lock:
                crew.crew().forget()


def run(entries: np.ndarray, counters: np.ndarray, control: np.ndarray, count: int | None = None) -> None:
    """Run a plan's tables once; see `Program`."""
    Program(entries, counters, control).run(count)
