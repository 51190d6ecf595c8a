"""What the threads of a plan do, compiled: leading, attending, and the walk along the entries.

Cells
-----
Words that all threads of a process share, each on a cache line of its own:

* ``GENERATION``: number of plans begun; a new number is the sign to start.
* ``JOB``: address of that plan's job.
* ``INSIDE``: helpers that may be looking at a job.
* ``HELPERS``: how many helpers may take part.
* ``STOP``: not 0: helpers end.

A job is ``[entries, number of entries, counters, control, run, events, events a thread may note, flush]``, see
:mod:`nbnet.runtime.runner`; ``run`` counts the runs of this job from 1; with ``flush`` subnormal numbers count as
zero.

Nobody sets counters back between two runs. The counter of an entry's chunks carries the number of the run it
belongs to, so who comes first in a run finds an older number and begins anew, and a helper that was away and comes
back to an old run finds a newer number, or nothing left to take, and leaves. Finished chunks are counted over all
runs. So the leader may begin the next run without waiting for helpers that have taken nothing. Only after a run
that a guard ended does it wait until no helper looks at the job, and sets the counters back.
"""

from __future__ import annotations

from nbnet.compiler.plan import MOST_CHUNKS
from nbnet.kernels.jit import njit_inline
from nbnet.kernels.memory import word
from nbnet.runtime.atomics import (
    call_kernel,
    fetch_add,
    flush_subnormals,
    load_shared,
    nanoseconds,
    pause,
    set_rounding,
    store_shared,
    swap_if,
    yield_core,
)

__all__ = ["GENERATION", "GUARD", "HELPERS", "INSIDE", "JOB", "STOP", "attend", "lead"]

GENERATION, JOB, INSIDE, HELPERS, STOP = 0, 8, 16, 24, 32
GUARD = 1
"""Flag of an entry after which the plan may end early."""
MOST_RUNS = (1 << 31) - 1
"""Runs of a job before its counters are set back: the number of a run has 31 bits."""
SPINS = 2000
_RUN = 8 * 4
"""Bytes from a job's beginning to its number of the run."""


@njit_inline
def _take(counter: int, run: int, chunks: int, front: int) -> int:
    """The number of a chunk that nobody had, the first (`front` is 1) or the last (0); -1: none is left, -2: leave."""
    while True:
        found = load_shared(counter)
        number = found >> 32
        if number > run:
            return -2
        taken = found & 0xFFFFFFFF if number == run else 0
        low, high = taken & MOST_CHUNKS, taken >> 16
        if low + high >= chunks:
            return -1
        if swap_if(counter, found, (run << 32 | taken) + (1 if front else 1 << 16)):
            return low if front else chunks - 1 - high


@njit_inline
def _note(job: int, thread: int, index: int, chunk: int, begin: int, end: int) -> None:
    """Write down when a chunk ran."""
    room = word(job, 6)
    table = word(job, 5) + thread * room * 32
    count = load_shared(table) + 1
    if count >= room:
        store_shared(table + 8, load_shared(table + 8) + 1)
        return
    row = table + count * 32
    store_shared(row, index)
    store_shared(row + 8, chunk)
    store_shared(row + 16, begin)
    store_shared(row + 24, end)
    store_shared(table, count)


@njit_inline
def _finish(entry: int, counter: int, run: int, control: int) -> bool:
    """Wait until all chunks of an entry are finished; whether the plan goes on."""
    items, chunk = word(entry, 2), word(entry, 3)
    wanted = run * ((items + chunk - 1) // chunk)
    spins = 0
    while load_shared(counter + 64) < wanted:
        spins += 1
        if spins > SPINS:
            yield_core()
        else:
            pause()
    return not (word(entry, 4) & GUARD) or load_shared(control) == 0


@njit_inline
def _entries(job: int, thread: int) -> bool:
    """Take chunks, entry after entry, until the plan ends; whether it came to its end."""
    entries, count, counters, control = word(job, 0), word(job, 1), word(job, 2), word(job, 3)
    run = load_shared(job + _RUN)
    finished = 0
    for index in range(count):
        entry, counter = entries + 64 * index, counters + 128 * index
        while finished < index - word(entry, 5):
            if not _finish(entries + 64 * finished, counters + 128 * finished, run, control):
                return False
            finished += 1
        kernel, words, items, chunk = word(entry, 0), word(entry, 1), word(entry, 2), word(entry, 3)
        chunks = (items + chunk - 1) // chunk
        while True:
            taken = _take(counter, run, chunks, thread == 0)
            if taken == -2:
                return True
            if taken == -1:
                break
            start = taken * chunk
            if word(job, 5) == 0:
                call_kernel(kernel, words, start, min(start + chunk, items))
            else:
                begin = nanoseconds()
                call_kernel(kernel, words, start, min(start + chunk, items))
                _note(job, thread, index, taken, begin, nanoseconds())
            fetch_add(counter + 64, 1)
    while thread == 0 and finished < count:
        if not _finish(entries + 64 * finished, counters + 128 * finished, run, control):
            return False
        finished += 1
    return True


@njit_inline
def _walk(job: int, thread: int) -> bool:
    """Walk a plan; whether it came to its end."""
    if word(job, 7) == 0:
        return _entries(job, thread)
    mode = flush_subnormals()
    ended = _entries(job, thread)
    set_rounding(mode)
    return ended


@njit_inline
def _settle(cells: int, job: int) -> None:
    """Wait until no helper looks at an earlier plan, then set the counters of a job (0: of none) back."""
    store_shared(cells + 8 * JOB, 0)
    fetch_add(cells + 8 * GENERATION, 1)
    while load_shared(cells + 8 * INSIDE) != 0:
        yield_core()
    if job != 0:
        for index in range(word(job, 1)):
            store_shared(word(job, 2) + 128 * index, 0)
            store_shared(word(job, 2) + 128 * index + 64, 0)
        store_shared(job + _RUN, 0)


def lead(cells: int, job: int) -> None:
    """Begin a plan and walk it to its end; a job of 0 only waits until no helper looks at an earlier one."""
    if job == 0:
        _settle(cells, 0)
        return
    if load_shared(job + _RUN) == MOST_RUNS:
        _settle(cells, job)
    store_shared(word(job, 3), 0)
    store_shared(job + _RUN, load_shared(job + _RUN) + 1)
    store_shared(cells + 8 * JOB, job)
    fetch_add(cells + 8 * GENERATION, 1)
    if not _walk(job, 0):
        _settle(cells, job)


def attend(cells: int, seen: int, number: int, limit: int) -> None:
    """Help with every plan that begins; return when none has begun for `limit` pauses.

    `seen` is the address of the last generation that this helper, the `number`-th, has looked at.
    """
    spins = 0
    known = load_shared(seen)
    while spins < limit and load_shared(cells + 8 * STOP) == 0:
        generation = load_shared(cells + 8 * GENERATION)
        if generation == known:
            spins += 1
            pause()
            continue
        known = generation
        fetch_add(cells + 8 * INSIDE, 1)
        if number < load_shared(cells + 8 * HELPERS):
            job = load_shared(cells + 8 * JOB)
            if job != 0:
                _walk(job, number + 1)
            spins = 0  # who is not wanted goes on counting, and sleeps
        fetch_add(cells + 8 * INSIDE, -1)
    store_shared(seen, known)
