"""The order of the steps: values before their users, old state read before it is overwritten, guards before writes."""

from __future__ import annotations

import heapq

from nbnet.compiler.lowered import Lowered, Step
from nbnet.errors import KernelError

__all__ = ["merge_parts", "ordered"]


def ordered(lowered: Lowered) -> list[Step]:
    """The steps in an order in which they may run one after the other."""
    steps = lowered.steps
    before: list[set[int]] = [set() for _ in steps]
    guards = {step.group: index for index, step in enumerate(steps) if step.guard}
    writers: dict[int, list[int]] = {}
    for index, step in enumerate(steps):
        for slot in step.writes:
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
        for slot in step.writes:  # several steps fill one buffer one after the other
            for writer in writers[slot]:
                if writer < index and lowered.slots[slot].region == "arena":
                    before[index].add(writer)
    return [steps[index] for index in _topological(before)]


def _topological(before: list[set[int]]) -> list[int]:
    """Indices such that each comes after all of ``before[index]``; the smallest ready index first."""
    missing = [len(found) for found in before]
    after: list[list[int]] = [[] for _ in before]
    for index, found in enumerate(before):
        for other in found:
            after[other].append(index)
    ready = [index for index, count in enumerate(missing) if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for other in after[index]:
            missing[other] -= 1
            if missing[other] == 0:
                heapq.heappush(ready, other)
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
        home.flops += step.flops
        home.bytes += step.bytes
        home.reads = list(dict.fromkeys([*home.reads, *step.reads]))
        home.writes = list(dict.fromkeys([*home.writes, *step.writes]))
        home.origins = tuple(dict.fromkeys([*home.origins, *step.origins]))
    return merged


def _home(merged: list[Step], step: Step) -> Step | None:
    """An earlier step of the same kernel and group that `step` may run together with."""
    for other in reversed(merged):
        conflict = (
            set(step.reads) & set(other.writes)
            or set(step.writes) & set(other.writes)
            or set(step.writes) & set(other.reads)
        )
        if conflict or other.guard:
            return None
        if other.parts and other.spec == step.spec and other.group == step.group:
            return other
    return None
