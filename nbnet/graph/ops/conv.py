"""Convolution of images, NHWC, with kernels, HWIO, and its two gradients.

The three ops are made of one sum of products, y[o] += x[o s - p + k d] w[k], solved for y, x or w: the gradient of each
is made of the other two, so that second derivatives are of the same kind.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.ops.registry import register
from nbnet.graph.ops.windows import Padding, Pair, output_sizes, padded, padding_pairs, pair, positive, tap_slices
from nbnet.graph.tensor import Op, Spec, Tensor, apply, as_operand

__all__ = ["checked_images", "conv2d", "conv2d_input"]

Shape = tuple[int, ...]


def checked_images(name: str, x: Any, w: Any, kernel: str = "(KH, KW, C / groups, OC)") -> None:
    """Raise a ShapeError unless `x` has the rank of images and `w` that of a kernel."""
    if len(x.shape) != 4 or len(w.shape) != 4:
        raise ShapeError(
            f"{name} expects images (batch, height, width, channels) and a kernel {kernel}; received input "
            f"{tuple(x.shape)} and kernel {tuple(w.shape)}. Give one image a batch axis with x[None], a grey one a "
            "channel axis with x[..., None]."
        )


def _output(name: str, x: Shape, w: Shape, strides: Pair, padding: Padding, dilation: Pair, groups: int) -> Shape:
    """The shape of y for shapes of x and w."""
    if x[3] % groups or w[2] * groups != x[3] or w[3] % groups:
        raise ShapeError(
            f"{name} expects channels that {groups} groups divide, and a kernel (KH, KW, C / groups, OC); received "
            f"input {x}, kernel {w}, groups={groups}. Give a kernel of {max(x[3] // groups, 1)} input channels and a "
            f"multiple of {groups} output channels, or other groups."
        )
    return x[0], *output_sizes(name, (x[1], x[2]), (w[0], w[1]), strides, padding, dilation), w[3]


def _infer(x: Any, w: Any, strides: Pair, padding: Padding, dilation: Pair, groups: int) -> Spec:
    return _output("conv2d", x.shape, w.shape, strides, padding, dilation, groups), x.dtype


def _infer_input(dy: Any, w: Any, strides: Pair, padding: Padding, dilation: Pair, groups: int, shape: Shape) -> Spec:
    _require("conv2d_input", dy.shape, _output("conv2d_input", shape, w.shape, strides, padding, dilation, groups))
    return shape, dy.dtype


def _infer_kernel(x: Any, dy: Any, strides: Pair, padding: Padding, dilation: Pair, groups: int, shape: Shape) -> Spec:
    _require("conv2d_kernel", dy.shape, _output("conv2d_kernel", x.shape, shape, strides, padding, dilation, groups))
    return shape, x.dtype


def _require(name: str, dy: Shape, wanted: Shape) -> None:
    """Raise a ShapeError unless `dy` has the shape of the convolution's output."""
    if dy != wanted:
        raise ShapeError(f"{name} expects a gradient of the convolution's output, of shape {wanted}; received {dy}.")


def _grouped(x: np.ndarray, groups: int) -> np.ndarray:
    """(…, G c) → (G, places, c)."""
    return x.reshape(math.prod(x.shape[:-1]), groups, x.shape[-1] // groups).transpose(1, 0, 2)


def _ungrouped(x: np.ndarray, shape: Shape) -> np.ndarray:
    """(G, places, c) → (…, G c)."""
    return x.transpose(1, 0, 2).reshape(shape)


def _reference(
    x: np.ndarray, w: np.ndarray, strides: Pair, padding: Padding, dilation: Pair, groups: int
) -> np.ndarray:
    """Tap by tap of the kernel, a matrix product of all places that it sees."""
    shape = _output("conv2d", x.shape, w.shape, strides, padding, dilation, groups)
    whole, y = padded(x, padding), np.zeros(shape, x.dtype)
    with np.errstate(all="ignore"):
        for i, j, seen in tap_slices(shape[1:3], w.shape[:2], strides, dilation):
            y += _ungrouped(_grouped(whole[:, *seen], groups) @ _grouped(w[i, j], groups), shape)
    return y


def _input_reference(
    dy: np.ndarray, w: np.ndarray, strides: Pair, padding: Padding, dilation: Pair, groups: int, shape: Shape
) -> np.ndarray:
    """Each place gets back from all windows that saw it."""
    (top, _), (left, _) = padding
    whole, rows = padded(np.zeros(shape, dy.dtype), padding), _grouped(dy, groups)
    with np.errstate(all="ignore"):
        for i, j, seen in tap_slices(dy.shape[1:3], w.shape[:2], strides, dilation):
            part = rows @ _grouped(w[i, j], groups).swapaxes(1, 2)
            whole[:, *seen] += _ungrouped(part, (*dy.shape[:3], shape[3]))
    return whole[:, top : top + shape[1], left : left + shape[2]].copy()


def _kernel_reference(
    x: np.ndarray, dy: np.ndarray, strides: Pair, padding: Padding, dilation: Pair, groups: int, shape: Shape
) -> np.ndarray:
    """Tap by tap of the kernel, what it saw times the gradient there."""
    whole, rows, dw = padded(x, padding), _grouped(dy, groups), np.zeros(shape, x.dtype)
    with np.errstate(all="ignore"):
        for i, j, seen in tap_slices(dy.shape[1:3], shape[:2], strides, dilation):
            dw[i, j] = _ungrouped(_grouped(whole[:, *seen], groups).swapaxes(1, 2) @ rows, shape[2:])
    return dw


def _geometry(node: Tensor) -> dict[str, Any]:
    """The attributes that the three ops share."""
    return {name: node.attrs[name] for name in ("strides", "padding", "dilation", "groups")}


def _gradient(node: Tensor, g: Tensor) -> tuple[Any, Any]:
    x, w = node.inputs
    same = _geometry(node)
    return apply(CONV2D_INPUT, g, w, **same, shape=x.shape), apply(CONV2D_KERNEL, x, g, **same, shape=w.shape)


def _input_gradient(node: Tensor, g: Tensor) -> tuple[Any, Any]:
    dy, w = node.inputs
    same = _geometry(node)
    return apply(CONV2D, g, w, **same), apply(CONV2D_KERNEL, g, dy, **same, shape=w.shape)


def _kernel_gradient(node: Tensor, g: Tensor) -> tuple[Any, Any]:
    x, dy = node.inputs
    same = _geometry(node)
    return apply(CONV2D_INPUT, dy, g, **same, shape=x.shape), apply(CONV2D, x, g, **same)


CONV2D = register(Op("conv2d", _infer, _reference, _gradient, "conv", 0, floats=True))
CONV2D_INPUT = register(Op("conv2d_input", _infer_input, _input_reference, _input_gradient, "conv", 0, floats=True))
CONV2D_KERNEL = register(
    Op("conv2d_kernel", _infer_kernel, _kernel_reference, _kernel_gradient, "conv", 0, floats=True)
)


def conv2d(x: Any, w: Any, strides: Any = 1, padding: Any = "valid", dilation: Any = 1, groups: int = 1) -> Any:
    """Slide a kernel over images, as networks do it: the kernel is not turned (cross-correlation).

    Parameters
    ----------
    x : Tensor or array_like, shape (N, H, W, C)
        Integers are computed in float32.
    w : Tensor or array_like, shape (KH, KW, C / groups, OC)
    strides : int or (int, int), >= 1
        From one window to the next, along rows and columns.
    padding : {"valid", "same"} or ((top, bottom), (left, right))
        Zeros around the images: none; as many as give ceil(H / stride) rows and ceil(W / stride) columns, an odd one at
        the end; or that many.
    dilation : int or (int, int), >= 1
        From one place of a window to the next.
    groups : int >= 1
        Channels are cut into that many runs; each run of outputs sees one run of inputs.

    Returns
    -------
    Tensor or array, shape (N, OH, OW, OC)
        OH = ⌊(H + top + bottom - (KH - 1) dilation - 1) / stride⌋ + 1, OW likewise.

    Raises
    ------
    ShapeError
        When a rank is wrong, channels do not fit or are not divisible by `groups`, no window fits, or a stride or
        dilation is below 1.
    ArgumentError
        When `padding` is of another kind.

    Notes
    -----
    y[n, i, j, o] = Σ x[n, i s + k d - top, j s + l d - left, c] w[k, l, c, o] over k, l and the c of o's group, with
    x = 0 outside. The gradients are the ops ``conv2d_input`` and ``conv2d_kernel``.

    PyTorch takes (N, C, H, W) and kernels (OC, C / groups, KH, KW), and pads the same on both sides.

    References
    ----------
    Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", chapters 2 and 5.
    """
    x, w = as_operand(x), as_operand(w)
    checked_images("conv2d", x, w)
    runs = positive("conv2d", "groups", groups)
    steps, gaps = pair("conv2d", "strides", strides), pair("conv2d", "dilation", dilation)
    around = padding_pairs("conv2d", padding, x.shape[1:3], w.shape[:2], steps, gaps)
    return apply(CONV2D, x, w, strides=steps, padding=around, dilation=gaps, groups=runs)


def conv2d_input(dy: Any, w: Any, shape: Shape, strides: Pair, padding: Padding, dilation: Pair, groups: int) -> Any:
    """The gradient of :func:`conv2d` in its input of `shape`: what every window spreads, summed; it turns sizes back.

    Parameters
    ----------
    dy : Tensor or array, shape (N, OH, OW, OC)
    w : Tensor or array, shape (KH, KW, C / groups, OC)
    shape : tuple of int
        (N, H, W, C)
    strides, padding, dilation, groups
        Of the convolution, as pairs and int.
    """
    return apply(
        CONV2D_INPUT, dy, w, strides=strides, padding=padding, dilation=dilation, groups=groups, shape=tuple(shape)
    )
