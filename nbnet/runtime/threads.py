"""How many threads the runner uses, and Numba's threading layer that provides them.

Numba brings three layers: TBB and OpenMP, which wait for work by spinning, and its own "workqueue", the slow one that is always
there. nbnet uses the layer that Numba chooses (NUMBA_THREADING_LAYER), through its one C function `parallel_for`.
"""

import ctypes
import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from nbnet.errors import ThreadingError

_ADDRESS = ctypes.c_void_p
_PARALLEL_FOR = ctypes.CFUNCTYPE(
    None, _ADDRESS, _ADDRESS, _ADDRESS, _ADDRESS, _ADDRESS, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int
)

lock = threading.RLock()
"""Held while a plan is bound, run and read back: one parallel region at a time in the process."""

_chosen: int | None = None
_forked_after_launch = False


def available_cores() -> int:
    """How many cores this process may use (its affinity, where the system knows one)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _checked(count: Any, source: str) -> int:
    """A thread count that came from `source`, as an int of at least 1."""
    try:
        number = int(count)
        if number == float(count) and number >= 1:
            return number
    except (TypeError, ValueError):
        pass
    raise ThreadingError(f"{source} expects a number of threads, 1 or more; received {count!r}")


def get_num_threads() -> int:
    """The number of threads of the runner: `set_num_threads`, else NBNET_NUM_THREADS, else the cores this process may use."""
    if _chosen is not None:
        return _chosen
    if wanted := os.environ.get("NBNET_NUM_THREADS"):
        return _checked(wanted, "NBNET_NUM_THREADS")
    return available_cores()


def set_num_threads(count: int) -> None:
    """
    Set the number of threads of the runner; results do not depend on it.

    Parameters
    ----------
    count : int
        1 or more. More threads than cores are allowed and slow.

    Raises
    ------
    ThreadingError
        When the count is no positive number, or the threading layer has started with fewer threads and cannot grow.
    """
    global _chosen
    number = _checked(count, "set_num_threads")
    if _launch.cache_info().currsize and number > _launch().limit:
        raise ThreadingError(
            f"set_num_threads({number}): the {_launch().name!r} threading layer runs with {_launch().limit} threads and cannot "
            "grow; call set_num_threads before the first step, or set NBNET_NUM_THREADS"
        )
    _chosen = number


class _Layer:
    """A launched threading layer: its name, how many threads it can give, and its `parallel_for`."""

    def __init__(self, name: str, limit: int, parallel_for: Callable[..., None]) -> None:
        self.name = name
        self.limit = limit
        self.parallel_for = parallel_for


@functools.cache
def _launch() -> _Layer:
    """Launch Numba's threading layer, with room for nbnet's threads; once a process."""
    import llvmlite.binding as llvm
    from numba.np.ufunc import parallel

    own = parallel.NUM_THREADS
    running = parallel._is_initialized
    if not running:
        parallel.NUM_THREADS = max(own, get_num_threads(), available_cores())
    limit = parallel.NUM_THREADS
    try:
        parallel._launch_threads()
        if not running:
            parallel._set_num_threads(own)  # Numba's own parallel functions keep their number
    finally:
        parallel.NUM_THREADS = own
    name = parallel.threading_layer()
    if name == "omp":
        limit = sys.maxsize  # OpenMP makes threads as they are asked for
    return _Layer(name, limit, _PARALLEL_FOR(llvm.address_of_symbol("numba_parallel_for")))


def threading_layer() -> str:
    """Name of the threading layer: "omp", "tbb" or "workqueue". Launches it."""
    with lock:
        return _launch().name


def layer_warning() -> str | None:
    """What to tell a user whose threading layer is slow though he did not choose it, or None."""
    if threading_layer() != "workqueue" or os.environ.get("NUMBA_THREADING_LAYER"):
        return None
    if sys.platform == "linux":
        cure = "install the OpenMP runtime libgomp (Debian and Ubuntu: apt install libgomp1; Fedora: dnf install libgomp)"
    else:
        cure = "install TBB (pip install tbb) or OpenMP (pip install intel-openmp)"
    return f"parallel steps run on Numba's slow 'workqueue' threads, as no OpenMP or TBB library was found; {cure}"


def parallel_call(function: int, argument: int, threads: int) -> None:
    """
    Call a C function from several threads at once and wait for all of them.

    Parameters
    ----------
    function : int
        Address of a `void f(char **arguments, ...)`; `arguments[0]` is `argument`. The layer may call it fewer than `threads`
        times at once, or several times from one thread, one after the other.
    argument : int
        Address to hand over.
    threads : int
        How many calls to make.

    Raises
    ------
    ThreadingError
        In a process that was forked after the parallel threads were started under OpenMP, which does not survive a fork.
    """
    if _forked_after_launch:
        raise ThreadingError(
            "this process was forked from one whose OpenMP threads were running, and they do not survive a fork; start worker "
            "processes with the 'spawn' method, call nbnet.set_num_threads(1) in this process, or use threads"
        )
    layer = _launch()
    arguments, sizes, steps = (ctypes.c_void_p * 1)(argument), (ctypes.c_size_t * 1)(threads), (ctypes.c_size_t * 1)(0)
    layer.parallel_for(function, arguments, sizes, steps, None, 0, 1, min(threads, layer.limit))


def _after_fork() -> None:
    """In a forked child: remember that OpenMP is dead, and drop a lock that a thread of the parent may hold."""
    global lock, _forked_after_launch
    lock = threading.RLock()
    parallel = sys.modules.get("numba.np.ufunc.parallel")
    if parallel is not None and parallel._is_initialized and parallel.threading_layer() == "omp":
        _forked_after_launch = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
