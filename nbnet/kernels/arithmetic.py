"""Scalar building blocks that plain Numba lacks: choice without branches, extrema that keep NaN, quick quotients."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from nbnet.kernels.memory import intrinsic

__all__ = ["make_extremum", "make_scratch", "quick_divide", "select"]


@intrinsic
def select(typingctx: Any, condition: Any, x: Any, y: Any) -> Any:
    """`select(condition, x, y)`: x where condition, else y; both are evaluated, so a loop over it vectorises."""
    if x != y:
        raise TypeError(f"select expects two values of one type; received {x} and {y}")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return x(types.boolean, x, y), codegen


def make_extremum(name: str) -> Any:
    """`maximum(x, y)` or `minimum(x, y)` of two floats by LLVM's operation of that name: NaN if either is NaN."""

    @intrinsic
    def extremum(typingctx: Any, x: Any, y: Any) -> Any:
        if x != y or not isinstance(x, types.Float):
            raise TypeError(f"{name} expects two floats of one type; received {x} and {y}")

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = args[0].type
            width = "f32" if isinstance(kind, ir.FloatType) else "f64"
            function = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(kind, [kind, kind]), f"llvm.{name}.{width}"
            )
            return builder.call(function, args)

        return x(x, x), codegen

    return extremum


def make_scratch(size: int) -> Any:
    """`scratch()`: the address of `size` bytes on the stack, 64-byte aligned, one block for each call site."""

    @intrinsic
    def scratch(typingctx: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            with builder.goto_entry_block():
                block = builder.alloca(ir.ArrayType(ir.IntType(8), size))
                block.align = 64
            return builder.ptrtoint(block, ir.IntType(64))

        return types.intp(), codegen

    return scratch


@intrinsic
def quick_divide(typingctx: Any, x: Any, y: Any) -> Any:
    """`quick_divide(x, y)`: x / y to 2 ulp, by the processor's estimate and a Newton step, in float32.

    For finite x and normal y > 0 with a finite quotient; an infinite y counts as the largest number. What a kernel
    that has this gives for other numbers is not defined, so who uses it knows where its operands come from. All
    divisions of the kernel are made in this way. Square roots and exact divisions share one unit of the processor,
    which this relieves.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        set.add(builder.function.attributes, '"reciprocal-estimates"="divf:1,vec-divf:1"')
        largest = ir.Constant(ir.FloatType(), float(np.finfo(np.float32).max))
        # The Newton step of an infinite y would be 0 * infinity; a NaN is not greater and passes.
        finite = builder.select(builder.fcmp_ordered(">", args[1], largest), largest, args[1])
        return builder.fdiv(args[0], finite, flags=("arcp", "ninf", "contract", "nsz"))

    return types.float32(types.float32, types.float32), codegen
