"""Moving elements: transpose, slices, concatenation, gather and its gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbnet.compiler.layout import contiguous
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.graph.tensor import Tensor
from nbnet.kernels import copy, gather, scatter, transpose

__all__ = [
    "emit_copy", "lower_concatenate", "lower_embed", "lower_gather", "lower_scatter", "lower_slice", "lower_transpose",
]  # fmt: skip


def _origins(node: Tensor) -> tuple:
    """Where a node came from, as a step has it."""
    return (node.origin,) if node.origin is not None else ()


def emit_copy(
    lowered: Lowered, label: str, dst: int, src: int, shape: Sequence[int], dst_strides: Sequence[int], src_strides: Sequence[int],
    dst_offset: int = 0, src_offset: int = 0, origins: tuple = (),
) -> None:  # fmt: skip
    """A strided copy; strides and offsets in elements."""
    size = lowered.slots[dst].dtype.itemsize
    found = copy.geometry(shape, dst_strides, src_strides)
    words = found.words(Ref(dst), Ref(src), dst_offset, src_offset)
    lowered.emit(
        Step(copy.Spec(size), words, found.items(), found.chunk(size), label, [src], [dst], 0, found.bytes(size), origins)
    )


def _emit_zero(lowered: Lowered, dst: int, origins: tuple) -> None:
    """Fill a buffer with zeros."""
    slot = lowered.slots[dst]
    size = slot.dtype.itemsize
    found = copy.geometry(slot.shape, contiguous(slot.shape), [0] * len(slot.shape))
    lowered.emit(
        Step(copy.Spec(size, fill=True), found.words(Ref(dst), 0), found.items(), found.chunk(size), "zero", [], [dst], 0, slot.nbytes, origins)
    )


def lower_transpose(lowered: Lowered, node: Tensor) -> None:
    """Axes in another order; exchanging the last two has a kernel of its own."""
    (x,), axes = node.inputs, tuple(node.attrs["axes"])
    src, dst = lowered.of(x), lowered.result(node)
    rank = node.ndim
    if rank >= 2 and axes == (*range(rank - 2), rank - 1, rank - 2):
        rows, columns = x.shape[-2:]
        batch = math.prod(x.shape[:-2])
        spec = transpose.spec_for(x.dtype.itemsize, lowered.target.vector_bytes)
        words = transpose.words(Ref(dst), Ref(src), rows, columns, rows, columns, batch, rows * columns, rows * columns)
        lowered.emit(
            Step(spec, words, spec.items(rows, columns, batch), spec.chunk(rows, columns, batch), "transpose", [src], [dst], 0, spec.bytes(rows, columns, batch), _origins(node))
        )
        return
    own = contiguous(x.shape)
    emit_copy(lowered, "transpose", dst, src, node.shape, contiguous(node.shape), [own[axis] for axis in axes], origins=_origins(node))


def lower_concatenate(lowered: Lowered, node: Tensor) -> None:
    """One copy a part."""
    dst = lowered.result(node)
    axis, strides, at = node.attrs["axis"], contiguous(node.shape), 0
    for item in node.inputs:
        own = contiguous(item.shape)
        emit_copy(lowered, "concatenate", dst, lowered.of(item), item.shape, strides, own, at * strides[axis], origins=_origins(node))
        at += item.shape[axis]


def lower_slice(lowered: Lowered, node: Tensor) -> None:
    """A copy with a start and steps."""
    (x,) = node.inputs
    src, dst = lowered.of(x), lowered.result(node)
    own, starts, steps = contiguous(x.shape), node.attrs["starts"], node.attrs["steps"]
    offset = sum(start * stride for start, stride in zip(starts, own, strict=True))
    strides = [stride * step for stride, step in zip(own, steps, strict=True)]
    emit_copy(lowered, "slice", dst, src, node.shape, contiguous(node.shape), strides, 0, offset, _origins(node))


def lower_embed(lowered: Lowered, node: Tensor) -> None:
    """Zeros into which the input is written."""
    (x,) = node.inputs
    src, dst = lowered.of(x), lowered.result(node)
    own, starts, steps = contiguous(node.shape), node.attrs["starts"], node.attrs["steps"]
    offset = sum(start * stride for start, stride in zip(starts, own, strict=True))
    strides = [stride * step for stride, step in zip(own, steps, strict=True)]
    _emit_zero(lowered, dst, _origins(node))
    emit_copy(lowered, "embed", dst, src, x.shape, strides, contiguous(x.shape), offset, 0, _origins(node))


def lower_gather(lowered: Lowered, node: Tensor) -> None:
    """Slices by number; a number out of range is reported in the control cell."""
    x, indices = node.inputs
    axis, out, control = node.attrs["axis"], lowered.result(node), lowered.control()
    outer, inner = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    spec = gather.Spec(str(x.dtype), str(indices.dtype))
    words = gather.words(Ref(out), Ref(lowered.of(x)), Ref(lowered.of(indices)), Ref(control, 8), x.shape[axis], indices.size, inner)
    size = x.dtype.itemsize
    lowered.emit(
        Step(
            spec, words, spec.items(outer, indices.size, inner), spec.chunk(size, inner), "gather",
            [lowered.of(x), lowered.of(indices)], [out], 0,
            spec.bytes(size, indices.dtype.itemsize, outer, indices.size, inner), _origins(node),
        )  # fmt: skip
    )


def lower_scatter(lowered: Lowered, node: Tensor) -> None:
    """Slices added by number."""
    indices, updates = node.inputs
    axis, shape, out, control = node.attrs["axis"], node.shape, lowered.result(node), lowered.control()
    found = scatter.Geometry(math.prod(shape[:axis]), shape[axis], indices.size, math.prod(shape[axis + 1 :]))
    words = found.words(Ref(out), Ref(lowered.of(updates)), Ref(lowered.of(indices)), Ref(control, 8))
    size = updates.dtype.itemsize
    lowered.emit(
        Step(
            scatter.Spec(str(updates.dtype), str(indices.dtype)), words, found.items(), found.chunk(size), "scatter_add",
            [lowered.of(updates), lowered.of(indices)], [out], found.flops(),
            found.bytes(size, indices.dtype.itemsize), _origins(node),
        )  # fmt: skip
    )
