"""The one way to compile: options, helpers that kernels call, and the table of compiled kernels.

A kernel is compiled serially as the C function `void kernel(intp words, intp start, intp stop)`; see
`nbnet.kernels.memory` for what the words are. `load(spec)` finds the kernel of a specification in this process or
compiles it.
"""

import functools
import hashlib
import importlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbnet.kernels import cache, host, loader, structure

KERNEL: tuple[str, ...] = ("intp", "intp", "intp")
"""Argument types of a kernel: address of the words, first work item, one past the last."""

OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz", "arcp"}}
"""Options of kernels. Never `fastmath=True`: it lets LLVM drop checks for NaN."""

EXACT: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}
"""Options where the order of operations matters, as in vmath."""


class Inline:
    """
    A function that kernels call and that Numba compiles into them (see `njit_inline`).

    Numba is told its type when a kernel that calls it is compiled, and not before: an import of kernels costs no
    compiler. Called from Python it is compiled with a wrapper of its own.
    """

    def __init__(self, fn: Callable, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, fn)
        self.py_func = fn
        self.options = options

    @functools.cached_property
    def _inlined(self) -> Any:
        import numba

        # Wrappers for Python and C would triple the time to compile; without them Python must never call it.
        options: dict[str, Any] = {**self.options, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        return numba.njit(**options)(self.py_func)

    @property
    def _numba_type_(self) -> Any:
        return self._inlined._numba_type_

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Numba's dispatcher for calls from Python."""
        import numba

        return numba.njit(**self.options)(self.py_func)

    def __call__(self, *args: Any) -> Any:
        """Call from Python, compiled."""
        return self.dispatcher(*args)


def njit_inline(fn: Callable | None = None, **options: Any) -> Any:
    """Make a function callable from kernels: `@njit_inline`, or with options `@njit_inline(**EXACT)`."""
    if fn is None:
        return functools.partial(njit_inline, **options)
    return Inline(fn, {**OPTIONS, **options})


@dataclass(frozen=True)
class Compiled:
    """A C function in this process: its address, name, key in the kernel cache, and whether it came from the disk."""

    address: int
    name: str
    key: str
    hit: bool


@dataclass
class _Job:
    """A C function on its way: what to compile, and its key in the disk cache."""

    fn: Callable
    signature: tuple[str, ...]
    options: dict[str, Any]
    name: str
    key: str
    compiled: Compiled | None = None


_lock = threading.RLock()
_jobs: dict[Any, _Job] = {}
_counts = {"compilations": 0, "hits": 0}


def compilations() -> int:
    """How many C functions this process has compiled."""
    return _counts["compilations"]


def hits() -> int:
    """How many C functions this process has loaded from the disk cache."""
    return _counts["hits"]


@functools.cache
def _pipeline() -> str:
    """A digest of the files that turn a function into machine code: other files may make other code of it."""
    folder = Path(__file__).parent
    files = [(folder / name).read_bytes() for name in ("codegen.py", "loops.py")]
    return hashlib.sha256(b"".join(files)).hexdigest()


def _job(fn: Callable, signature: tuple[str, ...], options: dict[str, Any], name: str) -> _Job:
    """A job with its key: the function's structure, its signature and options, and what its code depends on."""
    parts = (structure.digest(fn), signature, structure.digest(options), host.description(), _pipeline())
    return _Job(fn, signature, options, name, hashlib.sha256(repr(parts).encode()).hexdigest())


def _finish(job: _Job) -> Compiled:
    """The C function of a job: in this process already, from the disk, or compiled."""
    if job.compiled is None:
        entry = cache.read(job.key)
        if entry is not None:
            address = loader.link(job.name, entry.symbol, entry.code, entry.imports)
            _counts["hits"] += 1
        else:
            from nbnet.kernels import codegen

            symbol = "nbnet_" + re.sub(r"\W", "_", job.name)
            built = codegen.compile_object(job.fn, job.signature, job.options, job.name, symbol)
            address = loader.link(job.name, symbol, built.code, built.imports)
            _counts["compilations"] += 1
            cache.write(job.key, cache.Entry(job.name, symbol, built.imports, built.code))
        job.compiled = Compiled(address, job.name, job.key, hit=entry is not None)
    return job.compiled


def compile_c(
    fn: Callable,
    signature: tuple[str, ...] = KERNEL,
    options: dict[str, Any] | None = None,
    name: str | None = None,
) -> Compiled:
    """
    Compile a Python function as a C function that returns nothing, or load it from the disk cache.

    Parameters
    ----------
    fn : function
        What to compile: a function of numbers that calls intrinsics and helpers of `njit_inline`.
    signature : tuple of str
        Types of the arguments by their names in Numba.
    options : dict, optional
        Options of Numba's `njit`, default `OPTIONS`.
    name : str, optional
        The kernel's name in messages and profilers, default the function's.

    Returns
    -------
    Compiled
        Its address is valid until the process ends.

    Raises
    ------
    KernelError
        When Numba cannot type the function, or its code could raise, allocate, or call what does not exist.
    StructureError
        When the function refers to an object that the cache key cannot describe.
    """
    with _lock:
        return _finish(_job(fn, signature, OPTIONS if options is None else options, name or fn.__name__))


def _job_of(spec: Any) -> _Job:
    """The job of a specification, one a process."""
    known = (spec, repr(spec))  # 1, 1.0 and True are equal, but not the same constant
    if known not in _jobs:
        module = importlib.import_module(f"nbnet.kernels.{spec.family}.cpu")
        _jobs[known] = _job(module.build(spec), KERNEL, getattr(module, "OPTIONS", OPTIONS), spec.family)
    return _jobs[known]


def load(spec: Any) -> Compiled:
    """
    The kernel of a specification, from this process, the disk cache or the compiler, in this order.

    Parameters
    ----------
    spec : dataclass instance
        Frozen and hashable. `nbnet.kernels.<spec.family>.cpu.build(spec)` makes its Python function; it is compiled
        with the module's `OPTIONS` if it has any.

    Returns
    -------
    Compiled
        The same object for equal specifications.

    Raises
    ------
    KernelError, StructureError
        As `compile_c`.
    """
    with _lock:
        return _finish(_job_of(spec))


def is_cached(spec: Any) -> bool:
    """Whether `load(spec)` need not compile."""
    with _lock:
        job = _job_of(spec)
        return job.compiled is not None or cache.read(job.key) is not None
