"""What threads of a plan need of the machine: words shared between threads, waiting, a clock."""

from __future__ import annotations

import sys
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils

from nbnet.kernels.memory import intrinsic

__all__ = ["call_kernel", "fetch_add", "load_shared", "nanoseconds", "pause", "store_shared", "swap_if", "yield_core"]

_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
_MONOTONIC = 6 if sys.platform == "darwin" else 1
"""Number of CLOCK_MONOTONIC."""


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


@intrinsic
def nanoseconds(typingctx: Any) -> Any:
    """`nanoseconds()`: a clock that only goes forward, the one of `time.perf_counter_ns`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        cell = cgutils.alloca_once(builder, ir.ArrayType(word, 2))
        first = builder.bitcast(cell, word.as_pointer())
        if sys.platform == "win32":  # counts of 100 ns, on every Windows that Numba runs on
            prototype = ir.FunctionType(ir.IntType(32), [word.as_pointer()])
            builder.call(cgutils.get_or_insert_function(builder.module, prototype, "QueryPerformanceCounter"), [first])
            return builder.mul(builder.load(first), ir.Constant(word, 100))
        prototype = ir.FunctionType(ir.IntType(32), [ir.IntType(32), word.as_pointer()])
        clock = cgutils.get_or_insert_function(builder.module, prototype, "clock_gettime")
        builder.call(clock, [ir.Constant(ir.IntType(32), _MONOTONIC), first])
        second = builder.gep(first, [ir.Constant(ir.IntType(32), 1)])
        return builder.add(builder.mul(builder.load(first), ir.Constant(word, 10**9)), builder.load(second))

    return types.intp(), codegen
