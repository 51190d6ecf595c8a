"""Convolutions: how they are cut, and the calls of their kernels."""

from __future__ import annotations

from typing import Any

from nbnet.compiler.choices import Problem, cut
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.lowering.moves import origins_of
from nbnet.graph.tensor import Tensor
from nbnet.kernels import conv, conv_kernel
from nbnet.kernels.tile import ITEMSIZE, tile_shape

__all__ = ["emit_conv", "lower_conv_kernel"]

BANDS_WANTED = 16
"""Work items of a gradient in a kernel, at least, where it has so many blocks of rows."""


def emit_conv(lowered: Lowered, call: Any) -> None:
    """The call for a node `conv_rows`, with the epilogue that fusion gave it."""
    node, target = call.node, lowered.target
    geometry, dtype = node.attrs["geometry"], str(node.dtype)
    itemsize = ITEMSIZE[dtype]
    rows, vectors, width = tile_shape(target.vector_bytes, target.registers, dtype)
    spec = conv.Spec(dtype, rows, vectors, width, target.vector_bytes >= 32, call.epilogue)
    items = spec.items(geometry)
    panels = items // -(-geometry.pixels // rows)
    columns = geometry.OC if geometry.groups == 1 else panels * spec.panel  # a group has panels of its own
    problem = Problem(dtype, geometry.pixels, columns, geometry.depth, epilogue=call.epilogue)
    choice = cut(problem, target, rows, vectors, "", by_rows=True)
    x, w = call.factors
    words = conv.words(
        Ref(x), Ref(w), Ref(call.out), geometry, itemsize, choice.strip, flip=node.attrs["flip"], extra=call.extra
    )
    others = {*call.reads, *call.writes} - {call.out}
    lowered.emit(
        Step(
            spec, words, items, choice.chunk, call.label, [x, w, *call.reads], call.writes,
            flops=spec.flops(geometry),
            bytes=geometry.bytes(itemsize) + sum(lowered.slots[slot].nbytes for slot in others),
            origins=call.origins,
            choice=choice.reason,
        )
    )  # fmt: skip


def lower_conv_kernel(lowered: Lowered, node: Tensor) -> None:
    """The gradient in a kernel, piece by piece."""
    x, dy = node.inputs
    target, geometry, each, dtype = lowered.target, node.attrs["geometry"], node.attrs["each"], str(node.dtype)
    itemsize = ITEMSIZE[dtype]
    rows, vectors, width = tile_shape(target.vector_bytes, target.registers, dtype)
    spec = conv_kernel.Spec(dtype, rows, vectors, width, target.vector_bytes >= 32)
    pieces, blocks = node.shape[0], spec.blocks(geometry)
    bands = min(blocks, -(-BANDS_WANTED // pieces))
    band = -(-blocks // bands)
    slots, out = [lowered.of(x), lowered.of(dy)], lowered.result(node)
    words = conv_kernel.words(Ref(slots[0]), Ref(slots[1]), Ref(out), geometry, itemsize, each, band)
    lowered.emit(
        Step(
            spec, words, spec.items(geometry, each, band), 1, f"conv_kernel in {pieces} pieces", slots, [out],
            flops=geometry.flops,
            bytes=geometry.bytes(itemsize) + (pieces - 1) * geometry.depth * geometry.OC * itemsize,
            origins=origins_of(node),
            choice=f"{rows}x{vectors} tile over the kernel, {pieces} pieces of {each} images",
        )
    )  # fmt: skip
