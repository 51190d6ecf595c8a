"""The order of the steps: values before their users, old state read before it is overwritten, guards before writes."""

from __future__ import annotations

import heapq

from nbnet.compiler.lowered import Lowered, Step
from nbnet.errors import KernelError

__all__ = ["merge_parts", "ordered", "precedence"]


def precedence(lowered: Lowered) -> list[set[int]]:
    """For each step the indices of those that must run before it."""
    steps = lowered.steps
    before: list[set[int]] = [set() for _ in steps]
    guards = {step.group: index for index, step in enumerate(steps) if step.guard}
    writers: dict[int, list[int]] = {}
    for index, step in enumerate(steps):
        for slot in step.writes:
            if lowered.slots[slot].region == "arena":  # several steps fill one buffer one after the other
                before[index].update(writers.get(slot, ()))
            writers.setdefault(slot, []).append(index)
    for index, step in enumerate(steps):
        for slot in step.reads:
            for writer in writers.get(slot, ()):
                if writer == index:
                    continue
                if lowered.slots[slot].region == "state" and slot not in step.fresh:
                    before[writer].add(index)
                else:
                    before[index].add(writer)
        if step.group and not step.guard and step.group in guards:
            before[index].add(guards[step.group])
    return before


def ordered(lowered: Lowered) -> list[Step]:
    """The steps in an order in which they may run one after the other.

    As they were lowered, except that the writes of an update group follow its guard as soon as they can: when the
    guard of a later group fires, they have been made.
    """
    steps = lowered.steps
    guards = {step.group: index for index, step in enumerate(steps) if step.guard}
    ranks = [
        (guards[step.group], 1, index) if step.group in guards and not step.guard else (index, 0, index)
        for index, step in enumerate(steps)
    ]
    return [steps[index] for index in _topological(precedence(lowered), ranks)]


def _topological(before: list[set[int]], ranks: list[tuple[int, int, int]]) -> list[int]:
    """Indices such that each comes after all of ``before[index]``; of those that are ready, the lowest rank first."""
    missing = [len(found) for found in before]
    after: list[list[int]] = [[] for _ in before]
    for index, found in enumerate(before):
        for other in found:
            after[other].append(index)
    ready = [ranks[index] for index, count in enumerate(missing) if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        index = heapq.heappop(ready)[2]
        order.append(index)
        for other in after[index]:
            missing[other] -= 1
            if missing[other] == 0:
                heapq.heappush(ready, ranks[other])
    if len(order) != len(before):
        raise KernelError("The steps of this graph depend on each other in a circle; please report the model.")
    return order


def merge_parts(steps: list[Step]) -> list[Step]:
    """Join map steps of one kernel that do not depend on each other, such as the updates of all variables."""
    merged: list[Step] = []
    for step in steps:
        home = _home(merged, step) if step.parts else None
        if home is None:
            merged.append(step)
            continue
        home.parts = [*home.parts, *step.parts]
        home.items += step.items
        home.chunk = home.spec.chunk(home.items)
        home.flops += step.flops
        home.bytes += step.bytes
        home.reads = list(dict.fromkeys([*home.reads, *step.reads]))
        home.writes = list(dict.fromkeys([*home.writes, *step.writes]))
        home.origins = tuple(dict.fromkeys([*home.origins, *step.origins]))
    return merged


def _home(merged: list[Step], step: Step) -> Step | None:
    """An earlier step of the same kernel and group that `step` may run together with."""
    reads, writes = set(step.reads), set(step.writes)
    for other in reversed(merged):
        if other.guard or not (reads.isdisjoint(other.writes) and writes.isdisjoint([*other.writes, *other.reads])):
            return None
        if other.parts and other.group == step.group and other.spec == step.spec:
            return other
    return None
