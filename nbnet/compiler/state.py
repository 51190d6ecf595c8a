"""Where assigned values are written: in place by the step that computes them, or by a copy at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.lowering.flat import emit_flat_copy
from nbnet.compiler.ordering import precedence
from nbnet.compiler.programs import with_alias
from nbnet.graph.trace import Assign
from nbnet.kernels import map as flat

__all__ = ["place_outputs", "place_state"]


def place_outputs(lowered: Lowered) -> list[int]:
    """Buffers of the outputs; state that the step changes is copied before."""
    assigned = {id(effect.variable) for effect in lowered.graph.effects if isinstance(effect, Assign)}
    copies: dict[int, int] = {}
    slots = []
    for node in lowered.graph.outputs:
        slot = lowered.of(node)
        found = lowered.slots[slot]
        if found.region == "state" and id(found.payload) in assigned:
            if slot not in copies:
                copies[slot] = _copied(lowered, slot)
            slot = copies[slot]
        slots.append(slot)
    return slots


def _copied(lowered: Lowered, slot: int) -> int:
    """A copy of a variable as it is before the step."""
    found = lowered.slots[slot]
    out = lowered.slot(found.shape, found.dtype)
    count = len(lowered.steps)
    emit_flat_copy(lowered, slot, out, "copy")
    lowered.steps[:] = lowered.steps[count:] + lowered.steps[:count]
    return out


def place_state(lowered: Lowered, outputs: Iterable[int]) -> None:
    """Let every assigned variable be written once, by a step that carries its update group."""
    groups = lowered.graph.write_groups()
    assigns = [
        assign for assign in lowered.graph.final_assignments()
        if lowered.of(assign.value) != lowered.variable(assign.variable)
    ]  # fmt: skip
    used = list(outputs) + [lowered.of(assign.value) for assign in assigns]
    placement = _Placement(lowered)
    for assign in assigns:
        value, target, group = lowered.of(assign.value), lowered.variable(assign.variable), groups[id(assign)]
        if used.count(value) > 1 or not placement.write_in_place(value, target, group):
            continue
        used.remove(value)
    for assign in assigns:
        value, target = lowered.of(assign.value), lowered.variable(assign.variable)
        if value not in used:
            continue
        if lowered.slots[value].region == "state":
            value = _copied(lowered, value)
        emit_flat_copy(lowered, value, target, f"store {assign.variable.name}", groups[id(assign)])


class _Placement:
    """Who reads and writes what, kept up to date while values move into their variables."""

    def __init__(self, lowered: Lowered) -> None:
        self.lowered = lowered
        steps = lowered.steps
        self.guards = {step.group: index for index, step in enumerate(steps) if step.guard}
        self.readers: dict[int, list[int]] = {}
        self.makers: dict[int, list[int]] = {}
        for index, step in enumerate(steps):
            for slot in dict.fromkeys(step.reads):
                self.readers.setdefault(slot, []).append(index)
            for slot in dict.fromkeys(step.writes):
                self.makers.setdefault(slot, []).append(index)
        self.after: list[set[int]] = [set() for _ in steps]
        for index, found in enumerate(precedence(lowered)):
            for other in found:
                self.after[other].add(index)

    def write_in_place(self, value: int, target: int, group: int) -> bool:
        """Let the element-wise step that computes `value` write the variable itself, if it may."""
        makers = self.makers.get(value, [])
        if self.lowered.slots[value].region != "arena" or len(makers) != 1:
            return False
        number = makers[0]
        writer = self.lowered.steps[number]
        if not writer.parts or writer.group not in (0, group) or not _walks_alike(writer, target):
            return False
        first = {index for index in self.readers.get(target, []) if index != number}
        if group:
            first.add(self.guards[group])
        if self._reaches(number, first):
            return False
        for index in first:
            self.after[index].add(number)
        self._move(number, value, target)
        writer.group = group
        return True

    def _reaches(self, start: int, goals: set[int]) -> bool:
        """Whether one of `goals` must run after step `start`."""
        seen, stack = {start}, [start]
        while stack:
            for index in self.after[stack.pop()]:
                if index in goals:
                    return True
                if index not in seen:
                    seen.add(index)
                    stack.append(index)
        return False

    def _move(self, number: int, value: int, target: int) -> None:
        """Put the variable's buffer in place of the value's."""
        steps = self.lowered.steps
        writer = steps[number]
        _, refs = writer.parts[0]
        program = writer.spec.program
        k = len(program.operands)
        result = next(index for index in range(k, len(refs)) if refs[index].slot == value) - k
        for index in range(k):
            if refs[index].slot == target:
                program = with_alias(program, result, index)
        writer.spec = flat.Spec(program)
        readers = self.readers.get(value, [])
        for index in readers:
            steps[index].fresh.add(target)
        for index in (number, *readers):
            step = steps[index]
            step.reads = [target if slot == value else slot for slot in step.reads]
            step.writes = [target if slot == value else slot for slot in step.writes]
            step.words = [_moved(word, value, target) if isinstance(word, Ref) else word for word in step.words]
            step.parts = [(n, [_moved(ref, value, target) for ref in refs]) for n, refs in step.parts]


def _moved(ref: Ref, value: int, target: int) -> Ref:
    """The address with one buffer in place of another."""
    return replace(ref, slot=target) if ref.slot == value else ref


def _walks_alike(writer: Step, target: int) -> bool:
    """Whether a step that reads the variable does so element by element as it will write it."""
    _, refs = writer.parts[0]
    operands = writer.spec.program.operands
    reading = [operand for operand, ref in zip(operands, refs, strict=False) if ref.slot == target]
    return len(reading) <= 1 and all(operand.inner for operand in reading)
