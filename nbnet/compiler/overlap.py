"""Which steps may run at the same time.

Threads walk the steps in their order; a step begins when those that it depends on are finished. Small steps that
do not need each other, such as the weight gradients of several layers, then share the threads, and nobody waits
between them.
"""

from __future__ import annotations

from nbnet.compiler.lowered import Lowered, Ref, Step

__all__ = ["awaited", "last_beside", "touched"]


def awaited(lowered: Lowered, steps: list[Step]) -> list[int]:
    """For each step the number of first steps that must be finished before it begins.

    A step awaits the last one before it that writes what it reads or writes, or reads what it writes, and the last
    guard; the numbers never fall, as who has waited for a step has waited for all before it.
    """
    found: list[int] = []
    written: dict[int, int] = {}
    read: dict[int, int] = {}
    least = 0
    for number, step in enumerate(steps):
        writes = set(step.writes)
        reads = touched(step) - writes
        for slot in reads | writes:
            least = max(least, written.get(slot, 0))
        for slot in writes:
            least = max(least, read.get(slot, 0))
        found.append(least)
        written |= dict.fromkeys(writes, number + 1)
        read |= dict.fromkeys(reads, number + 1)
        if step.guard:
            least = number + 1
    return found


def touched(step: Step) -> set[int]:
    """All buffers that a step reads or writes, or that its words name."""
    named = {word.slot for word in step.words if isinstance(word, Ref)}
    return named | {ref.slot for _, refs in step.parts for ref in refs} | set(step.reads) | set(step.writes)


def last_beside(awaiting: list[int]) -> list[int]:
    """For each step the last one that may run while it does (itself, where none follows)."""
    found, last = [], 0
    for number in range(len(awaiting)):
        last = max(last, number)
        while last + 1 < len(awaiting) and awaiting[last + 1] <= number:
            last += 1
        found.append(last)
    return found
