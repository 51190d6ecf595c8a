"""Guards: the squared norms of what they watch, and the stop."""

from __future__ import annotations

from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.graph.trace import Guard
from nbnet.kernels import guard, norm

__all__ = ["lower_guards"]


def lower_guards(lowered: Lowered) -> None:
    """For each guard one pass over what it watches, then the test."""
    for effect in lowered.graph.effects:
        if isinstance(effect, Guard):
            _lower_guard(lowered, effect)


def _lower_guard(lowered: Lowered, effect: Guard) -> None:
    """The norms, one kernel call a dtype, and the test of their sums."""
    lowered.guards.append(effect.name)
    number, control = len(lowered.guards), lowered.control()
    by_dtype: dict[str, list[int]] = {}
    for node in effect.watched:
        if node.dtype.kind == "f":
            by_dtype.setdefault(str(node.dtype), []).append(lowered.of(node))
    sizes = {dtype: [lowered.slots[slot].size for slot in slots] for dtype, slots in by_dtype.items()}
    total = sum(norm.items(found) for found in sizes.values())
    sums = lowered.slot((total,), "float64")
    at = 0
    for dtype, slots in by_dtype.items():
        parts = [(n, Ref(slot)) for n, slot in zip(sizes[dtype], slots, strict=True)]
        items = norm.items(sizes[dtype])
        lowered.emit(
            Step(
                norm.Spec(dtype),
                norm.words(Ref(sums, 8 * at), parts),
                items,
                norm.CHUNK,
                f"squared norm for {effect.name}",
                slots,
                [sums],
                flops=2 * sum(sizes[dtype]),
                bytes=sum(lowered.slots[slot].nbytes for slot in slots) + 8 * items,
            )
        )
        at += items
    words = [Ref(control), number, total, Ref(sums)]
    lowered.emit(
        Step(
            guard.Spec(),
            words,
            1,
            1,
            f"guard {effect.name}",
            [sums],
            [control],
            flops=total,
            bytes=8 * total,
            group=effect.group,
            guard=number,
        )
    )
