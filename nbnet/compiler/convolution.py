"""Convolutions as the kernels compute them: products over the pixels of an image, with one row for each output pixel.

The output of a convolution (images, OH, OW, OC) is the matrix (images * OH * OW, OC) in the same memory. As such it
takes an epilogue like any matrix product; :mod:`nbnet.compiler.collapse` lets what follows work on the matrix too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.graph.tensor import Op, Spec, Tensor
from nbnet.kernels.conv import Geometry

__all__ = ["CONV_KERNEL", "CONV_ROWS", "expand_conv2d", "expand_conv2d_input", "expand_conv2d_kernel"]

PIECES = 8
"""Into how many pieces the images are cut for the gradient in a kernel; the pieces are added in their order."""


def _taps(x: np.ndarray, g: Geometry) -> Any:
    """(kh, kw, the pixels of X that they meet) for each tap."""
    for kh in range(g.KH):
        for kw in range(g.KW):
            top, left = kh * g.dilation_h, kw * g.dilation_w
            rows = slice(top, top + (g.OH - 1) * g.stride_h + 1, g.stride_h)
            yield kh, kw, x[:, rows, left : left + (g.OW - 1) * g.stride_w + 1 : g.stride_w]


def _rows_reference(x: np.ndarray, w: np.ndarray, geometry: Geometry, flip: bool) -> np.ndarray:
    """One tap after the other, group by group."""
    g = geometry
    w = w[::-1, ::-1] if flip else w
    found = np.zeros((g.images, g.OH, g.OW, g.groups, g.OC // g.groups), x.dtype)
    with np.errstate(all="ignore"):
        for kh, kw, part in _taps(x, g):
            grouped = part.reshape(*part.shape[:3], g.groups, -1)
            kernel = w[kh, kw].reshape(-1, g.groups, g.OC // g.groups)
            found += np.einsum("nhwgc,cgo->nhwgo", grouped, kernel)
    return found.reshape(g.pixels, g.OC)


def _kernel_reference(x: np.ndarray, dy: np.ndarray, geometry: Geometry, each: int) -> np.ndarray:
    """Piece after piece."""
    g = geometry
    found = []
    with np.errstate(all="ignore"):
        for first in range(0, g.images, each):
            grad = dy[first : first + each].reshape(-1, g.OH, g.OW, g.groups, g.OC // g.groups)
            piece = np.zeros((g.KH, g.KW, g.C // g.groups, g.OC), x.dtype)
            for kh, kw, part in _taps(x[first : first + each], g):
                grouped = part.reshape(*part.shape[:3], g.groups, -1)
                piece[kh, kw] = np.einsum("nhwgc,nhwgo->cgo", grouped, grad).reshape(-1, g.OC)
            found.append(piece)
    return np.stack(found)


def _rows_shape(x: Any, w: Any, geometry: Geometry, flip: bool) -> Spec:
    return (geometry.pixels, geometry.OC), x.dtype


def _kernel_shape(x: Any, dy: Any, geometry: Geometry, each: int) -> Spec:
    g = geometry
    return (-(-g.images // each), g.KH, g.KW, g.C // g.groups, g.OC), x.dtype


CONV_ROWS = Op("conv_rows", _rows_shape, _rows_reference, None, "product", 0)
"""The output of a convolution without padding, as a matrix with a row for each pixel."""
CONV_KERNEL = Op("conv_kernel", _kernel_shape, _kernel_reference, None, "product", 0)
"""The gradient in the kernel of a convolution without padding, one for each piece of the images."""


def _apply(op: Op, inputs: tuple[Tensor, ...], **attrs: Any) -> Tensor:
    shape, dtype = op.infer(*inputs, **attrs)
    return Tensor(op, inputs, attrs, shape, dtype)


def _padded(x: Tensor, padding: tuple[tuple[int, int], tuple[int, int]]) -> Tensor:
    """Images with zeros around them."""
    return x if padding == ((0, 0), (0, 0)) else ops.pad(x, ((0, 0), *padding, (0, 0)))


def _geometry(node: Tensor, x: Tensor, kernel: tuple[int, ...], out: tuple[int, ...]) -> Geometry:
    """The extents of a convolution of padded images."""
    attrs, (images, H, W, C) = node.attrs, x.shape
    (stride_h, stride_w), (dilation_h, dilation_w) = attrs["strides"], attrs["dilation"]
    return Geometry(
        images, H, W, C, out[1], out[2], out[3], kernel[0], kernel[1],
        stride_h, stride_w, dilation_h, dilation_w, attrs["groups"],
    )  # fmt: skip


def expand_conv2d(node: Tensor, x: Tensor, w: Tensor) -> Tensor:
    """A convolution as a product; one of single pixels as a matrix product."""
    attrs = node.attrs
    if node.size == 0 or w.size == 0:
        return ops.symbolic_full(node.shape, 0, node.dtype)
    plain = attrs["strides"] == (1, 1) and attrs["padding"] == ((0, 0), (0, 0)) and attrs["groups"] == 1
    if plain and w.shape[:2] == (1, 1):
        pixels = math.prod(x.shape[:3])
        rows = ops.matmul(ops.reshape(x, (pixels, x.shape[3])), ops.reshape(w, w.shape[2:]))
        return ops.reshape(rows, node.shape)
    x = _padded(x, attrs["padding"])
    rows = _apply(CONV_ROWS, (x, w), geometry=_geometry(node, x, w.shape, node.shape), flip=False)
    return ops.reshape(rows, node.shape)


def expand_conv2d_input(node: Tensor, dy: Tensor, w: Tensor) -> Tensor:
    """The gradient in the images: a convolution of the gradient in the output by the kernel, read backwards.

    Between the rows and columns of the gradient stand zeros where the convolution has a stride.
    """
    attrs = node.attrs
    images, H, W, C = node.shape
    if node.size == 0 or dy.size == 0 or w.size == 0:
        return ops.symbolic_full(node.shape, 0, node.dtype)
    (KH, KW, each, OC), groups = w.shape, attrs["groups"]
    spread, starts, steps = [images], [0], [1]
    crop: list[slice] = [slice(None)]
    for size, kernel, stride, dilation, (before, _), out in zip(
        (H, W), (KH, KW), attrs["strides"], attrs["dilation"], attrs["padding"], dy.shape[1:3], strict=True
    ):
        reach = (kernel - 1) * dilation
        first = reach - before  # where the first gradient stands
        lowest = min(first, 0)
        needed = size + reach
        spread.append(max(needed, first + (out - 1) * stride + 1) - lowest)
        starts.append(first - lowest)
        steps.append(stride)
        crop.append(slice(-lowest, -lowest + needed))
    full = ops.embed(dy, (*spread, OC), (*starts, 0), (*steps, 1))
    full = full[tuple(crop)] if full.shape[1:3] != tuple(part.stop - part.start for part in crop[1:]) else full
    turned = ops.reshape(w, (KH, KW, each, groups, OC // groups))
    turned = ops.reshape(ops.transpose(turned, (0, 1, 4, 3, 2)), (KH, KW, OC // groups, C))
    (_, rows, columns, _), (dilation_h, dilation_w) = full.shape, attrs["dilation"]
    geometry = Geometry(images, rows, columns, OC, H, W, C, KH, KW, 1, 1, dilation_h, dilation_w, groups)
    found = _apply(CONV_ROWS, (full, turned), geometry=geometry, flip=True)
    return ops.reshape(found, node.shape)


def expand_conv2d_kernel(node: Tensor, x: Tensor, dy: Tensor) -> Tensor:
    """The gradient in the kernel, as a sum of pieces; of single pixels as a matrix product."""
    attrs = node.attrs
    if node.size == 0 or dy.size == 0 or x.size == 0:
        return ops.symbolic_full(node.shape, 0, node.dtype)
    plain = attrs["strides"] == (1, 1) and attrs["padding"] == ((0, 0), (0, 0)) and attrs["groups"] == 1
    if plain and node.shape[:2] == (1, 1):
        pixels = math.prod(x.shape[:3])
        flat = ops.reshape(x, (pixels, x.shape[3])), ops.reshape(dy, (pixels, dy.shape[3]))
        return ops.reshape(ops.matmul(*flat, transpose_a=True), node.shape)
    x = _padded(x, attrs["padding"])
    geometry = _geometry(node, x, node.shape, dy.shape)
    pieces = _apply(CONV_KERNEL, (x, dy), geometry=geometry, each=-(-geometry.images // PIECES))
    if pieces.shape[0] == 1:
        return ops.reshape(pieces, node.shape)
    flat = ops.reshape(pieces, (pieces.shape[0], node.size))
    return ops.reshape(ops.sum(flat, axis=0), node.shape)
