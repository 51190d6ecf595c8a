"""Arguments of layers that go over the steps of signals and the rows and columns of images."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph.ops.windows import output_sizes, padding_pairs
from nbnet.layers.shapes import Shape

__all__ = [
    "checked_data_format", "checked_padding", "checked_sides", "checked_sizes", "require_places", "require_rank",
]  # fmt: skip

_INPUTS = {1: "(batch, steps, channels)", 2: "(batch, height, width, channels)"}


def checked_sizes(owner: str, what: str, value: Any, rank: int, least: int = 1) -> tuple[int, ...]:
    """`value`, an int or one for each of `rank` axes, as a tuple.

    Raises
    ------
    ShapeError
        When it is neither, or one is below `least`.
    """
    listed = tuple(value) if isinstance(value, (list, tuple)) else (value,) * rank
    if len(listed) != rank or not all(_is_size(item, least) for item in listed):
        many = "an int" if rank == 1 else f"an int or {rank} ints"
        raise ShapeError(f"{owner} expects {what} to be {many} of {least} or more; received {value!r}.")
    return tuple(operator.index(item) for item in listed)


def checked_padding(owner: str, padding: Any, causal: bool = False) -> str:
    """`padding`, a name, in small letters.

    Raises
    ------
    ArgumentError
        When it is not "valid" or "same", nor "causal" where that is known.
    """
    known = ("valid", "same", "causal") if causal else ("valid", "same")
    if not isinstance(padding, str) or padding.lower() not in known:
        layer = "ZeroPadding1D" if causal else "ZeroPadding2D"
        raise ArgumentError(
            f"{owner} expects padding to be one of {', '.join(map(repr, known))}; received {padding!r}. For other "
            f"widths put a {layer} before it."
        )
    return padding.lower()


def checked_data_format(owner: str, data_format: Any) -> None:
    """Raise an ArgumentError unless `data_format` is "channels_last" or None, which means the same."""
    if data_format not in (None, "channels_last"):
        raise ArgumentError(
            f"{owner} takes data_format='channels_last' alone, the channels on the last axis; received "
            f"{data_format!r}. Bring images (batch, channels, height, width) to that order with Permute((2, 3, 1))."
        )


def checked_sides(owner: str, what: str, value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """`value` as (before, after) of each of `rank` axes.

    Parameters
    ----------
    value : int, or a sequence
        An int is for all sides. For one axis: (before, after). For two: (of rows, of columns), each an int for both
        sides or (before, after).

    Raises
    ------
    ShapeError
        When it is none of these, or a number is negative.
    """
    listed: Any = value if isinstance(value, (list, tuple)) else (value,) * rank
    if rank == 1 and isinstance(value, (list, tuple)):
        listed = (value,)
    sides = [tuple(item) if isinstance(item, (list, tuple)) else (item, item) for item in listed]
    if len(sides) != rank or not all(len(side) == 2 and all(_is_size(item, 0) for item in side) for side in sides):
        pairs = "(before, after)" if rank == 1 else "(rows, columns) or ((top, bottom), (left, right))"
        raise ShapeError(f"{owner} expects {what} to be an int, {pairs}, of 0 or more; received {value!r}.")
    return tuple((operator.index(before), operator.index(after)) for before, after in sides)


def require_rank(title: str, shape: Shape, rank: int) -> None:
    """Raise a ShapeError for input that is not a batch of signals (`rank` 1) or images (2) with channels."""
    if len(shape) != rank + 2:
        if len(shape) == rank + 1:
            remedy = "Give it an axis of channels with Reshape, an array with x[..., None]"
        elif rank == 1 and len(shape) == 4:
            remedy = "Bring it to that form with Reshape, or use the layer for images, which ends in 2D"
        else:
            remedy = "Bring it to that form with Reshape"
        raise ShapeError(f"{title} expects input {_INPUTS[rank]}; received {tuple(shape)}. {remedy}.")


def require_places(
    title: str,
    shape: Shape,
    window: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int] | None = None,
) -> None:
    """Raise a ShapeError for input in which a window that slides finds no place."""
    rank = len(window)
    sizes = [operator.index(size or 0) for size in shape[1:-1]]
    gaps = dilation if dilation is not None else (1,) * rank
    lists = ((1,) * (2 - rank) + tuple(each) for each in (sizes, window, strides, gaps))  # a signal is one row
    (height, width), (rows, columns), (down, right), (row_gap, column_gap) = lists
    places, size, steps, spread = (height, width), (rows, columns), (down, right), (row_gap, column_gap)
    name = "same" if padding == "causal" else padding  # with either there is a place for any window
    output_sizes(title, places, size, steps, padding_pairs(title, name, places, size, steps, spread), spread)


def _is_size(value: Any, least: int) -> bool:
    """Whether `value` is a whole number that is not below `least`."""
    return hasattr(value, "__index__") and not isinstance(value, bool) and operator.index(value) >= least
