"""Running a plan: one parallel region in which threads walk the entries together.

A plan's entries are run in order. The work items of an entry are cut into chunks which the plan fixes; threads take chunks from an
atomic counter and then wait until all chunks of the entry are FINISHED, never until all threads have ARRIVED. So one thread alone
can complete a plan, however many the system gives, and the numbers do not depend on how many there are.

Tables
------
entries : int64, shape (E, 8), C-contiguous
    [kernel address, words address, work items, items a chunk, flags, 0, 0, 0]; flags bit 0 (`GUARD`): after this entry all
    threads leave the plan if `control[0]` is not 0.
counters : int64, shape (E, 16)
    Word 0: next chunk; word 8: finished chunks; on cache lines of their own. The runner clears them.
control : int64, shape (8,)
    Word 0: the stop flag, which a guard's kernel writes. The runner clears word 0.
"""

import ctypes
import functools
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from nbnet.errors import KernelError
from nbnet.kernels import jit
from nbnet.kernels.memory import word
from nbnet.runtime import threads as pool

GUARD = 1
"""Flag of an entry after which the plan may end early."""

SPINS = 2000
_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
_WORKER = ("intp", "intp", "intp", "intp")  # what the threading layers call: arguments, sizes, steps, data


def _pointer(builder: Any, address: Any) -> Any:
    """Pointer to a word."""
    return builder.inttoptr(address, ir.IntType(64).as_pointer())


@intrinsic
def fetch_add(typingctx: Any, address: Any, value: Any) -> Any:
    """`fetch_add(address, value)`: atomically add to a word; the word before."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _pointer(builder, args[0]), args[1], "acq_rel")

    return types.intp(types.intp, types.intp), codegen


@intrinsic
def load_acquire(typingctx: Any, address: Any) -> Any:
    """`load_acquire(address)`: a word that other threads write, and all that they wrote before it."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_pointer(builder, args[0]), "acquire", 8)

    return types.intp(types.intp), codegen


@intrinsic
def call_kernel(typingctx: Any, kernel: Any, words: Any, start: Any, stop: Any) -> Any:
    """`call_kernel(kernel, words, start, stop)`: call the C function at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kernel, *rest = args
        prototype = ir.FunctionType(ir.VoidType(), [argument.type for argument in rest])
        builder.call(builder.inttoptr(kernel, prototype.as_pointer()), rest)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, types.intp), codegen


@intrinsic
def yield_core(typingctx: Any) -> Any:
    """`yield_core()`: let another thread have the core."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        prototype = ir.FunctionType(ir.IntType(32), [])
        builder.call(builder.module.globals.get(_YIELD) or ir.Function(builder.module, prototype, _YIELD), [])
        return context.get_dummy_value()

    return types.void(), codegen


def _walk(arguments: int, sizes: int, steps: int, data: int) -> None:
    """What each thread does; `arguments[0]` is the address of [entries, number of entries, counters, control]."""
    job = word(arguments, 0)
    entries, count, counters, control = word(job, 0), word(job, 1), word(job, 2), word(job, 3)
    for index in range(count):
        entry, counter = entries + 64 * index, counters + 128 * index
        kernel, words, items, chunk = word(entry, 0), word(entry, 1), word(entry, 2), word(entry, 3)
        chunks = (items + chunk - 1) // chunk
        taken = fetch_add(counter, 1)
        while taken < chunks:
            start = taken * chunk
            call_kernel(kernel, words, start, min(start + chunk, items))
            fetch_add(counter + 64, 1)
            taken = fetch_add(counter, 1)
        spins = 0
        while load_acquire(counter + 64) < chunks:
            spins += 1
            if spins > SPINS:
                yield_core()
        if word(entry, 4) & GUARD and load_acquire(control) != 0:
            return


@functools.cache
def _walker() -> jit.Compiled:
    """The compiled walk."""
    return jit.compile_c(_walk, _WORKER, name="runner")


_CALL = ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 4)


def _address(table: np.ndarray, name: str, width: int, rows: int | None = None) -> int:
    """Address of a table after a check of its shape, as a wrong one would be written through."""
    wanted = (rows if rows is not None else len(table), width) if width != 1 else (8,)
    if table.dtype != np.int64 or table.shape != wanted or not table.flags.c_contiguous:
        raise KernelError(
            f"the runner expects {name} as a C-contiguous int64 array of shape {wanted}; received {table.dtype} {table.shape}"
        )
    return table.ctypes.data


class Program:
    """
    A plan's tables, checked once, ready to run many times.

    Parameters
    ----------
    entries, counters, control : ndarray of int64
        The tables of this module's docstring. They are kept; addresses in `entries` may be changed between runs.

    Raises
    ------
    KernelError
        When a table has another dtype, shape or layout, or an entry has no chunk size of at least 1.
    """

    def __init__(self, entries: np.ndarray, counters: np.ndarray, control: np.ndarray) -> None:
        rows = len(entries)
        self._tables = (entries, counters, control)
        self._control = _address(control, "control", 1)
        self._counters = _address(counters, "counters", 16, rows)
        self._job = (ctypes.c_int64 * 4)(_address(entries, "entries", 8), rows, self._counters, self._control)
        if rows and (entries[:, 3] < 1).any():
            row = int(np.argmax(entries[:, 3] < 1))
            raise KernelError(f"the runner expects chunks of at least 1 work item; entry {row} has {entries[row, 3]}")
        self._argument = (ctypes.c_int64 * 1)(ctypes.addressof(self._job))
        self._walk = _CALL(_walker().address)

    def run(self, threads: int | None = None) -> None:
        """
        Run all entries with this many threads (default `get_num_threads()`); returns when they have finished.

        Raises
        ------
        ThreadingError
            With more than one thread in a process forked from one whose OpenMP threads were running.
        """
        with pool.lock:
            ctypes.memset(self._counters, 0, 128 * self._job[1])
            ctypes.memset(self._control, 0, 8)
            threads = pool.get_num_threads() if threads is None else threads
            if threads == 1:
                self._walk(ctypes.addressof(self._argument), 0, 0, 0)
            else:
                pool.parallel_call(_walker().address, ctypes.addressof(self._job), threads)


def run(entries: np.ndarray, counters: np.ndarray, control: np.ndarray, threads: int | None = None) -> None:
    """Run a plan's tables once; see `Program`."""
    Program(entries, counters, control).run(threads)
