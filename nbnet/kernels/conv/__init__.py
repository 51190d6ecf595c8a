"""Convolution of images, `Y[p, n] = sum over kh, kw, c of X[p; kh, kw, c] * W[kh, kw, c, n]`, and a program of it.

**Shapes.** X is (images, H, W, C), in NHWC order; W is (KH, KW, C / groups, OC) in HWIO order. Y is (images * OH * OW,
OC): row p is an output pixel, the one at column `ow` of row `oh` of image `i`, and `X[p; kh, kw, c] = X[i, oh *
stride_h + kh * dilation_h, ow * stride_w + kw * dilation_w, c]`. Every element that is asked for exists: what is padded
is padded before. With `flip` the kernel is read backwards along KH and KW, which makes the gradient in X of a
convolution of stride 1 a convolution of the gradient in Y.

**Work items.** One tile of Y: `rows` pixels, which may go over the end of a row and of an image, and a panel of
`vectors * width` columns of a group. Numbered down the pixels of a strip within a panel, then panel by panel, then
group by group, then strip by strip; as for a matrix product a chunk of whole strips owns whole rows of Y.

**Order of the sum.** kh, kw, c: one chain for each element, whatever the tile, the strips and the chunks are.

**Work.** 2 * pixels * OC * KH * KW * C / groups FLOPs; X, W and Y are each counted once in the bytes. X is read where
it stands: no copy in the form of a matrix is made, as the tile takes the address of each of its pixels from a table.

**Epilogue.** As of the matrix product, see `nbnet.kernels.matmul`, over the rows of Y.

References
----------
M. Dukhan, "The indirect convolution algorithm", 2019: addresses of pixels in place of a matrix of their surroundings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from nbnet.kernels.program import Program

FIRST_EXTRA_WORD = 22
"""Where the words of the epilogue begin."""


class Geometry(NamedTuple):
    """Extents of a convolution, of the input as it is stored (H, W, C), the output (OH, OW, OC) and the kernel."""

    images: int
    H: int
    W: int
    C: int
    OH: int
    OW: int
    OC: int
    KH: int
    KW: int
    stride_h: int = 1
    stride_w: int = 1
    dilation_h: int = 1
    dilation_w: int = 1
    groups: int = 1

    @property
    def pixels(self) -> int:
        """Output pixels of all images."""
        return self.images * self.OH * self.OW

    @property
    def depth(self) -> int:
        """Products in an element of the output."""
        return self.KH * self.KW * (self.C // self.groups)

    @property
    def flops(self) -> int:
        """Floating-point operations."""
        return 2 * self.pixels * self.OC * self.depth

    def bytes(self, itemsize: int) -> int:
        """Bytes of input, kernel and output, each once."""
        inputs, kernel = self.images * self.H * self.W * self.C, self.depth * self.OC
        return (inputs + kernel + self.pixels * self.OC) * itemsize


@dataclass(frozen=True)
class Spec:
    """
    What is compiled into a convolution.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    rows, vectors, width : int
        The register tile, as `nbnet.kernels.tile.tile_shape` gives it or another that fits.
    masked : bool
        Whether the CPU loads and stores parts of vectors.
    epilogue : Program, optional
        What to compute from Y.
    """

    family: ClassVar[str] = "conv"

    dtype: str
    rows: int
    vectors: int
    width: int
    masked: bool
    epilogue: Program | None = None

    @property
    def panel(self) -> int:
        """Columns of a work item."""
        return self.vectors * self.width

    def items(self, geometry: Geometry) -> int:
        """Number of work items."""
        panels = -(-(geometry.OC // geometry.groups) // self.panel)
        return -(-geometry.pixels // self.rows) * panels * geometry.groups

    def flops(self, geometry: Geometry) -> int:
        """Floating-point operations, those of the epilogue included."""
        return geometry.flops + geometry.pixels * geometry.OC * (self.epilogue.flops if self.epilogue else 0)


def words(
    x: Any,
    w: Any,
    y: Any,
    geometry: Geometry,
    itemsize: int,
    strip: int,
    flip: bool = False,
    extra: Sequence[Any] = (),
) -> list[Any]:
    """
    The words of a call, in the order in which the kernel reads them; addresses pass through untouched.

    Parameters
    ----------
    x, w, y : address
        Of the first elements.
    geometry : Geometry
    itemsize : int
        Bytes of an element.
    strip : int
        Blocks of pixels in a strip, >= 1.
    flip : bool
        Read the kernel backwards along its rows and columns.
    extra : sequence
        Words of the epilogue.
    """
    g = geometry
    channels = g.C // g.groups
    tap = channels * g.OC
    pixel, line = g.C, g.W * g.C
    merged = g.dilation_w == 1 and g.groups == 1 and not flip  # then a row of the kernel is one run of the input
    loops = (g.KH, 1, g.KW * channels) if merged else (g.KH, g.KW, channels)
    turn = -1 if flip else 1
    steps = [
        g.H * line, g.stride_h * line, g.stride_w * pixel,  # from image to image, row to row, pixel to pixel
        g.dilation_h * line, g.dilation_w * pixel, channels,  # along kh and kw of X, from group to group
        turn * g.KW * tap, turn * tap, g.OC,  # along kh, kw and c of W
        (g.KH * g.KW - 1) * tap if flip else 0,  # to the first of W that is read
    ]  # fmt: skip
    extents = [g.pixels, g.OH, g.OW, g.OC, g.groups, *loops, strip]
    return [x, w, y, *extents, *(step * itemsize for step in steps), *extra]
