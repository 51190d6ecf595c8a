"""Schedule: order and memory. The lowered graph becomes a plan."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.compiler.arena import ALIGNMENT, pack_arena
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.ordering import merge_parts, ordered
from nbnet.compiler.overlap import awaited
from nbnet.compiler.plan import MOST_CHUNKS, Address, Buffer, Entry, Plan
from nbnet.compiler.state import place_outputs, place_state
from nbnet.compiler.updates import prepare_updates
from nbnet.kernels import map as flat

__all__ = ["schedule"]


def schedule(lowered: Lowered) -> Plan:
    """Order the steps, let state be written in place, and give every buffer its address."""
    for step in lowered.steps:
        step.settle(lowered.slots)
    outputs = place_outputs(lowered)
    place_state(lowered, outputs)
    prepare_updates(lowered)
    steps = merge_parts(ordered(lowered))
    awaiting = awaited(lowered, steps)
    offsets, peak = pack_arena(lowered, steps, awaiting, outputs)
    blob, constants = _pack_constants(lowered)
    scalars: dict[int, Any] = {}
    variables: dict[int, Any] = {}
    for slot in lowered.slots:
        if slot.region == "scalar":
            scalars[slot.index] = slot.payload
        elif slot.region == "state":
            variables[slot.index] = slot.payload

    def address(ref: Ref) -> Address:
        slot = lowered.slots[ref.slot]
        if slot.region == "arena":
            return Address("arena", 0, offsets[ref.slot] + ref.offset)
        if slot.region == "constant":
            return Address("constant", 0, constants[ref.slot] + ref.offset)
        if slot.region == "scalar":
            return Address("scalar", 0, 8 * slot.index + ref.offset)
        return Address(slot.region, slot.index, ref.offset)

    entries = [
        _entry(lowered, step, address, number - first)
        for number, (step, first) in enumerate(zip(steps, awaiting, strict=True))
    ]
    return Plan(
        tuple(entries),
        tuple((node.shape, node.dtype) for node in lowered.graph.inputs),
        tuple(
            Buffer(address(Ref(slot)), node.shape, node.dtype)
            for slot, node in zip(outputs, lowered.graph.outputs, strict=True)
        ),
        tuple(variables[index] for index in sorted(variables)),
        tuple(scalars[index] for index in sorted(scalars)),
        blob,
        peak,
        tuple(lowered.guards),
    )


def _pack_constants(lowered: Lowered) -> tuple[bytes, dict[int, int]]:
    """All constants as one blob, and where each begins."""
    blob = bytearray()
    places: dict[int, int] = {}
    for number, slot in enumerate(lowered.slots):
        if slot.region == "constant":
            blob += bytes(-len(blob) % ALIGNMENT)
            places[number] = len(blob)
            blob += np.ascontiguousarray(slot.payload).tobytes()
    return bytes(blob), places


def _entry(lowered: Lowered, step: Step, address: Any, beside: int) -> Entry:
    """One entry of the plan."""
    words = step.words
    if step.parts:
        words = flat.words([(n, list(refs)) for n, refs in step.parts])

    def text(slots: list[int]) -> str:
        shapes = dict.fromkeys("x".join(map(str, lowered.slots[slot].shape)) or "1" for slot in slots)
        return ", ".join(shapes)

    return Entry(
        step.spec,
        tuple(address(word) if isinstance(word, Ref) else int(word) for word in words),
        step.items,
        max(step.chunk, -(-step.items // MOST_CHUNKS)),
        step.label + (f" x {len(step.parts)}" if len(step.parts) > 1 else ""),
        f"{text(step.reads)} -> {text(step.writes)}",
        step.flops,
        step.bytes,
        step.origins,
        step.group,
        step.guard,
        beside,
        step.choice,
    )
