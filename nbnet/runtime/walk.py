"""What the threads of a plan do, compiled: leading, attending, and the walk along the entries.

Cells
-----
Words that all threads of a process share, each on a cache line of its own:

* ``GENERATION``: number of plans begun; a new number is the sign to start.
* ``JOB``: address of ``[entries, number of entries, counters, control]`` of that plan.
* ``INSIDE``: helpers that may be looking at a job.
* ``HELPERS``: how many helpers may take part.
* ``STOP``: not 0: helpers end.

Counters carry the generation in their upper half. A helper that was away and comes back to an old plan cannot
take a chunk of it: its compare-and-swap fails, and it leaves. So the leader may begin the next plan without
waiting for helpers that have taken nothing.
"""

from __future__ import annotations

import sys
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils

from nbnet.kernels.jit import njit_inline
from nbnet.kernels.memory import intrinsic, word

__all__ = ["GENERATION", "GUARD", "HELPERS", "INSIDE", "JOB", "STOP", "attend", "lead"]

GENERATION, JOB, INSIDE, HELPERS, STOP = 0, 8, 16, 24, 32
GUARD = 1
"""Flag of an entry after which the plan may end early."""
SPINS = 2000
_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
_LOW = (1 << 32) - 1


def _pointer(builder: Any, address: Any) -> Any:
    """Pointer to a word."""
    return builder.inttoptr(address, ir.IntType(64).as_pointer())


@intrinsic
def fetch_add(typingctx: Any, address: Any, value: Any) -> Any:
    """`fetch_add(address, value)`: atomically add to a word; the word before."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _pointer(builder, args[0]), args[1], "seq_cst")

    return types.intp(types.intp, types.intp), codegen


@intrinsic
def load_shared(typingctx: Any, address: Any) -> Any:
    """`load_shared(address)`: a word that other threads write, and all that they wrote before it."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_pointer(builder, args[0]), "seq_cst", 8)

    return types.intp(types.intp), codegen


@intrinsic
def store_shared(typingctx: Any, address: Any, value: Any) -> Any:
    """`store_shared(address, value)`: publish a word, and all that was written before it."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[1], _pointer(builder, args[0]), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


@intrinsic
def swap_if(typingctx: Any, address: Any, expected: Any, new: Any) -> Any:
    """`swap_if(address, expected, new)`: write `new` if the word is `expected`; whether it was."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        done = builder.cmpxchg(_pointer(builder, args[0]), args[1], args[2], "seq_cst", "seq_cst")
        return builder.extract_value(done, 1)

    return types.boolean(types.intp, types.intp, types.intp), codegen


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
        builder.call(cgutils.get_or_insert_function(builder.module, prototype, _YIELD), [])
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def pause(typingctx: Any) -> Any:
    """`pause()`: tell the processor that this is a loop that waits."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        triple = llvm.get_process_triple()
        if triple.startswith(("x86_64", "i386", "i686")):
            prototype = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, prototype, "llvm.x86.sse2.pause"), [])
        elif triple.startswith(("aarch64", "arm64")):
            prototype = ir.FunctionType(ir.VoidType(), [ir.IntType(32)])
            hint = cgutils.get_or_insert_function(builder.module, prototype, "llvm.aarch64.hint")
            builder.call(hint, [ir.Constant(ir.IntType(32), 1)])
        return context.get_dummy_value()

    return types.void(), codegen


@njit_inline
def _walk(cells: int, job: int, generation: int) -> None:
    """Take chunks, entry after entry, until the plan ends or another one has begun."""
    entries, count, counters, control = word(job, 0), word(job, 1), word(job, 2), word(job, 3)
    tag = generation & 0x7FFFFFFF
    for index in range(count):
        entry, counter = entries + 64 * index, counters + 128 * index
        kernel, words, items, chunk = word(entry, 0), word(entry, 1), word(entry, 2), word(entry, 3)
        chunks = (items + chunk - 1) // chunk
        while True:
            found = load_shared(counter)
            if found >> 32 != tag:
                return
            taken = found & _LOW
            if taken >= chunks:
                break
            if swap_if(counter, found, found + 1):
                start = taken * chunk
                call_kernel(kernel, words, start, min(start + chunk, items))
                fetch_add(counter + 64, 1)
        spins = 0
        while load_shared(counter + 64) < chunks:
            if load_shared(cells) != generation:
                return
            spins += 1
            if spins > SPINS:
                yield_core()
            else:
                pause()
        if word(entry, 4) & GUARD and load_shared(control) != 0:
            return


def lead(cells: int, job: int) -> None:
    """Begin a plan and walk it to its end; a job of 0 only waits until no helper looks at an earlier one."""
    generation = load_shared(cells + 8 * GENERATION) + 1
    if job == 0:
        store_shared(cells + 8 * JOB, 0)
        fetch_add(cells + 8 * GENERATION, 1)
        while load_shared(cells + 8 * INSIDE) != 0:
            yield_core()
        return
    count, counters, control = word(job, 1), word(job, 2), word(job, 3)
    store_shared(control, 0)
    for index in range(count):
        store_shared(counters + 128 * index + 64, 0)
        store_shared(counters + 128 * index, (generation & 0x7FFFFFFF) << 32)
    store_shared(cells + 8 * JOB, job)
    fetch_add(cells + 8 * GENERATION, 1)
    _walk(cells, job, generation)


def attend(cells: int, seen: int, number: int, limit: int) -> None:
    """Help with every plan that begins; return when none has begun for `limit` pauses.

    `seen` is the address of the last generation that this helper, the `number`-th, has looked at.
    """
    spins = 0
    known = load_shared(seen)
    while spins < limit and load_shared(cells + 8 * STOP) == 0:
        generation = load_shared(cells + 8 * GENERATION)
        if generation == known:
            spins += 1
            pause()
            continue
        known = generation
        fetch_add(cells + 8 * INSIDE, 1)
        if load_shared(cells + 8 * GENERATION) == generation and number < load_shared(cells + 8 * HELPERS):
            job = load_shared(cells + 8 * JOB)
            if job != 0:
                _walk(cells, job, generation)
        fetch_add(cells + 8 * INSIDE, -1)
        spins = 0
    store_shared(seen, known)
