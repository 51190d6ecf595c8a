"""Windows that slide over images: arguments in one form, padding, output sizes, and what each tap of a window sees.

A window covers ``size`` places of an axis that are ``dilation`` apart, so it spans (size - 1) dilation + 1 places; its
successor begins ``stride`` places later.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError

__all__ = [
    "Padding", "Pair", "output_sizes", "padded", "padding_pairs", "pair", "positive", "same_padding", "tap_slices",
]  # fmt: skip

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


def _is_index(value: Any, least: int) -> bool:
    """Whether `value` is a whole number that is not below `least`."""
    return hasattr(value, "__index__") and not isinstance(value, bool) and operator.index(value) >= least


def pair(name: str, what: str, value: Any, least: int = 1) -> Pair:
    """`value`, an int or two of them, as (of rows, of columns).

    Raises
    ------
    ShapeError
        When it is neither, or one is below `least`.
    """
    listed = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value, value)
    if len(listed) != 2 or not all(_is_index(item, least) for item in listed):
        raise ShapeError(f"{name} expects {what} of {least} or more, an int or (rows, columns); received {value!r}.")
    return operator.index(listed[0]), operator.index(listed[1])


def positive(name: str, what: str, value: Any) -> int:
    """`value` as an int.

    Raises
    ------
    ShapeError
        When it is not a whole number of 1 or more.
    """
    if not _is_index(value, 1):
        raise ShapeError(f"{name} expects {what} of 1 or more, an int; received {value!r}.")
    return operator.index(value)


def same_padding(size: int, span: int, stride: int) -> Pair:
    """Zeros before and after an axis with which ceil(size / stride) windows fit; an odd one comes after."""
    windows = -(-size // stride)
    total = max((windows - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def padding_pairs(
    name: str, padding: Any, sizes: Pair, window: Pair, strides: Pair, dilation: Pair = (1, 1)
) -> Padding:
    """`padding` as ((top, bottom), (left, right)).

    Parameters
    ----------
    name : str
        For messages.
    padding : {"valid", "same"} or pair of pairs of int
        None; as much as gives ceil(size / stride) windows; or that much.
    sizes, window, strides, dilation : tuple of int
        Of rows and columns.

    Raises
    ------
    ArgumentError
        When it is none of these, or a number is negative.
    """
    if isinstance(padding, str) and padding.lower() == "valid":
        return (0, 0), (0, 0)
    if isinstance(padding, str) and padding.lower() == "same":
        rows, columns = (
            same_padding(size, (count - 1) * step + 1, stride)
            for size, count, stride, step in zip(sizes, window, strides, dilation, strict=True)
        )
        return rows, columns
    listed = padding if isinstance(padding, (tuple, list)) else ()
    if len(listed) != 2 or not all(
        isinstance(side, (tuple, list)) and len(side) == 2 and all(_is_index(item, 0) for item in side)
        for side in listed
    ):
        raise ArgumentError(
            f"{name} expects padding to be 'valid', 'same' or ((top, bottom), (left, right)) of 0 or more; received "
            f"{padding!r}."
        )
    (top, bottom), (left, right) = listed
    return (operator.index(top), operator.index(bottom)), (operator.index(left), operator.index(right))


def output_sizes(
    name: str, sizes: Pair, window: Pair, strides: Pair, padding: Padding, dilation: Pair = (1, 1)
) -> Pair:
    """How many windows fit along rows and columns.

    Raises
    ------
    ShapeError
        When none fits, or it is a window of nothing.
    """
    if min(window) < 1:
        raise ShapeError(f"{name} expects a window of at least one row and column; received {tuple(window)}.")
    spans = tuple((count - 1) * step + 1 for count, step in zip(window, dilation, strict=True))
    whole = tuple(size + before + after for size, (before, after) in zip(sizes, padding, strict=True))
    if min(sizes) < 1 or any(span > size for span, size in zip(spans, whole, strict=True)):
        spread = f" with dilation {tuple(dilation)}, which spans {spans}," if tuple(dilation) != (1, 1) else ""
        around = f", {whole} with its padding" if whole != tuple(sizes) else ""
        raise ShapeError(
            f"{name} cannot place a window of {tuple(window)}{spread} on an input of {tuple(sizes)} rows and columns"
            f"{around}: there would be no output. Use a smaller window, a larger input, or padding='same'."
        )
    rows, columns = ((size - span) // stride + 1 for size, span, stride in zip(whole, spans, strides, strict=True))
    return rows, columns


def padded(x: np.ndarray, padding: Padding, value: Any = 0) -> np.ndarray:
    """A copy of images with `value` around them."""
    (top, bottom), (left, right) = padding
    images, height, width, channels = x.shape
    result = np.full((images, top + height + bottom, left + width + right, channels), value, x.dtype)
    result[:, top : top + height, left : left + width] = x
    return result


def tap_slices(
    outputs: Sequence[int], window: Sequence[int], strides: Pair, dilation: Pair = (1, 1)
) -> Iterator[tuple[int, int, tuple[slice, slice]]]:
    """(i, j, rows and columns of padded images that place (i, j) of the windows sees), in row-major order."""
    for i in range(window[0]):
        for j in range(window[1]):
            starts = i * dilation[0], j * dilation[1]
            rows, columns = (
                slice(start, start + (count - 1) * stride + 1, stride)
                for start, count, stride in zip(starts, outputs, strides, strict=True)
            )
            yield i, j, (rows, columns)
