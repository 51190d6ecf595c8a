"""Pooling of images: the largest or the mean number of each window, and the gradients of both.

**Shapes.** X and its gradient are (images, H, W, C), Y and its gradient (images, OH, OW, C), all contiguous, NHWC. The
window of output (oh, ow) begins at (oh * stride_h - top, ow * stride_w - left) and is KH x KW; what lies outside the
image is neither compared nor counted. Every window has at least one pixel inside.

**Formulas.** max: `Y = max of the window`, NaN if there is one. mean: `Y = sum of the window / its pixels inside`.
max_input: the gradient of a window goes to the first of its largest numbers, row by row from the top left. mean_input:
it is shared equally by the pixels inside.

**Work items.** Forward, and backward where windows do not overlap, an output row with the input rows that belong to it;
backward otherwise an image. An item owns what it writes.

**Work.** One operation for each pixel of a window (four for max_input). Bytes: each array once.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

KINDS = ("max", "mean", "max_input", "mean_input")


class Geometry(NamedTuple):
    """Extents of a pooling."""

    images: int
    H: int
    W: int
    C: int
    OH: int
    OW: int
    stride_h: int
    stride_w: int
    top: int
    left: int


@dataclass(frozen=True)
class Spec:
    """
    What is compiled into a pooling.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    dtype : str
        float32 or float64; max also int32 and int64.
    KH, KW : int
        The window.
    """

    family: ClassVar[str] = "pool"

    kind: str
    dtype: str
    KH: int
    KW: int

    @property
    def backward(self) -> bool:
        """Whether it is a gradient."""
        return self.kind.endswith("input")

    def by_rows(self, geometry: Geometry) -> bool:
        """Whether a work item is an output row, and not an image."""
        return not self.backward or (geometry.stride_h >= self.KH and geometry.stride_w >= self.KW)

    def items(self, geometry: Geometry) -> int:
        """Number of work items."""
        return geometry.images * (geometry.OH if self.by_rows(geometry) else 1)

    def flops(self, geometry: Geometry) -> int:
        """Operations."""
        g = geometry
        return g.images * g.OH * g.OW * g.C * self.KH * self.KW * (4 if self.kind == "max_input" else 1)


def words(spec: Spec, arrays: list[Any], geometry: Geometry) -> list[Any]:
    """
    The words of a call, in the order in which the kernel reads them.

    Parameters
    ----------
    spec : Spec
    arrays : list of address
        x, y for the forward kinds; x, y, dy, dx for max_input; dy, dx for mean_input.
    geometry : Geometry
    """
    rows = 1 if spec.by_rows(geometry) else geometry.OH
    return [*geometry, rows, *arrays]
