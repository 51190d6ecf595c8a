"""Access to memory from kernels: words, array views on addresses, and loads and stores with alias scopes.

A kernel receives the address of its words, an array of int64: addresses, sizes, strides in elements and the bit
patterns of numbers. What it reads and writes is reached in one of two ways:

* `view_float32(address, n)` and its sisters make a Numba array on an address, for loops over one or two buffers.
* `make_load(dtype, scope, scopes)` and `make_store(dtype, scope, scopes)` make accessors for one of several buffers
  which the caller guarantees to be distinct. They carry LLVM's `alias.scope` and `noalias` metadata, so a loop over
  any number of buffers vectorises without run-time alias checks. An output that is written in place shares the scope
  of its input.

All buffers are dense little-endian arrays of the dtypes float32, float64, int32, int64, uint8 and bool; a bool is one
byte, 0 or 1.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.np.arrayobj import make_array, populate_array

intrinsic: Any = extending.intrinsic
"""Numba's decorator; untyped, as the intrinsic has another signature than the function which types it."""

TYPES: dict[str, types.Type] = {
    "float32": types.float32,
    "float64": types.float64,
    "int32": types.int32,
    "int64": types.int64,
    "uint8": types.uint8,
    "bool": types.boolean,
}
"""Numba's type of each of nbnet's dtypes."""

ITEMSIZE: dict[str, int] = {"float32": 4, "float64": 8, "int32": 4, "int64": 8, "uint8": 1, "bool": 1}
"""Bytes an element of each dtype takes in a buffer."""

INTP = ir.IntType(64)
_CELLS: dict[str, ir.Type] = {
    "float32": ir.FloatType(),
    "float64": ir.DoubleType(),
    "int32": ir.IntType(32),
    "int64": ir.IntType(64),
    "uint8": ir.IntType(8),
    "bool": ir.IntType(8),
}


def pack(value: float | int | bool, dtype: str) -> int:
    """The word (int64) whose lowest bytes hold `value` as `dtype`; a kernel reads it back with `word_<dtype>`."""
    raw = np.array(value).astype(dtype).tobytes()
    return int.from_bytes(raw + bytes(8 - len(raw)), "little", signed=True)


def _element(builder: Any, address: Any, index: Any, cell: ir.Type) -> Any:
    """Pointer to element `index` of a buffer at an integer address."""
    return builder.gep(builder.inttoptr(address, cell.as_pointer()), [index])


def _load_word(builder: Any, words: Any, index: Any) -> Any:
    """Load one word; marked invariant, as no kernel writes words, so that loads may leave loops that store."""
    loaded = builder.load(_element(builder, words, index, INTP))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


@intrinsic
def word(typingctx: Any, words: Any, i: Any) -> Any:
    """`word(words, i)`: the i-th word at address `words`, as an integer."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _load_word(builder, args[0], args[1])

    return types.intp(types.intp, types.intp), codegen


def make_word(dtype: str) -> Callable:
    """`word_<dtype>(words, i)`: the number of this dtype in the lowest bytes of the i-th word (see `pack`)."""
    cell, result = _CELLS[dtype], TYPES[dtype]

    @intrinsic
    def word_as(typingctx: Any, words: Any, i: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            bits = _load_word(builder, args[0], args[1])
            if dtype == "float64":
                return builder.bitcast(bits, cell)
            if dtype == "float32":
                return builder.bitcast(builder.trunc(bits, ir.IntType(32)), cell)
            if dtype == "bool":
                return builder.icmp_unsigned("!=", builder.trunc(bits, cell), ir.Constant(cell, 0))
            return bits if dtype == "int64" else builder.trunc(bits, cell)

        return result(types.intp, types.intp), codegen

    return word_as


def make_view(dtype: str) -> Callable:
    """`view_<dtype>(address, n)`: a Numba array of n contiguous elements at an address; bools are seen as uint8."""
    array = types.Array(types.uint8 if dtype == "bool" else TYPES[dtype], 1, "C")
    size = ITEMSIZE[dtype]

    @intrinsic
    def view(typingctx: Any, address: Any, n: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            proxy = make_array(array)(context, builder)
            itemsize = context.get_constant(types.intp, size)
            data = builder.inttoptr(args[0], context.get_data_type(array.dtype).as_pointer())
            shape, strides = cgutils.pack_array(builder, [args[1]]), cgutils.pack_array(builder, [itemsize])
            populate_array(proxy, data=data, shape=shape, strides=strides, itemsize=itemsize, meminfo=None)
            return proxy._getvalue()

        return array(types.intp, types.intp), codegen

    return view


def _scope_list(builder: Any, scopes: list[int]) -> Any:
    """Metadata list of the named scopes, all in the one domain of nbnet's kernels."""
    module = builder.module
    domain = module.add_metadata(["nbnet.kernel"])
    return module.add_metadata([module.add_metadata([f"nbnet.buffer.{k}", domain]) for k in scopes])


def _set_scopes(builder: Any, access: Any, scope: int, scopes: int) -> None:
    """Mark a load or store as an access to buffer `scope` and to none of the other `scopes` buffers."""
    access.set_metadata("alias.scope", _scope_list(builder, [scope]))
    others = [k for k in range(scopes) if k != scope]
    if others:
        access.set_metadata("noalias", _scope_list(builder, others))


def make_load(dtype: str, scope: int, scopes: int = 0) -> Callable:
    """
    Make `load(address, i)`: element `i` of the buffer at `address`.

    Parameters
    ----------
    dtype : str
        Element type; a bool is stored as one byte and loaded as `byte != 0`.
    scope : int
        Number of the buffer. Within one kernel, helpers included, a number stands for one buffer.
    scopes : int
        How many buffers the kernel knows by number, as in `make_store`. It may be left out for a buffer which the
        kernel only reads; for one that is also written in place it must be given, else the loop keeps its run-time
        alias checks.

    Returns
    -------
    intrinsic
        `load(address: intp, i: intp) -> dtype`, `i` counted in elements. No alignment beyond the element's is assumed.
    """
    cell, result = _CELLS[dtype], TYPES[dtype]

    @intrinsic
    def load(typingctx: Any, address: Any, i: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            loaded = builder.load(_element(builder, args[0], args[1], cell))
            _set_scopes(builder, loaded, scope, scopes)
            return builder.icmp_unsigned("!=", loaded, ir.Constant(cell, 0)) if dtype == "bool" else loaded

        return result(types.intp, types.intp), codegen

    return load


def make_store(dtype: str, scope: int, scopes: int) -> Callable:
    """
    Make `store(address, i, value)`: writes element `i` of the buffer at `address`.

    Parameters
    ----------
    dtype : str
        Element type; `value` is cast to it as Numba casts. A bool is stored as one byte, 0 or 1.
    scope : int, in [0, scopes)
        Number of the buffer. An output written in place has the number of the input whose memory it takes; the element
        is then read before it is written, at the same index.
    scopes : int
        How many buffers the kernel knows by number. The caller of the kernel guarantees that those with different
        numbers do not overlap in memory.

    Returns
    -------
    intrinsic
        `store(address: intp, i: intp, value) -> None`, `i` counted in elements.
    """
    if not 0 <= scope < scopes:
        raise ValueError(f"make_store expects 0 <= scope < scopes; received scope {scope} of {scopes} scopes")
    cell, accepted = _CELLS[dtype], TYPES[dtype]

    @intrinsic
    def store(typingctx: Any, address: Any, i: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            address, i, value = args
            stored = builder.zext(value, cell) if dtype == "bool" else value
            written = builder.store(stored, _element(builder, address, i, cell))
            _set_scopes(builder, written, scope, scopes)
            return context.get_dummy_value()

        return types.void(types.intp, types.intp, accepted), codegen

    return store


@intrinsic
def own(typingctx: Any, address: Any) -> Any:
    """`own(address)`: ask for the cache line at an address, to write to it.

    A line that another core has read costs a core that writes to it a trip between them; asked for early, many
    trips are under way at a time. Without effect where the processor knows no such request.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        prototype = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, prototype, "llvm.prefetch.p0")
        write, near, data = (ir.Constant(number, value) for value in (1, 3, 1))
        builder.call(prefetch, [builder.inttoptr(args[0], byte), write, near, data])
        return context.get_dummy_value()

    return types.void(types.intp), codegen


@intrinsic
def wide(typingctx: Any) -> Any:
    """`wide()`: let LLVM vectorise the calling function with 512-bit registers where the CPU has them (default 256)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # AttributeSet.add would refuse a name it does not know; set.add does not look.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), codegen


word_float32, word_float64 = make_word("float32"), make_word("float64")
word_int32, word_int64 = make_word("int32"), make_word("int64")
word_uint8, word_bool = make_word("uint8"), make_word("bool")
view_float32, view_float64 = make_view("float32"), make_view("float64")
view_int32, view_int64 = make_view("int32"), make_view("int64")
view_uint8, view_bool = make_view("uint8"), make_view("bool")
WORD: dict[str, Callable] = {name: globals()[f"word_{name}"] for name in TYPES}
"""dtype → `word_<dtype>`."""
VIEW: dict[str, Callable] = {name: globals()[f"view_{name}"] for name in TYPES}
"""dtype → `view_<dtype>`."""
