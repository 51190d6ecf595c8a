"""What is special about updates of weights: whose cache they are in, and how exactly is divided.

**Caches.** A weight is read by all cores and then written by one. Its cache lines are asked for early
(`Result.own`), as each of them must first be taken from the others.

**Division.** x / (sqrt(v) + epsilon) is made by the processor's estimate and a Newton step. A step of Adam or RMSprop
goes in an estimated direction; two units in its last place more or less are nothing, and exact division would be
what holds the update back, as it shares a unit of the processor with the square root. Elsewhere division is exact.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

from nbnet.compiler.lowered import Lowered, Step
from nbnet.kernels import map as flat
from nbnet.kernels.program import Program

__all__ = ["divides_quickly", "prepare_updates"]


def prepare_updates(lowered: Lowered) -> None:
    """Make the maps quick that write nothing but variables behind a guard."""
    readers = Counter(itertools.chain.from_iterable(dict.fromkeys(step.reads) for step in lowered.steps))
    for step in lowered.steps:
        behind = step.group and not step.guard and step.parts
        if behind and all(lowered.slots[slot].region == "state" for slot in step.writes):
            _prepare(step, {slot for slot, count in readers.items() if count > 1})


def _prepare(step: Step, shared: set[int]) -> None:
    """One update; `shared` are the buffers that several steps read."""
    program: Program = step.spec.program
    (_, refs) = step.parts[0]
    written = refs[len(program.operands) :]
    results = tuple(
        replace(result, own=result.alias is not None and ref.slot in shared)
        for result, ref in zip(program.results, written, strict=True)
    )
    step.spec = flat.Spec(divides_quickly(replace(program, results=results)))


def divides_quickly(program: Program) -> Program:
    """The program with its division made quick, if it has but one, of the form x / (sqrt(v) + number), in float32.

    The estimate is an option of the whole kernel, so one other division, which may be by zero, forbids it.
    """
    k = len(program.operands)
    divisions = [number for number, step in enumerate(program.body) if step.op == "divide"]
    if len(divisions) != 1 or program.body[divisions[0]].dtype != "float32":
        return program
    division = program.body[divisions[0]]
    divisor = division.args[1]
    if divisor < k or program.body[divisor - k].op != "add":
        return program
    terms = program.body[divisor - k].args
    roots = [term >= k and program.body[term - k].op == "sqrt" for term in terms]
    numbers = [term < k and not program.operands[term].inner for term in terms]
    if sorted(zip(roots, numbers, strict=True)) != [(False, True), (True, False)]:
        return program
    body = list(program.body)
    body[divisions[0]] = replace(division, op="quick_divide")
    return replace(program, body=tuple(body))
