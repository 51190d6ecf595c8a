"""Python function → object code of a C function, through Numba's front end and LLVM's optimiser.

This is the one file that uses Numba's compiler below its public face. Numba's own C callbacks report a Python exception
to the interpreter; a kernel runs without the interpreter, so here its status must be provably zero once all is inlined:
a kernel that could raise does not compile, and the others carry neither Python symbols nor a test of the status.
"""

import contextlib
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import compiler, registry
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
from numba.core.errors import NumbaError

from nbnet.errors import KernelError
from nbnet.kernels.loops import mark_loops

_RAISES = "nbnet_kernel_raises"


@dataclass(frozen=True)
class ObjectCode:
    """Machine code of one C function: the object file, the symbol in it, and the external symbols it names.

    With `assembly` the optimised LLVM code and the assembly are kept as text.
    """

    symbol: str
    code: bytes
    imports: tuple[str, ...]
    ir: str = ""
    assembly: str = ""


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Numba makes many small objects that live on; to look for garbage among them takes a sixth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _SerialCompiler(_FunctionCompiler):
    """Numba's compiler up to unoptimised LLVM code, without wrappers for Python or C."""

    def _customize_flags(self, flags: Any) -> Any:
        flags.no_cpython_wrapper = True
        flags.no_cfunc_wrapper = True
        flags.no_compile = True
        flags.enable_pyobject = False
        return flags


def _add_entry(result: Any, symbol: str) -> None:
    """Add the C function `symbol`, which calls the compiled function, to its library."""
    context, native = result.target_context, result.fndesc
    module = context.create_module(symbol)
    callee = ir.Function(
        module, context.call_conv.get_function_type(native.restype, native.argtypes), native.llvm_func_name
    )
    arguments = [context.get_value_type(argument) for argument in native.argtypes]
    entry = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), symbol)
    builder = ir.IRBuilder(entry.append_basic_block("entry"))
    # Not inlined: the attributes that intrinsics set (the vector width) belong to the callee and would be lost here.
    status, _ = context.call_conv.call_function(
        builder, callee, native.restype, native.argtypes, entry.args, attrs=("noinline",)
    )
    with builder.if_then(status.is_error, likely=False):
        builder.call(ir.Function(module, ir.FunctionType(ir.VoidType(), []), _RAISES), [])
    builder.ret_void()
    result.library.add_ir_module(module)


def _optimise(library: Any, symbol: str) -> Any:
    """Link the library's callees into one LLVM module of which only `symbol` is visible, and optimise it."""
    module = library._final_module
    for linked in dict.fromkeys(library._linking_libraries):
        module.link_in(linked._get_module_for_linking(), preserve=True)
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration and value.name != symbol:
            value.linkage = "internal"
    if text := mark_loops(str(module)):
        module = library._final_module = llvm.parse_assembly(text)
    library._optimize_final_module()
    module.verify()
    return module


def _external_symbols(name: str, module: Any) -> tuple[str, ...]:
    """The external functions that optimised code calls; raises on those that a kernel must not call."""
    symbols = [
        value.name
        for value in (*module.functions, *module.global_variables)
        if value.is_declaration and not value.name.startswith("llvm.")
    ]
    if any(symbol.startswith("NRT_") for symbol in symbols):
        raise KernelError(
            f"kernel {name!r} allocates memory; it must work in the buffers it is given, so views on addresses and "
            "scalars may be used, new arrays, lists and strings may not"
        )
    if _RAISES in symbols or any(symbol.startswith("Py") for symbol in symbols):
        raise KernelError(
            f"kernel {name!r} could raise a Python exception, which a C function cannot; causes are raise and assert "
            "statements, range() or slices with a run-time step, and functions that check their arguments"
        )
    return tuple(symbols)


@global_compiler_lock
def compile_object(
    fn: Callable, arguments: tuple[str, ...], options: dict[str, Any], name: str, symbol: str, *, assembly: bool = False
) -> ObjectCode:
    """
    Compile a Python function of plain numbers as a C function that returns nothing.

    Parameters
    ----------
    fn : function
        What to compile; it may call functions of `jit.njit_inline` and intrinsics.
    arguments : tuple of str
        Names of Numba types, such as "intp", one an argument.
    options : dict
        Options of Numba's `njit`.
    name, symbol : str
        The kernel's name in messages, and the name of the C function.
    assembly : bool
        Whether to keep the optimised LLVM code and the assembly.

    Returns
    -------
    ObjectCode

    Raises
    ------
    KernelError
        When Numba cannot type the function, or the code could raise or allocate.
    """
    job = _SerialCompiler(fn, registry.cpu_target, dict(options), {}, compiler.Compiler)
    with _no_garbage_collection():
        try:
            result = job.compile(tuple(getattr(types, argument) for argument in arguments), types.void)
        except NumbaError as error:
            raise KernelError(f"kernel {name!r} does not compile: {error}") from error
        _add_entry(result, symbol)
        module = _optimise(result.library, symbol)
        imports = _external_symbols(name, module)
        machine = result.library.codegen._tm
        texts = (str(module), machine.emit_assembly(module)) if assembly else ()
        return ObjectCode(symbol, machine.emit_object(module), imports, *texts)
