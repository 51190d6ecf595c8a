"""The threads that help to run a plan.

A step of a small network takes tens of microseconds, less than a system takes to give a thread the core again
that another program is using. So nobody ever waits for a thread to arrive: the calling thread walks the plan
itself and would complete it alone; helpers that are awake join in and take chunks. Only a chunk that a helper
has taken is waited for. (A parallel region of OpenMP ends with all threads of the team: with one other busy
program on the machine each region then costs a scheduler's time slice, several milliseconds.)

A helper spins for a while after each plan and then sleeps until the next one wakes it.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import os
import threading
from typing import Any

import numpy as np

from nbnet.graph.tensor import aligned_empty
from nbnet.kernels import jit
from nbnet.runtime import walk

__all__ = ["Crew", "crew"]

_SPINS = 20_000
"""How long a helper looks for the next plan before it sleeps, in pauses of the processor: about 0.2 to 0.5 ms."""

_DOZE = 0.5
"""Seconds after which a sleeping helper looks by itself: it may have dozed off just as it was to be woken."""


@functools.cache
def _attend() -> Any:
    """The compiled loop of a helper."""
    return jit.compile_c(walk.attend, ("intp",) * 4, name="attend")


@functools.cache
def _lead() -> Any:
    """The compiled walk of the calling thread."""
    return jit.compile_c(walk.lead, ("intp",) * 2, name="lead")


class Crew:
    """Helper threads of one process, made as they are needed.

    Attributes
    ----------
    cells : ndarray of int64, shape (64,)
        Shared words, see :mod:`nbnet.runtime.walk`.
    """

    def __init__(self) -> None:
        self.cells = aligned_empty((64,), np.dtype("int64"))
        self.cells[:] = 0
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.cells))  # helpers may look at it until the process ends
        self.address = self.cells.ctypes.data
        self._lead = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64)(_lead().address)
        self._attend = ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 4)(_attend().address)
        self._helpers: list[_Helper] = []
        self._sleeping: set[_Helper] = set()
        self._wanted = 0

    def run(self, job: int, threads: int) -> None:
        """Walk the plan of `job` with the calling thread and up to ``threads - 1`` helpers."""
        while len(self._helpers) < threads - 1:
            self._helpers.append(_Helper(self, len(self._helpers)))
        if self._sleeping and threads > 1:
            for helper in list(self._sleeping):
                if helper.number < threads - 1:
                    helper.wake.set()
        if threads - 1 != self._wanted:
            self._wanted = self.cells[walk.HELPERS] = threads - 1
        self._lead(self.address, job)

    def forget(self) -> None:
        """Return when no helper looks at an earlier plan any more, so that its memory may go."""
        self._wanted = self.cells[walk.HELPERS] = 0
        self._lead(self.address, 0)

    def stop(self) -> None:
        """End the helpers."""
        self.cells[walk.STOP] = 1
        for helper in self._helpers:
            helper.wake.set()
        for helper in self._helpers:
            helper.thread.join(1.0)


class _Helper:
    """One helper thread."""

    def __init__(self, crew: Crew, number: int) -> None:
        self.crew = crew
        self.number = number
        self.wake = threading.Event()
        self.seen = aligned_empty((8,), np.dtype("int64"))
        self.seen[0] = crew.cells[walk.GENERATION]  # now, so that the plan that it is made for counts as new
        self.thread = threading.Thread(target=self._live, name=f"nbnet-{number + 1}", daemon=True)
        self.thread.start()

    def _live(self) -> None:
        """Attend to plans, sleep when there are none."""
        crew, cells, seen = self.crew, self.crew.cells, self.seen
        while not cells[walk.STOP]:
            crew._attend(crew.address, seen.ctypes.data, self.number, _SPINS)
            self.wake.clear()
            crew._sleeping.add(self)
            if cells[walk.GENERATION] == seen[0] and not cells[walk.STOP]:
                self.wake.wait(_DOZE)
            crew._sleeping.discard(self)


_crew: Crew | None = None


def crew() -> Crew:
    """The crew of this process."""
    global _crew
    if _crew is None:
        _crew = Crew()
    return _crew


def _stop() -> None:
    """Let no helper run into the end of the interpreter."""
    if _crew is not None:
        with contextlib.suppress(RuntimeError):
            _crew.stop()


def _after_fork() -> None:
    """A forked child has none of its parent's threads."""
    global _crew
    _crew = None


atexit.register(_stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
