"""HOG: histograms of oriented gradients, the features that detected people before networks learned their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.step import Step

__all__ = ["BLOCK_NORMS", "HOG"]

BLOCK_NORMS = ("L1", "L1-sqrt", "L2", "L2-Hys")
_EPSILON = 1e-5
_CHUNK = 1 << 20


class HOG(Step):
    """Histograms of gradient directions in the cells of an image, normalised in overlapping blocks.

    Parameters
    ----------
    orientations : int
        Bins for directions from 0 to 180 degrees; a gradient and its negative count alike.
    pixels_per_cell : tuple (height, width) of int
        Size of a cell. Rows and columns that do not fill one are left out.
    cells_per_block : tuple (height, width) of int
        Size of a block, in cells. Blocks begin at every cell.
    block_norm : "L1", "L1-sqrt", "L2" or "L2-Hys"
        How the histograms v of a block are normalised, see below.
    transform_sqrt : bool
        Take the square root of the pixels first, which evens out light; they must not be negative.

    Notes
    -----
    Gradients are central differences, gx = I(r, c + 1) - I(r, c - 1) and gy = I(r + 1, c) - I(r - 1, c), and 0 at the
    border; of colour channels each pixel takes the one with the largest gradient. Each pixel adds its magnitude
    sqrt(gx² + gy²) to the bin of its direction atan2(gy, gx) mod 180 degrees; a histogram is divided by the area of its
    cell. With e = 1e-5: "L1": v / (|v|_1 + e); "L1-sqrt": the root of that; "L2": v / sqrt(|v|_2² + e²); "L2-Hys":
    "L2", cut at 0.2, and "L2" again. Output in the order block row, block column, cell row, cell column, bin.

    As in scikit-image, and unlike Dalal and Triggs, a pixel votes for a single bin and cell, without interpolation.

    References
    ----------
    Dalal and Triggs (2005), Histograms of oriented gradients for human detection, CVPR, section 6.

    Examples
    --------
    >>> HOG(orientations=4, pixels_per_cell=(4, 4), cells_per_block=(2, 2))(np.eye(8)[None]).shape
    (1, 16)
    """

    def __init__(
        self,
        orientations: int = 9,
        pixels_per_cell: tuple[int, int] = (8, 8),
        cells_per_block: tuple[int, int] = (3, 3),
        block_norm: str = "L2-Hys",
        transform_sqrt: bool = False,
    ) -> None:
        if isinstance(orientations, bool) or not isinstance(orientations, (int, np.integer)) or orientations < 1:
            raise DataError(f"HOG expects orientations as an integer of at least 1; received {orientations!r:.60}.")
        if block_norm not in BLOCK_NORMS:
            raise DataError(f"HOG expects block_norm as one of {', '.join(BLOCK_NORMS)}; received {block_norm!r:.60}.")
        if not isinstance(transform_sqrt, bool):
            raise DataError(f"HOG expects transform_sqrt as True or False; received {transform_sqrt!r:.60}.")
        self.orientations = int(orientations)
        self.pixels_per_cell = _size(pixels_per_cell, "pixels_per_cell")
        self.cells_per_block = _size(cells_per_block, "cells_per_block")
        self.block_norm = block_norm
        self.transform_sqrt = transform_sqrt

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The histograms of each image, float32, of shape (N, features).

        Parameters
        ----------
        x : ndarray, shape (N, H, W) or (N, H, W, channels)

        Raises
        ------
        DataError
            For another shape, images smaller than a block, and negative pixels with `transform_sqrt`.
        """
        if x.ndim not in (3, 4):
            raise DataError(
                f"HOG expects images (N, height, width) or (N, height, width, channels); received {x.shape}. Give them "
                "their shape first, e.g. with Reshape((28, 28))."
            )
        blocks = self._blocks(x.shape[1], x.shape[2])
        features = int(np.prod([*blocks, *self.cells_per_block, self.orientations]))
        made = np.empty((len(x), features), np.float32)
        rows = max(1, _CHUNK // x[:1].size)
        for start in range(0, len(x), rows):
            cells = self._histograms(x[start : start + rows].astype(np.float64))
            made[start : start + rows] = self._normalised(cells, blocks).reshape(len(cells), features)
        return made

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            "orientations": self.orientations,
            "pixels_per_cell": list(self.pixels_per_cell),
            "cells_per_block": list(self.cells_per_block),
            "block_norm": self.block_norm,
            "transform_sqrt": self.transform_sqrt,
        }

    def __repr__(self) -> str:
        """Bins and sizes."""
        return f"HOG({self.orientations}, {self.pixels_per_cell}, {self.cells_per_block}, {self.block_norm!r})"

    def _blocks(self, height: int, width: int) -> tuple[int, int]:
        """Blocks down and across an image."""
        (ph, pw), (bh, bw) = self.pixels_per_cell, self.cells_per_block
        down, across = height // ph - bh + 1, width // pw - bw + 1
        if down < 1 or across < 1:
            raise DataError(
                f"HOG with cells of {ph} x {pw} pixels and blocks of {bh} x {bw} cells expects images of at least "
                f"{ph * bh} x {pw * bw} pixels; received {height} x {width}. Give smaller pixels_per_cell or "
                "cells_per_block."
            )
        return down, across

    def _histograms(self, x: np.ndarray) -> np.ndarray:
        """The histogram of each cell, (N, cell rows, cell columns, bins)."""
        if self.transform_sqrt:
            if x.min() < 0:
                raise DataError(f"HOG(transform_sqrt=True) expects pixels of at least 0; received {x.min()}.")
            x = np.sqrt(x)
        gx, gy = np.zeros(x.shape), np.zeros(x.shape)
        gx[:, :, 1:-1] = x[:, :, 2:] - x[:, :, :-2]
        gy[:, 1:-1] = x[:, 2:] - x[:, :-2]
        magnitude = np.hypot(gx, gy)
        if x.ndim == 4:
            strongest = magnitude.argmax(axis=3)[..., None]
            gx, gy, magnitude = (np.take_along_axis(part, strongest, axis=3)[..., 0] for part in (gx, gy, magnitude))
        direction = np.rad2deg(np.arctan2(gy, gx)) % 180
        # A tiny negative angle is rounded to 180 degrees: it belongs to the last bin.
        bins = np.minimum((direction * (self.orientations / 180)).astype(np.int64), self.orientations - 1)
        (ph, pw), (count, height, width) = self.pixels_per_cell, magnitude.shape
        down, across = height // ph, width // pw
        whole = np.s_[:, : down * ph, : across * pw]
        cut = (count, down, ph, across, pw)
        made = np.empty((count, down, across, self.orientations))
        for number in range(self.orientations):
            votes = np.where(bins == number, magnitude, 0.0)[whole].reshape(cut)
            made[..., number] = votes.sum(axis=(2, 4)) / (ph * pw)
        return made

    def _normalised(self, cells: np.ndarray, blocks: tuple[int, int]) -> np.ndarray:
        """Blocks of cells, each normalised."""
        count, bins = len(cells), self.orientations
        (down, across), (bh, bw) = blocks, self.cells_per_block
        made = np.empty((count, down, across, bh, bw, bins))
        for row in range(bh):
            for column in range(bw):
                made[:, :, :, row, column] = cells[:, row : row + down, column : column + across]
        over = (3, 4, 5)
        if self.block_norm in ("L1", "L1-sqrt"):
            made /= np.abs(made).sum(axis=over, keepdims=True) + _EPSILON
            return np.sqrt(made) if self.block_norm == "L1-sqrt" else made
        made /= np.sqrt(np.square(made).sum(axis=over, keepdims=True) + _EPSILON**2)
        if self.block_norm == "L2-Hys":
            np.minimum(made, 0.2, out=made)
            made /= np.sqrt(np.square(made).sum(axis=over, keepdims=True) + _EPSILON**2)
        return made


def _size(value: Any, name: str) -> tuple[int, int]:
    """A pair of positive integers; JSON gives a list."""
    if (
        not isinstance(value, (tuple, list))
        or len(value) != 2
        or not all(isinstance(extent, int) and not isinstance(extent, bool) and extent >= 1 for extent in value)
    ):
        raise DataError(f"HOG expects {name}=(height, width), two positive integers; received {value!r:.60}.")
    return value[0], value[1]
