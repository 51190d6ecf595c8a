"""Real steps of a compiled function with the times of their chunks written down.

The step runs as always, through :class:`nbnet.runtime.function.Function`: arguments are looked up, addresses bound
and outputs read. Only the walk along the plan's entries looks at the clock before and after each chunk. Variables
have the same bits afterwards, and nothing counts the steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbnet.compiler.plan import Plan
from nbnet.errors import ArgumentError, NonFiniteError
from nbnet.runtime import threads
from nbnet.runtime.function import Function

if TYPE_CHECKING:
    from nbnet.runtime.runner import Program

__all__ = ["Recorded", "Recording", "record", "spans"]

MOST_STEPS = 2000
"""Steps that a recording has at most where a time is given: medians are no better with more."""

_FEWEST_STEPS = 5
_ROUND = 16
"""Steps after which the variables are put back, so that the numbers stay those of a model as it is given."""


@dataclass(frozen=True)
class Recorded:
    """One step; times are nanoseconds of ``time.perf_counter_ns``.

    Attributes
    ----------
    python : int
        How much of the call passed outside the walk along the entries.
    begin, end : int
        Begin and end of that walk.
    events : tuple of ndarray of int64, shape (chunks, 4)
        For each thread, the calling one first: entry, chunk, begin and end of each chunk that it ran, in order.
    """

    python: int
    begin: int
    end: int
    events: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Recording:
    """Many steps of one plan.

    Attributes
    ----------
    plan : Plan
    threads : int
        How many threads could take part: one where the plan is small.
    steps : tuple of Recorded
    unrecorded : tuple of int
        Durations in nanoseconds of steps that ran as always, in turn with the recorded ones.
    """

    plan: Plan
    threads: int
    steps: tuple[Recorded, ...]
    unrecorded: tuple[int, ...]


def spans(events: Sequence[np.ndarray], entries: int) -> np.ndarray:
    """When the entries of a run began and ended.

    Parameters
    ----------
    events : sequence of ndarray of int64, shape (chunks, 4)
        For each thread: entry, chunk, begin and end.
    entries : int
        Number of entries of the plan, each of which has run.

    Returns
    -------
    ndarray of int64, shape (entries, 3)
        Begin of the first chunk, end of the last one, and time in chunks summed over threads.
    """
    rows = np.concatenate(events)
    found = np.zeros((entries, 3), np.int64)
    found[:, 0] = np.iinfo(np.int64).max
    np.minimum.at(found[:, 0], rows[:, 0], rows[:, 2])
    np.maximum.at(found[:, 1], rows[:, 0], rows[:, 3])
    np.add.at(found[:, 2], rows[:, 0], rows[:, 3] - rows[:, 2])
    return found


class _Recorder:
    """Stands in for an executable's program and records each run."""

    def __init__(self, program: Program, plan: Plan, count: int) -> None:
        self.program = program
        # Room for all chunks in each thread: one thread may happen to run them all.
        self.events = np.zeros((count, 1 + sum(entry.chunks for entry in plan.entries), 4), np.int64)
        self.recording = 0

    def run(self, count: int | None = None) -> None:
        """Run once; `events` then holds what happened."""
        began = time.perf_counter_ns()
        self.program.record(self.events, count)
        self.recording = time.perf_counter_ns() - began

    def taken(self, call: int) -> Recorded:
        """The last run, whose call took so many nanoseconds."""
        lanes = tuple(lane[1 : 1 + lane[0, 0]].copy() for lane in self.events)
        return Recorded(call - self.recording, int(self.events[0, 0, 2]), int(self.events[0, 0, 3]), lanes)


def record(
    function: Function,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    seconds: float = 1.0,
    steps: int | None = None,
) -> Recording:
    """Record steps of a function.

    Parameters
    ----------
    function : Function
    args, kwargs
        Its arguments, the same for each step.
    seconds : float > 0
        How long to go on, unless `steps` is given; at least 5 steps, at most `MOST_STEPS`.
    steps : int >= 1, optional
        How many steps to record.

    Returns
    -------
    Recording

    Raises
    ------
    ArgumentError
        When the function runs op by op, or `seconds` or `steps` is out of range.
    NonFiniteError
        When a guard of the step fires; the variables are as they were.

    Notes
    -----
    Steps change variables. They are put back every few steps and at the end; a function's
    count of calls is put back at the end. While it lasts no other plan of the process runs.
    """
    _check(function, seconds, steps)
    kwargs = dict(kwargs or {})
    compiled = function._compiled(args, kwargs, [])
    executable = compiled.executable  # made before the lock of plans is taken, as always
    with threads.lock:
        program = executable._program
        count = executable.threads
        recorder = _Recorder(program, executable.plan, count)
        found: list[Recorded] = []
        unrecorded: list[int] = []

        def timed(runs: Any) -> int:
            executable._program = runs
            began = time.perf_counter_ns()
            function(*args, **kwargs)
            return time.perf_counter_ns() - began

        with _uncounted(function, compiled), _unchanged(executable) as restore:
            timed(program)  # what runs for the first time is slow
            restore()
            timed(recorder)
            end = time.perf_counter() + seconds
            while not _enough(len(found), steps, end):
                restore()
                timed(program)  # restoring has changed what is in the caches
                before = len(found)
                try:
                    while not _enough(len(found), steps, end) and len(found) < before + _ROUND:
                        unrecorded.append(timed(program))
                        found.append(recorder.taken(timed(recorder)))
                except NonFiniteError:
                    # Steps on one batch over and over may run away where training would not: begin anew.
                    if len(found) == before:
                        raise
    return Recording(executable.plan, count, tuple(found), tuple(unrecorded))


def _check(function: Function, seconds: float, steps: int | None) -> None:
    """Raise an ArgumentError unless `record` can do it."""
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 1):
        raise ArgumentError(f"Profiling expects a number of steps of at least 1; received steps={steps!r}.")
    if not seconds > 0:
        raise ArgumentError(f"Profiling expects a time in seconds above 0; received seconds={seconds!r}.")
    if function.eager:
        raise ArgumentError(
            f"Function '{function.name}' runs op by op, so there is no compiled step to profile. Compile it without "
            "eager=True, a model without run_eagerly=True."
        )


def _enough(found: int, steps: int | None, end: float) -> bool:
    """Whether to stop after so many steps."""
    if steps is not None:
        return found >= steps
    return found >= MOST_STEPS or (found >= _FEWEST_STEPS and time.perf_counter() >= end)


@contextmanager
def _uncounted(function: Function, compiled: Any) -> Iterator[None]:
    """Let nothing count the calls of a function."""
    calls, after = function.calls, list(compiled.trace.after)
    compiled.trace.after.clear()
    try:
        yield
    finally:
        compiled.trace.after.extend(after)
        function.calls = calls


@contextmanager
def _unchanged(executable: Any) -> Iterator[Callable[[], None]]:
    """Keep the state that a plan writes, and its program; gives a function that puts the state back."""
    program = executable._program
    kept = [(variable, variable.numpy()) for variable in executable.plan.variables]

    def restore() -> None:
        for variable, value in kept:
            variable.storage[...] = value

    try:
        yield restore
    finally:
        executable._program = program
        restore()
