"""Pooling of images, NHWC: the largest or the mean of each window, and the gradients of both."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.ops.compare import equal, logical_and, logical_not, logical_or, not_equal
from nbnet.graph.ops.elementwise import where
from nbnet.graph.ops.pieces import pad, strided_slice
from nbnet.graph.ops.registry import register
from nbnet.graph.ops.windows import Padding, Pair, output_sizes, padded, padding_pairs, pair, tap_slices
from nbnet.graph.tensor import Op, Spec, Tensor, apply, as_operand

__all__ = ["avg_pool2d", "max_pool2d"]

Shape = tuple[int, ...]


def _output(name: str, x: Shape, window: Pair, strides: Pair, padding: Padding) -> Shape:
    """The shape of y for that of x."""
    return x[0], *output_sizes(name, (x[1], x[2]), window, strides, padding), x[3]


def _infer_max(x: Any, window: Pair, strides: Pair, padding: Padding) -> Spec:
    return _output("max_pool2d", x.shape, window, strides, padding), x.dtype


def _infer_avg(x: Any, window: Pair, strides: Pair, padding: Padding) -> Spec:
    return _output("avg_pool2d", x.shape, window, strides, padding), x.dtype


def _infer_max_input(x: Any, y: Any, dy: Any, window: Pair, strides: Pair, padding: Padding) -> Spec:
    wanted = _output("max_pool2d_input", x.shape, window, strides, padding)
    _require("max_pool2d_input", y.shape, wanted)
    _require("max_pool2d_input", dy.shape, wanted)
    return x.shape, x.dtype


def _infer_avg_input(dy: Any, window: Pair, strides: Pair, padding: Padding, shape: Shape) -> Spec:
    _require("avg_pool2d_input", dy.shape, _output("avg_pool2d_input", shape, window, strides, padding))
    return shape, dy.dtype


def _require(name: str, found: Shape, wanted: Shape) -> None:
    """Raise a ShapeError unless an operand has the shape of the pooling's output."""
    if found != wanted:
        raise ShapeError(f"{name} expects operands of the shape of the pooling's output, {wanted}; received {found}.")


def _inside(shape: Shape, padding: Padding) -> np.ndarray:
    """Which places of the padded images are not padding: (1, rows, columns, 1)."""
    return padded(np.ones((1, shape[1], shape[2], 1), bool), padding)


def _cropped(x: np.ndarray, shape: Shape, padding: Padding) -> np.ndarray:
    """Images of `shape` without their padding."""
    (top, _), (left, _) = padding
    return x[:, top : top + shape[1], left : left + shape[2]].copy()


def _max_reference(x: np.ndarray, window: Pair, strides: Pair, padding: Padding) -> np.ndarray:
    shape = _output("max_pool2d", x.shape, window, strides, padding)
    whole, y = padded(x, padding, -np.inf), np.full(shape, -np.inf, x.dtype)
    with np.errstate(all="ignore"):
        for _, _, seen in tap_slices((shape[1], shape[2]), window, strides):
            y = np.maximum(y, whole[:, *seen])  # keeps NaN
    return y


def _max_input_reference(
    x: np.ndarray, y: np.ndarray, dy: np.ndarray, window: Pair, strides: Pair, padding: Padding
) -> np.ndarray:
    """Tap by tap in row-major order: a window whose largest was not seen yet gives its gradient to it."""
    whole, inside, dx = padded(x, padding), _inside(x.shape, padding), padded(np.zeros_like(x), padding)
    waiting = np.ones(y.shape, bool)
    with np.errstate(all="ignore"):
        for _, _, seen in tap_slices(y.shape[1:3], window, strides):
            piece = whole[:, *seen]
            found = waiting & inside[:, *seen] & ((piece == y) | np.isnan(piece))
            dx[:, *seen] += np.where(found, dy, 0)
            waiting &= ~found
    return _cropped(dx, x.shape, padding)


def _counts(shape: Shape, outputs: Pair, window: Pair, strides: Pair, padding: Padding, dtype: np.dtype) -> np.ndarray:
    """How many places of each window are not padding: (1, OH, OW, 1)."""
    inside, total = _inside(shape, padding), np.zeros((1, *outputs, 1), dtype)
    for _, _, seen in tap_slices(outputs, window, strides):
        total += inside[:, *seen]
    return total


def _avg_reference(x: np.ndarray, window: Pair, strides: Pair, padding: Padding) -> np.ndarray:
    shape = _output("avg_pool2d", x.shape, window, strides, padding)
    outputs = shape[1], shape[2]
    whole, y = padded(x, padding), np.zeros(shape, x.dtype)
    with np.errstate(all="ignore"):
        for _, _, seen in tap_slices(outputs, window, strides):
            y += whole[:, *seen]
        return y / _counts(x.shape, outputs, window, strides, padding, x.dtype)


def _avg_input_reference(dy: np.ndarray, window: Pair, strides: Pair, padding: Padding, shape: Shape) -> np.ndarray:
    outputs, dx = dy.shape[1:3], padded(np.zeros(shape, dy.dtype), padding)
    with np.errstate(all="ignore"):
        shares = dy / _counts(shape, outputs, window, strides, padding, dy.dtype)
        for _, _, seen in tap_slices(outputs, window, strides):
            dx[:, *seen] += shares
    return _cropped(dx, shape, padding)


def _at_largest(x: Tensor, y: Tensor, g: Tensor, window: Pair, strides: Pair, padding: Padding) -> Any:
    """What stands in `g`, of x's shape, at the place of x to which each window gives its gradient; for y's shape."""
    widths = ((0, 0), *padding, (0, 0))
    inside, whole, values = _inside(x.shape, padding), pad(x, widths), pad(g, widths)
    result: Any = None
    taken: Any = None
    for _, _, (rows, columns) in tap_slices((y.shape[1], y.shape[2]), window, strides):
        bounds = (
            (0, rows.start, columns.start, 0),
            (x.shape[0], rows.stop, columns.stop, x.shape[3]),
            (1, rows.step, columns.step, 1),
        )
        piece = strided_slice(whole, *bounds)
        found = logical_or(equal(piece, y), not_equal(piece, piece))
        here = inside[:, rows, columns]
        if not here.all():
            found = logical_and(found, here)
        first = found if taken is None else logical_and(found, logical_not(taken))
        part = where(first, strided_slice(values, *bounds), 0)
        result = part if result is None else result + part
        taken = found if taken is None else logical_or(taken, found)
    return result


def _max_gradient(node: Tensor, g: Tensor) -> tuple[Any]:
    return (apply(MAX_POOL2D_INPUT, node.inputs[0], node, g, **node.attrs),)


def _max_input_gradient(node: Tensor, g: Tensor) -> tuple[None, None, Any]:
    """Where the largest stands does not change; from there the gradient comes back."""
    x, y, _ = node.inputs
    return None, None, _at_largest(x, y, g, **node.attrs)


def _avg_gradient(node: Tensor, g: Tensor) -> tuple[Any]:
    return (apply(AVG_POOL2D_INPUT, g, **node.attrs, shape=node.inputs[0].shape),)


def _avg_input_gradient(node: Tensor, g: Tensor) -> tuple[Any]:
    same = {name: value for name, value in node.attrs.items() if name != "shape"}
    return (apply(AVG_POOL2D, g, **same),)


MAX_POOL2D = register(Op("max_pool2d", _infer_max, _max_reference, _max_gradient, "pool", 0, floats=True))
MAX_POOL2D_INPUT = register(
    Op("max_pool2d_input", _infer_max_input, _max_input_reference, _max_input_gradient, "pool", 0, floats=True)
)
AVG_POOL2D = register(Op("avg_pool2d", _infer_avg, _avg_reference, _avg_gradient, "pool", 0, floats=True))
AVG_POOL2D_INPUT = register(
    Op("avg_pool2d_input", _infer_avg_input, _avg_input_reference, _avg_input_gradient, "pool", 0, floats=True)
)


def _pool(op: Op, x: Any, window: Any, strides: Any, padding: Any) -> Any:
    """Record the pooling."""
    x = as_operand(x)
    if x.ndim != 4:
        raise ShapeError(
            f"{op.name} expects images (batch, height, width, channels); received {x.shape}. Give one image a batch "
            "axis with x[None], a grey one a channel axis with x[..., None]."
        )
    sizes = pair(op.name, "a window", window)
    steps = sizes if strides is None else pair(op.name, "strides", strides)
    around = padding_pairs(op.name, padding, x.shape[1:3], sizes, steps)
    if any(max(sides) >= size for sides, size in zip(around, sizes, strict=True)):
        raise ShapeError(
            f"{op.name} expects padding below its window, as a window of nothing but padding has no result; received "
            f"padding {around} and window {sizes}. Pad less."
        )
    return apply(op, x, window=sizes, strides=steps, padding=around)


def max_pool2d(x: Any, window: Any, strides: Any = None, padding: Any = "valid") -> Any:
    """The largest number of each window, channel by channel; NaN where a window has one.

    Parameters
    ----------
    x : Tensor or array_like, shape (N, H, W, C)
        Integers become float32.
    window : int or (int, int), >= 1
    strides : int or (int, int), >= 1, optional
        From one window to the next; None: the window's size.
    padding : {"valid", "same"} or ((top, bottom), (left, right))
        As in :func:`conv2d`; less than the window. Padding is never the largest.

    Returns
    -------
    Tensor or array, shape (N, OH, OW, C)

    Raises
    ------
    ShapeError
        When the rank is wrong, no window fits, a size or stride is below 1, or a window could lie in padding alone.
    ArgumentError
        When `padding` is of another kind.

    Notes
    -----
    y[n, i, j, c] = max x[n, i s + k - top, j s + l - left, c] over k and l. The gradient of a window goes to the first
    of its largest numbers in row-major order, or to its first NaN; other numbers get none. PyTorch and TensorFlow on
    CPU do the same for equal numbers.
    """
    return _pool(MAX_POOL2D, x, window, strides, padding)


def avg_pool2d(x: Any, window: Any, strides: Any = None, padding: Any = "valid") -> Any:
    """The mean of each window, channel by channel; padding is not counted.

    Parameters
    ----------
    x, window, strides, padding
        As in :func:`max_pool2d`.

    Returns
    -------
    Tensor or array, shape (N, OH, OW, C)

    Raises
    ------
    ShapeError, ArgumentError
        As in :func:`max_pool2d`.

    Notes
    -----
    y[n, i, j, c] = Σ x[n, i s + k - top, j s + l - left, c] / n over the k and l inside the image, n being how many
    there are; dx = Σ dy / n over the windows that see it. TensorFlow and Keras do the same; PyTorch counts the padding
    too unless ``count_include_pad=False``.
    """
    return _pool(AVG_POOL2D, x, window, strides, padding)
