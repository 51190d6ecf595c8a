"""Pooling of images, and its gradients."""

from __future__ import annotations

from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.lowering.moves import origins_of
from nbnet.graph.tensor import Tensor
from nbnet.kernels import pool
from nbnet.kernels.pool import Geometry

__all__ = ["lower_pool"]

_KINDS = {
    "max_pool2d": "max", "avg_pool2d": "mean", "max_pool2d_input": "max_input", "avg_pool2d_input": "mean_input",
}  # fmt: skip
_BYTES_PER_CHUNK = 1 << 17


def lower_pool(lowered: Lowered, node: Tensor) -> None:
    """One call; the arrays of its kind in the kernel's order, the result last."""
    kind, attrs = _KINDS[node.op.name], node.attrs
    large = node.shape if kind.endswith("input") else node.inputs[0].shape
    small = node.inputs[-1].shape if kind.endswith("input") else node.shape
    ((top, _), (left, _)) = attrs["padding"]
    (images, H, W, C), (_, OH, OW, _), (stride_h, stride_w) = large, small, attrs["strides"]
    geometry = Geometry(images, H, W, C, OH, OW, stride_h, stride_w, top, left)
    spec = pool.Spec(kind, str(node.dtype), *attrs["window"])
    reads, out = [lowered.of(item) for item in node.inputs], lowered.result(node)
    items, moved = spec.items(geometry), sum(lowered.slots[slot].nbytes for slot in (*reads, out))
    lowered.emit(
        Step(
            spec,
            pool.words(spec, [Ref(slot) for slot in (*reads, out)], geometry),
            items,
            max(1, items * _BYTES_PER_CHUNK // max(moved, 1)),
            node.op.name,
            reads,
            [out],
            flops=spec.flops(geometry),
            bytes=moved,
            origins=origins_of(node),
        )
    )
