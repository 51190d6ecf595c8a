"""Memory of intermediates: buffers that do not live at the same time share places in one arena."""

from __future__ import annotations

from collections.abc import Iterable

from nbnet.compiler.lowered import Lowered, Step
from nbnet.compiler.overlap import last_beside, touched

__all__ = ["ALIGNMENT", "pack_arena"]

ALIGNMENT = 64


def _round(size: int) -> int:
    """`size` up to the next border."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def pack_arena(
    lowered: Lowered, steps: list[Step], awaiting: list[int], kept: Iterable[int]
) -> tuple[dict[int, int], int]:
    """Place every arena buffer for the time from its first write to its last read.

    Parameters
    ----------
    lowered : Lowered
    steps : list of Step
        In the order in which they run.
    awaiting : list of int
        For each step how many of the first must be finished before it begins, see `overlap.awaited`: a buffer's time
        is widened by what may run beside its first and its last step.
    kept : iterable of int
        Buffers that must live to the end (outputs).

    Returns
    -------
    dict of int to int
        Offset in bytes of each buffer.
    int
        Size of the arena.

    Notes
    -----
    Largest buffers first, each at the lowest place that is free for its whole life: the greedy-by-size method of
    Pisarchyk and Lee (2020), "Efficient memory management for deep neural net inference".
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    beside = last_beside(awaiting)
    for time, step in enumerate(steps):
        for slot in sorted(touched(step)):
            if lowered.slots[slot].region == "arena":
                first.setdefault(slot, awaiting[time])
                last[slot] = beside[time]
    for slot in kept:
        if lowered.slots[slot].region == "arena":
            first.setdefault(slot, len(steps))
            last[slot] = len(steps)
    offsets: dict[int, int] = {}
    placed: list[tuple[int, int, int, int]] = []
    peak = 0
    for slot in sorted(first, key=lambda slot: (-lowered.slots[slot].nbytes, first[slot], slot)):
        size = _round(max(lowered.slots[slot].nbytes, 1))
        alive = sorted(
            (start, end) for start, end, begin, stop in placed if begin <= last[slot] and stop >= first[slot]
        )
        at = 0
        for start, end in alive:
            if start - at >= size:
                break
            at = max(at, end)
        offsets[slot] = at
        placed.append((at, at + size, first[slot], last[slot]))
        peak = max(peak, at + size)
    return offsets, peak
