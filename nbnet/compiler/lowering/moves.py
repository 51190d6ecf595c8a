"""Moving elements: transpose, slices, concatenation, gather and its gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nbnet.compiler.layout import contiguous
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.graph.tensor import Tensor
from nbnet.graph.trace import Origin
from nbnet.kernels import copy, gather, scatter, transpose

__all__ = [
    "Strided", "emit_copy", "emit_transpose", "lower_concatenate", "lower_embed", "lower_gather", "lower_scatter",
    "lower_slice", "lower_transpose", "origins_of",
]  # fmt: skip

Origins = tuple[Origin, ...]


@dataclass(frozen=True)
class Strided:
    """A buffer seen through strides from an offset, both in elements."""

    slot: int
    strides: Sequence[int]
    offset: int = 0


def origins_of(node: Tensor) -> Origins:
    """Where a node came from, as a step has it."""
    return (node.origin,) if node.origin is not None else ()


def emit_copy(
    lowered: Lowered, label: str, shape: Sequence[int], dst: Strided, src: Strided, origins: Origins = ()
) -> None:
    """dst = src over `shape`."""
    size = lowered.slots[dst.slot].dtype.itemsize
    found = copy.geometry(shape, dst.strides, src.strides)
    words = found.words(Ref(dst.slot), Ref(src.slot), dst.offset, src.offset)
    lowered.emit(
        Step(
            copy.Spec(size),
            words,
            found.items(),
            found.chunk(size),
            label,
            [src.slot],
            [dst.slot],
            bytes=found.bytes(size),
            origins=origins,
        )
    )


def emit_zero(lowered: Lowered, dst: int, origins: Origins) -> None:
    """Fill a buffer with zeros."""
    slot = lowered.slots[dst]
    size = slot.dtype.itemsize
    found = copy.geometry(slot.shape, contiguous(slot.shape), [0] * len(slot.shape))
    lowered.emit(
        Step(
            copy.Spec(size, fill=True),
            found.words(Ref(dst), 0),
            found.items(),
            found.chunk(size),
            "zero",
            [],
            [dst],
            bytes=slot.nbytes,
            origins=origins,
        )
    )


def emit_transpose(lowered: Lowered, dst: int, src: int, rows: int, columns: int, batch: int, origins: Origins) -> None:
    """`batch` matrices of rows x columns, each with its axes exchanged."""
    spec = transpose.spec_for(lowered.slots[src].dtype.itemsize, lowered.target.vector_bytes)
    words = transpose.words(Ref(dst), Ref(src), rows, columns, rows, columns, batch, rows * columns, rows * columns)
    lowered.emit(
        Step(
            spec,
            words,
            spec.items(rows, columns, batch),
            spec.chunk(rows, columns, batch),
            "transpose",
            [src],
            [dst],
            bytes=spec.bytes(rows, columns, batch),
            origins=origins,
        )
    )


def lower_transpose(lowered: Lowered, node: Tensor) -> None:
    """Axes in another order; exchanging the last two has a kernel of its own."""
    (x,), axes = node.inputs, tuple(node.attrs["axes"])
    src, dst = lowered.of(x), lowered.result(node)
    rank = node.ndim
    if rank >= 2 and axes == (*range(rank - 2), rank - 1, rank - 2):
        rows, columns = x.shape[-2:]
        emit_transpose(lowered, dst, src, rows, columns, math.prod(x.shape[:-2]), origins_of(node))
        return
    own = contiguous(x.shape)
    source = Strided(src, [own[axis] for axis in axes])
    emit_copy(lowered, "transpose", node.shape, Strided(dst, contiguous(node.shape)), source, origins_of(node))


def lower_concatenate(lowered: Lowered, node: Tensor) -> None:
    """One copy a part."""
    dst = lowered.result(node)
    axis, strides, at = node.attrs["axis"], contiguous(node.shape), 0
    for item in node.inputs:
        part = Strided(dst, strides, at * strides[axis])
        source = Strided(lowered.of(item), contiguous(item.shape))
        emit_copy(lowered, "concatenate", item.shape, part, source, origins_of(node))
        at += item.shape[axis]


def _window(slot: int, shape: Sequence[int], node: Tensor) -> Strided:
    """The part of an array of `shape` that a slice or an embedding names."""
    own, starts, steps = contiguous(shape), node.attrs["starts"], node.attrs["steps"]
    offset = sum(start * stride for start, stride in zip(starts, own, strict=True))
    return Strided(slot, [stride * step for stride, step in zip(own, steps, strict=True)], offset)


def lower_slice(lowered: Lowered, node: Tensor) -> None:
    """A copy with a start and steps."""
    (x,) = node.inputs
    src, dst = lowered.of(x), lowered.result(node)
    target = Strided(dst, contiguous(node.shape))
    emit_copy(lowered, "slice", node.shape, target, _window(src, x.shape, node), origins_of(node))


def lower_embed(lowered: Lowered, node: Tensor) -> None:
    """Zeros into which the input is written."""
    (x,) = node.inputs
    src, dst = lowered.of(x), lowered.result(node)
    emit_zero(lowered, dst, origins_of(node))
    source = Strided(src, contiguous(x.shape))
    emit_copy(lowered, "embed", x.shape, _window(dst, node.shape, node), source, origins_of(node))


def lower_gather(lowered: Lowered, node: Tensor) -> None:
    """Slices by number; a number out of range is reported in the control cell."""
    x, indices = node.inputs
    axis, out, control = node.attrs["axis"], lowered.result(node), lowered.control()
    outer, inner = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    spec = gather.Spec(str(x.dtype), str(indices.dtype))
    reads = [lowered.of(x), lowered.of(indices)]
    words = gather.words(Ref(out), Ref(reads[0]), Ref(reads[1]), Ref(control, 8), x.shape[axis], indices.size, inner)
    size = x.dtype.itemsize
    lowered.emit(
        Step(
            spec,
            words,
            spec.items(outer, indices.size, inner),
            spec.chunk(size, inner),
            "gather",
            reads,
            [out],
            bytes=spec.bytes(size, indices.dtype.itemsize, outer, indices.size, inner),
            origins=origins_of(node),
        )
    )


def lower_scatter(lowered: Lowered, node: Tensor) -> None:
    """Slices added by number."""
    indices, updates = node.inputs
    axis, shape, out, control = node.attrs["axis"], node.shape, lowered.result(node), lowered.control()
    found = scatter.Geometry(math.prod(shape[:axis]), shape[axis], indices.size, math.prod(shape[axis + 1 :]))
    reads = [lowered.of(updates), lowered.of(indices)]
    size = updates.dtype.itemsize
    lowered.emit(
        Step(
            scatter.Spec(str(updates.dtype), str(indices.dtype)),
            found.words(Ref(out), Ref(reads[0]), Ref(reads[1]), Ref(control, 8)),
            found.items(),
            found.chunk(size),
            "scatter_add",
            reads,
            [out],
            flops=found.flops(),
            bytes=found.bytes(size, indices.dtype.itemsize),
            origins=origins_of(node),
        )
    )
