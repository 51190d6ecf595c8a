"""Guards: the squared norms of what they watch, and the stop."""

from __future__ import annotations

from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.graph.trace import Guard
from nbnet.kernels import guard, norm

__all__ = ["lower_guards"]

_CHUNK = 4


def lower_guards(lowered: Lowered) -> None:
    """For each guard one pass over what it watches, then the test."""
    for effect in lowered.graph.effects:
        if not isinstance(effect, Guard):
            continue
        lowered.guards.append(effect.name)
        number = len(lowered.guards)
        by_dtype: dict[str, list[int]] = {}
        for node in effect.watched:
            if node.dtype.kind == "f":
                by_dtype.setdefault(str(node.dtype), []).append(lowered.of(node))
        blocks = {dtype: norm.items([_size(lowered, slot) for slot in slots]) for dtype, slots in by_dtype.items()}
        sums = lowered.slot((sum(blocks.values()),), "float64")
        at = 0
        for dtype, slots in by_dtype.items():
            sizes = [_size(lowered, slot) for slot in slots]
            words = norm.words(Ref(sums, 8 * at), [(n, Ref(slot)) for n, slot in zip(sizes, slots, strict=True)])
            lowered.emit(
                Step(
                    norm.Spec(dtype), words, blocks[dtype], _CHUNK, f"squared norm for {effect.name}", slots, [sums],
                    2 * sum(sizes), sum(lowered.slots[slot].nbytes for slot in slots),
                )  # fmt: skip
            )
            at += blocks[dtype]
        control = lowered.control()
        words = [Ref(control), number, at, Ref(sums)]
        label = f"guard {effect.name}"
        lowered.emit(Step(guard.Spec(), words, 1, 1, label, [sums], [control], at, 8 * at, group=effect.group, guard=number))


def _size(lowered: Lowered, slot: int) -> int:
    """Elements of a buffer."""
    found = lowered.slots[slot]
    return found.nbytes // found.dtype.itemsize
