"""What threads of a plan need of the machine: words shared between threads, waiting, a clock, rounding."""

from __future__ import annotations

import sys
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils

from nbnet.kernels.memory import intrinsic

__all__ = [
    "call_kernel", "fetch_add", "flush_subnormals", "load_shared", "nanoseconds", "pause", "set_rounding",
    "store_shared", "swap_if", "yield_core",
]  # fmt: skip

_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
_MONOTONIC = 8 if sys.platform == "darwin" else 1
"""Number of CLOCK_MONOTONIC; of CLOCK_UPTIME_RAW on macOS, where Python's clock is that one."""


def _is_x86() -> bool:
    """Whether this process runs on an x86 processor."""
    return llvm.get_process_triple().startswith(("x86_64", "i386", "i686"))


def _is_arm() -> bool:
    """Whether this process runs on a 64-bit ARM processor."""
    return llvm.get_process_triple().startswith(("aarch64", "arm64"))


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
        if _is_x86():
            prototype = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, prototype, "llvm.x86.sse2.pause"), [])
        elif _is_arm():
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


def _rounding(builder: Any) -> Any:
    """The thread's control word of floating-point arithmetic (0 where there is none that is known)."""
    if _is_x86():
        cell = cgutils.alloca_once(builder, ir.IntType(32))
        prototype = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
        store = cgutils.get_or_insert_function(builder.module, prototype, "llvm.x86.sse.stmxcsr")
        builder.call(store, [builder.bitcast(cell, ir.IntType(8).as_pointer())])
        return builder.zext(builder.load(cell), ir.IntType(64))
    if _is_arm():
        prototype = ir.FunctionType(ir.IntType(64), [])
        return builder.call(cgutils.get_or_insert_function(builder.module, prototype, "llvm.aarch64.get.fpcr"), [])
    return ir.Constant(ir.IntType(64), 0)


def _set_rounding(builder: Any, mode: Any) -> None:
    """Set the control word."""
    if _is_x86():
        cell = cgutils.alloca_once(builder, ir.IntType(32))
        builder.store(builder.trunc(mode, ir.IntType(32)), cell)
        prototype = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
        load = cgutils.get_or_insert_function(builder.module, prototype, "llvm.x86.sse.ldmxcsr")
        builder.call(load, [builder.bitcast(cell, ir.IntType(8).as_pointer())])
    elif _is_arm():
        prototype = ir.FunctionType(ir.VoidType(), [ir.IntType(64)])
        builder.call(cgutils.get_or_insert_function(builder.module, prototype, "llvm.aarch64.set.fpcr"), [mode])


@intrinsic
def flush_subnormals(typingctx: Any) -> Any:
    """`flush_subnormals()`: from now on subnormal numbers count as zero in this thread; the mode before."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        before = _rounding(builder)
        # x86: flush to zero (bit 15) and denormals are zero (bit 6); ARM: flush to zero (bit 24).
        bits = 0x8040 if _is_x86() else 1 << 24
        _set_rounding(builder, builder.or_(before, ir.Constant(ir.IntType(64), bits)))
        return before

    return types.intp(), codegen


@intrinsic
def set_rounding(typingctx: Any, mode: Any) -> Any:
    """`set_rounding(mode)`: back to a mode that `flush_subnormals` gave."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _set_rounding(builder, args[0])
        return context.get_dummy_value()

    return types.void(types.intp), codegen
