"""Convolutions of other forms, made of conv2d and its gradient: depthwise, transposed, and of one axis."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph.ops.conv import checked_images, conv2d, conv2d_input
from nbnet.graph.ops.shape import expand_dims, reshape, squeeze
from nbnet.graph.ops.windows import Pair, padding_pairs, pair, positive
from nbnet.graph.tensor import as_operand

__all__ = ["conv1d", "conv2d_transpose", "depthwise_conv2d"]


def conv1d(x: Any, w: Any, strides: int = 1, padding: Any = "valid", dilation: int = 1, groups: int = 1) -> Any:
    """Slide a kernel along signals: :func:`conv2d` of images of one row.

    Parameters
    ----------
    x : Tensor or array_like, shape (N, L, C)
    w : Tensor or array_like, shape (K, C / groups, OC)
    strides, dilation : int >= 1
    padding : {"valid", "same", "causal"} or (before, after)
        "causal": (K - 1) dilation zeros before, so that an output sees nothing that comes later.
    groups : int >= 1

    Returns
    -------
    Tensor or array, shape (N, OL, OC)

    Raises
    ------
    ShapeError, ArgumentError
        As :func:`conv2d`.
    """
    x, w = as_operand(x), as_operand(w)
    if x.ndim != 3 or w.ndim != 3:
        raise ShapeError(
            f"conv1d expects signals (batch, steps, channels) and a kernel (K, C / groups, OC); received input "
            f"{x.shape} and kernel {w.shape}. Give one signal a batch axis with x[None], a plain one a channel axis "
            "with x[..., None]."
        )
    step, gap = positive("conv1d", "strides", strides), positive("conv1d", "dilation", dilation)
    around: Any = padding
    if isinstance(padding, str) and padding.lower() == "causal":
        around = ((0, 0), ((w.shape[0] - 1) * gap, 0))
    elif not isinstance(padding, str):
        around = ((0, 0), padding)
    y = conv2d(expand_dims(x, 1), expand_dims(w, 0), (1, step), around, (1, gap), groups)
    return squeeze(y, 1)


def depthwise_conv2d(x: Any, w: Any, strides: Any = 1, padding: Any = "valid", dilation: Any = 1) -> Any:
    """Slide kernels over each channel by itself: :func:`conv2d` with as many groups as channels.

    Parameters
    ----------
    x : Tensor or array_like, shape (N, H, W, C)
    w : Tensor or array_like, shape (KH, KW, C, M)
        M kernels a channel.
    strides, padding, dilation
        As in :func:`conv2d`.

    Returns
    -------
    Tensor or array, shape (N, OH, OW, C M)
        Channel c M + m is that of kernel m over channel c.

    Raises
    ------
    ShapeError, ArgumentError
        As :func:`conv2d`.
    """
    x, w = as_operand(x), as_operand(w)
    checked_images("depthwise_conv2d", x, w, "(KH, KW, C, M)")
    if x.shape[3] != w.shape[2]:
        raise ShapeError(
            f"depthwise_conv2d expects a kernel (KH, KW, C, M) with the C of the images; received input {x.shape} and "
            f"kernel {w.shape}. Give kernels for {x.shape[3]} channels."
        )
    rows, columns, channels, each = w.shape
    return conv2d(x, reshape(w, (rows, columns, 1, channels * each)), strides, padding, dilation, max(channels, 1))


def conv2d_transpose(
    x: Any, w: Any, strides: Any = 1, padding: Any = "valid", output_padding: Any = None, dilation: Any = 1
) -> Any:
    """The convolution that turns sizes back: the gradient of :func:`conv2d` in its input.

    Parameters
    ----------
    x : Tensor or array_like, shape (N, H, W, C)
    w : Tensor or array_like, shape (KH, KW, OC, C)
        Of the convolution from (N, OH, OW, OC) to (N, H, W, C).
    strides, dilation : int or (int, int), >= 1
    padding : {"valid", "same"} or ((top, bottom), (left, right))
        What that convolution pads, and this one cuts away.
    output_padding : int or (int, int), optional
        Rows and columns more, at the end; less than the stride.

    Returns
    -------
    Tensor or array, shape (N, OH, OW, OC)
        With span = (KH - 1) dilation + 1 and without `output_padding`: OH = H stride with "same",
        H stride + max(span - stride, 0) with "valid", (H - 1) stride + span - top - bottom with pairs. With it:
        (H - 1) stride + span - 2 ⌊span / 2⌋ + output_padding with "same",
        (H - 1) stride + span - top - bottom + output_padding otherwise.

    Raises
    ------
    ShapeError
        When a rank is wrong, channels do not fit, no output is left, or a number is out of its range.
    ArgumentError
        When `padding` is of another kind.

    Notes
    -----
    y[n, i s + k d - top, …, o] = Σ x[n, i, …, c] w[k, …, o, c] over all i, k, … that meet there. Sizes are those of
    Keras, and so is "same": what would be odd is cut at the end.

    References
    ----------
    Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", chapter 4.
    """
    name = "conv2d_transpose"
    x, w = as_operand(x), as_operand(w)
    checked_images(name, x, w, "(KH, KW, OC, C)")
    if x.shape[3] != w.shape[3]:
        raise ShapeError(
            f"{name} expects a kernel (KH, KW, OC, C) with the C of the images; received input {x.shape} and kernel "
            f"{w.shape}. Give a kernel of {x.shape[3]} channels, its last axis."
        )
    steps, gaps = pair(name, "strides", strides), pair(name, "dilation", dilation)
    more = None if output_padding is None else pair(name, "output_padding", output_padding, 0)
    if more is not None and any(extra >= step for extra, step in zip(more, steps, strict=True)):
        raise ShapeError(
            f"{name} expects output_padding below strides; received output_padding={more}, strides={steps}: such rows "
            "would see nothing."
        )
    if min(x.shape[1:3]) < 1:
        raise ShapeError(f"{name} expects images of at least one row and column; received input {x.shape}.")
    if not isinstance(padding, str):
        padding = padding_pairs(name, padding, x.shape[1:3], w.shape[:2], steps, gaps)
    sizes, around = [], []
    for axis in range(2):
        size, sides = _turned(
            x.shape[1 + axis],
            (w.shape[axis] - 1) * gaps[axis] + 1,
            steps[axis],
            padding if isinstance(padding, str) else padding[axis],
            None if more is None else more[axis],
        )
        sizes.append(size)
        around.append(sides)
    if min(sizes) < 1:
        raise ShapeError(
            f"{name} of input {x.shape} with kernel {w.shape}, strides {steps} and padding {padding} leaves "
            f"{tuple(sizes)} rows and columns. Pad less."
        )
    shape = x.shape[0], sizes[0], sizes[1], w.shape[2]
    return conv2d_input(x, w, shape, steps, (around[0], around[1]), gaps, 1)


def _turned(size: int, span: int, stride: int, padding: str | Pair, more: int | None) -> tuple[int, Pair]:
    """Size of the output along an axis, and the padding with which a convolution brings it back to `size`."""
    full = (size - 1) * stride + span
    if not isinstance(padding, str):
        return full - sum(padding) + (more or 0), padding
    if padding.lower() not in ("valid", "same"):
        raise ArgumentError(
            f"conv2d_transpose expects padding to be 'valid', 'same' or ((top, bottom), (left, right)); received "
            f"{padding!r}."
        )
    if padding.lower() == "valid":
        return full + (max(stride - span, 0) if more is None else more), (0, 0)
    result = size * stride if more is None else full - 2 * (span // 2) + more
    total = max(full - result, 0)
    return result, (total // 2, total - total // 2)
