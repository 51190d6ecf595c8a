"""The bits of a float32: how the functions of this folder build powers of two and keep signs without a branch."""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from nbnet.kernels.jit import EXACT, njit_inline
from nbnet.kernels.memory import intrinsic

exact: Callable = njit_inline(**EXACT, forceinline=True)
"""Compile a helper with {"contract", "nsz"} only: with "reassoc" LLVM undoes range reductions (exp loses 4 ulp)."""

SIGN = np.int32(-0x80000000)
ROUND = np.float32(1.5 * 2.0**23)
"""Added to |x| < 2^22 it rounds x to an integer, which then stands in the low bits; subtracted again it leaves that
integer."""
ROUND_BITS = np.int32(0x4B400000)
ROUND_BIASED = np.float32(1.5 * 2.0**23 + 127.0)
"""The same, but what stands in the low bits is the biased exponent: see `biased_power`."""
ROUND64 = np.float64(1.5 * 2.0**52)
"""The same for a float64 |x| < 2^51; the low 32 bits are the integer as int32."""


@exact
def to_bits(x: Any) -> Any:
    """Bit pattern of a float32 as int32."""
    return np.float32(x).view(np.int32)


@exact
def from_bits(i: Any) -> Any:
    """The float32 whose bit pattern is an int32."""
    return np.int32(i).view(np.float32)


@exact
def power_of_two(k: Any) -> Any:
    """2^k as float32, for an int32 k in [-126, 127]."""
    return from_bits(np.int32((np.int32(k) + np.int32(127)) << np.int32(23)))


@exact
def biased_power(shifted: Any) -> Any:
    """2^n as float32 from the sum of ROUND_BIASED and a number that rounds to n, for n in [-126, 127]."""
    return from_bits(np.int32(to_bits(shifted) << np.int32(23)))


@exact
def with_sign_of(y: Any, x: Any) -> Any:
    """`y` with its sign bit set where that of `x` is, which keeps -0.0 in odd functions."""
    return from_bits(np.int32(to_bits(y) | np.int32(to_bits(x) & SIGN)))


@intrinsic
def scale(typingctx: Any, p: Any, k: Any) -> Any:
    """`scale(p, k)`: p 2^k for a float32 p in [0.5, 2] and an int32 k in [-252, 254].

    It is rounded once, to a subnormal or inf where it must be. AVX-512 has an instruction for it. Elsewhere LLVM would
    call the C library; two products with powers of two, of which the first is exact, make the same bits.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        p, k = args
        number, integer = ir.FloatType(), ir.IntType(32)
        if "+avx512f" in getattr(context.codegen(), "_tm_features", "").split(","):
            form = ir.FunctionType(number, [number, integer])
            return builder.call(cgutils.get_or_insert_function(builder.module, form, "llvm.ldexp.f32.i32"), args)
        biased, bits = builder.add(k, integer(254)), integer(23)
        half = builder.shl(builder.ashr(biased, integer(1)), bits)
        rest = builder.sub(builder.shl(biased, bits), half)
        return builder.fmul(builder.fmul(p, builder.bitcast(half, number)), builder.bitcast(rest, number))

    return types.float32(types.float32, types.int32), codegen
