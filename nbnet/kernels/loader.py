"""Object code → an address to call, through LLVM's linker alone: no Numba is imported or initialised here.

Every piece of object code becomes a library of its own, so equal symbol names never meet. Code is never unloaded: plans
hold plain addresses. A symbol that cannot be resolved raises, where LLVM's older linker ends the process.
"""

import itertools
import platform
import threading

import llvmlite.binding as llvm

from nbnet.errors import KernelError

_lock = threading.Lock()
_engine: llvm.LLJIT | None = None
_libraries = itertools.count()


def _start_engine() -> llvm.LLJIT:
    """The process's linker; on ARM the newer of LLVM's two, as the older can place code out of reach of branches."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(jit=True)
    on_arm = platform.machine().lower() in ("arm64", "aarch64")
    return llvm.create_lljit_compiler(machine, use_jit_link=on_arm, suppress_errors=True)


def _address_of(symbol: str) -> int | None:
    """Address of a symbol of this process, among them those that Numba defines once its CPU target is initialised."""
    address = llvm.address_of_symbol(symbol)
    if address is None:
        from numba.core.registry import cpu_target

        cpu_target.target_context.refresh()
        address = llvm.address_of_symbol(symbol)
    return address


def link(name: str, symbol: str, code: bytes, imports: tuple[str, ...]) -> int:
    """
    Link object code into this process.

    Parameters
    ----------
    name : str
        What the code is, for messages.
    symbol : str
        The function to find in it.
    code : bytes
        An object file for this machine.
    imports : tuple of str
        External symbols that the code calls by name.

    Returns
    -------
    int
        Address of the function, valid until the process ends.

    Raises
    ------
    KernelError
        When a symbol is missing in this process, or LLVM refuses the code.
    """
    global _engine
    builder = llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol(symbol)
    for wanted in imports:
        address = _address_of(wanted)
        if address is None:
            raise KernelError(
                f"kernel {name!r} calls {wanted!r}, which this process does not have; "
                "use functions of nbnet's vmath, or of Python's math module that Numba compiles"
            )
        builder.import_symbol(wanted, address)
    with _lock:
        if _engine is None:
            _engine = _start_engine()
        try:
            library = builder.link(_engine, f"{symbol}.{next(_libraries)}")
        except RuntimeError as error:
            raise KernelError(f"kernel {name!r} could not be linked: {error}") from error
    library.detach()
    return library[symbol]
