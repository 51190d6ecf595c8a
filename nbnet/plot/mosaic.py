"""Many small pictures of one size in one array, as filters and feature maps are drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["bare", "mosaic", "mosaic_shape"]

_TILE = 24  # numbers along the longer side of a tile; smaller pictures are enlarged, so that gaps stay thin
_GAP = 0.09  # between tiles, in parts of a tile's longer side


def mosaic(tiles: np.ndarray, columns: int) -> np.ndarray:
    """Tiles in rows of `columns`, with NaN between them and where none is left.

    Parameters
    ----------
    tiles : ndarray, shape (K, h, w) or (K, h, w, channels), float
    columns : int > 0

    Returns
    -------
    ndarray, shape (H, W) or (H, W, channels)
        The size that :func:`mosaic_shape` says.
    """
    count, height, width = tiles.shape[:3]
    times, gap = _enlarging(height, width)
    rows = math.ceil(count / columns)
    large = tiles.repeat(times, axis=1).repeat(times, axis=2)
    whole = np.full((*mosaic_shape((height, width), rows, columns), *tiles.shape[3:]), np.nan)
    for index, tile in enumerate(large):
        top = (index // columns) * (height * times + gap)
        left = (index % columns) * (width * times + gap)
        whole[top : top + height * times, left : left + width * times] = tile
    return whole


def mosaic_shape(tile: tuple[int, int], rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns of numbers of a mosaic."""
    times, gap = _enlarging(*tile)
    return rows * (tile[0] * times + gap) - gap, columns * (tile[1] * times + gap) - gap


def bare(axes: Any) -> None:
    """No ticks and no frame around a picture."""
    axes.set_xticks(())
    axes.set_yticks(())
    for spine in axes.spines.values():
        spine.set_visible(False)


def _enlarging(height: int, width: int) -> tuple[int, int]:
    """How many times each number of a tile is repeated along both axes, and how wide the gaps are."""
    longer = max(height, width)
    times = max(1, math.ceil(_TILE / longer))
    return times, max(1, round(_GAP * longer * times))
