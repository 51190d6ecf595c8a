"""Gather on the CPU."""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from nbnet.kernels.gather import Spec
from nbnet.kernels.memory import ITEMSIZE, intrinsic, make_load, make_store, wide, word


@intrinsic
def report(typingctx: Any, cell: Any, position: Any) -> Any:
    """`report(cell, position)`: lower an error cell to 1 + position, 0 standing for none; safe among threads."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        cell, position = args
        word_type = cell.type
        pointer = builder.inttoptr(cell, word_type.as_pointer())
        wanted = builder.add(position, ir.Constant(word_type, 1))
        seen = cgutils.alloca_once_value(builder, builder.load_atomic(pointer, "monotonic", 8))
        test, swap, done = (builder.append_basic_block(name) for name in ("report.test", "report.swap", "report.done"))
        builder.branch(test)
        builder.position_at_end(test)
        held = builder.load(seen)
        is_none = builder.icmp_signed("==", held, ir.Constant(word_type, 0))
        builder.cbranch(builder.or_(is_none, builder.icmp_signed(">", held, wanted)), swap, done)
        builder.position_at_end(swap)
        result = builder.cmpxchg(pointer, held, wanted, "monotonic")
        builder.store(builder.extract_value(result, 0), seen)
        builder.cbranch(builder.extract_value(result, 1), done, test)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    size = ITEMSIZE[spec.dtype]
    dtype = "uint8" if spec.dtype == "bool" else spec.dtype
    load, store, load_index = make_load(dtype, 0, 3), make_store(dtype, 1, 3), make_load(spec.index, 2, 3)
    nothing = np.dtype(dtype).type(np.nan if dtype.startswith("float") else 0)

    def kernel(words: int, start: int, stop: int) -> None:
        wide()
        axis, count, inner = word(words, 4), word(words, 5), word(words, 6)
        outer = start // count if count else 0
        j = start - outer * count
        for item in range(start, stop):
            number = np.int64(load_index(word(words, 2), j))
            if number < 0:
                number += axis
            out = word(words, 0) + item * inner * size
            if 0 <= number < axis:
                x = word(words, 1) + (outer * axis + number) * inner * size
                if inner == 1:
                    store(out, 0, load(x, 0))
                else:
                    for i in range(inner):
                        store(out, i, load(x, i))
            else:
                report(word(words, 3), j)
                for i in range(inner):
                    store(out, i, nothing)
            j += 1
            if j == count:
                j, outer = 0, outer + 1

    return kernel
