"""Where assigned values are written: in place by the step that computes them, or by a copy at the end."""

from __future__ import annotations

from dataclasses import replace

from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.lowering.groups import copy_program, emit_map
from nbnet.compiler.programs import with_alias
from nbnet.graph.trace import Assign, Guard
from nbnet.kernels import map as flat

__all__ = ["dependents", "place_outputs", "place_state"]


def group_of(lowered: Lowered, assign: Assign) -> int:
    """The update group that an assignment is written with.

    Outside a group it joins the next one, or the last: nothing of a step is written before its first guard.
    """
    if assign.group:
        return assign.group
    effects = list(lowered.graph.effects)
    at = next(index for index, effect in enumerate(effects) if effect is assign)
    following = [effect.group for effect in effects[at:] if isinstance(effect, Guard)]
    if following:
        return following[0]
    before = [effect.group for effect in effects if isinstance(effect, Guard)]
    return before[-1] if before else 0


def dependents(steps: list[Step], first: Step) -> set[int]:
    """Ids of the steps that need, directly or not, what `first` writes."""
    changed = set(first.writes)
    found: set[int] = set()
    for step in steps[next(index for index, step in enumerate(steps) if step is first) + 1 :]:
        if any(slot in changed for slot in step.reads):
            found.add(id(step))
            changed.update(step.writes)
    return found


def place_outputs(lowered: Lowered) -> list[int]:
    """Buffers of the outputs; state that the step changes is copied before."""
    assigned = {id(effect.variable) for effect in lowered.graph.effects if isinstance(effect, Assign)}
    slots = []
    for node in lowered.graph.outputs:
        slot = lowered.of(node)
        found = lowered.slots[slot]
        if found.region == "state" and id(found.payload) in assigned:
            slot = _copied(lowered, slot)
        slots.append(slot)
    return slots


def _copied(lowered: Lowered, slot: int) -> int:
    """A copy of a buffer in the arena."""
    found = lowered.slots[slot]
    out = lowered.slot(found.shape, found.dtype)
    _copy(lowered, slot, out, "copy")
    return out


def _copy(lowered: Lowered, src: int, dst: int, label: str) -> None:
    """dst = src, flat."""
    found = lowered.slots[src]
    n = found.nbytes // found.dtype.itemsize
    emit_map(lowered, copy_program(str(found.dtype)), n, [Ref(src), Ref(dst)], [src], [dst], label)


def place_state(lowered: Lowered, outputs: list[int]) -> None:
    """Let every assigned variable be written once, by a step that carries its update group."""
    assigns = lowered.graph.final_assignments()
    uses: dict[int, int] = {}
    for assign in assigns:
        uses[lowered.of(assign.value)] = uses.get(lowered.of(assign.value), 0) + 1
    for assign in assigns:
        value, target, group = lowered.of(assign.value), lowered.variable(assign.variable), group_of(lowered, assign)
        if value == target:
            continue
        writer = _writer(lowered, value, target) if uses[value] == 1 and value not in outputs else None
        if writer is not None:
            _write_in_place(lowered, writer, value, target)
            writer.group = max(writer.group, group)
            continue
        if lowered.slots[value].region == "state":
            value = _copied(lowered, value)
        _copy(lowered, value, target, f"store {assign.variable.name}")
        lowered.steps[-1].group = group


def _writer(lowered: Lowered, value: int, target: int) -> Step | None:
    """The element-wise step that may write the variable itself, if there is one."""
    if lowered.slots[value].region != "arena":
        return None
    makers = [step for step in lowered.steps if value in step.writes]
    if len(makers) != 1 or not makers[0].parts:
        return None
    (writer,) = makers
    later = dependents(lowered.steps, writer)
    if any(target in step.reads and id(step) in later for step in lowered.steps):
        return None
    n, refs = writer.parts[0]
    k = len(writer.spec.program.operands)
    reading = [index for index in range(k) if refs[index].slot == target]
    if any(not writer.spec.program.operands[index].inner for index in reading) or len(reading) > 1:
        return None
    return writer


def _write_in_place(lowered: Lowered, writer: Step, value: int, target: int) -> None:
    """Let `writer` store into the variable, in place where it reads it."""
    n, refs = writer.parts[0]
    program = writer.spec.program
    k = len(program.operands)
    result = next(index for index in range(k, len(refs)) if refs[index].slot == value) - k
    for index in range(k):
        if refs[index].slot == target:
            program = with_alias(program, result, index)
    writer.spec = flat.Spec(program)
    writer.parts = [(n, [replace(ref, slot=target) if ref.slot == value else ref for ref in refs])]
    for step in lowered.steps:
        if value in step.reads:
            step.fresh.add(target)
        step.reads = [target if slot == value else slot for slot in step.reads]
        step.writes = [target if slot == value else slot for slot in step.writes]
        step.words = [replace(word, slot=target) if isinstance(word, Ref) and word.slot == value else word for word in step.words]
        step.parts = [
            (n, [replace(ref, slot=target) if ref.slot == value else ref for ref in refs]) for n, refs in step.parts
        ]
    for node, slot in lowered.place.items():
        if slot == value:
            lowered.place[node] = target
