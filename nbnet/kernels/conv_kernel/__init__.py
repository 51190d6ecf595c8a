"""The gradient of a convolution in its kernel, `D[r, n] = sum over pixels p of X[p; r] * G[p, n]`, in pieces.

**Shapes.** X is (images, H, W, C) in NHWC order, G (images, OH, OW, OC), the gradient in the output. Row r = (kh, kw,
c) of D is `X[i, oh * stride_h + kh * dilation_h, ow * stride_w + kw * dilation_w, c]`, so D is (KH, KW, C / groups,
OC), in HWIO order. The images are cut into pieces of `each` images, and D is a stack of the sums of the pieces; who
adds them does so in their order.

**Work items.** A piece and a band of `band` blocks of rows of D of one group: items go down the bands of a piece, then
piece by piece. Within an item image after image is added, so that an image and its gradient are in the cache while all
the rows of D use them.

**Order of the sum.** The pixels of an image by rows, image by image: one chain for each element of a piece.

**Work.** 2 * pixels * OC * KH * KW * C / groups FLOPs; X, G and D are each counted once in the bytes.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from nbnet.kernels.conv import Geometry


@dataclass(frozen=True)
class Spec:
    """
    What is compiled into it.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    rows, vectors, width : int
        The register tile.
    masked : bool
        Whether the CPU loads and stores parts of vectors.
    """

    family: ClassVar[str] = "conv_kernel"

    dtype: str
    rows: int
    vectors: int
    width: int
    masked: bool

    @property
    def panel(self) -> int:
        """Columns of a tile."""
        return self.vectors * self.width

    def blocks(self, geometry: Geometry) -> int:
        """Blocks of rows of D, of all groups."""
        return -(-geometry.depth // self.rows) * geometry.groups

    def items(self, geometry: Geometry, each: int, band: int) -> int:
        """Number of work items."""
        return -(-geometry.images // each) * -(-self.blocks(geometry) // band)


def words(x: Any, g: Any, d: Any, geometry: Geometry, itemsize: int, each: int, band: int) -> list[Any]:
    """
    The words of a call, in the order in which the kernel reads them; addresses pass through untouched.

    Parameters
    ----------
    x, g, d : address
        Of the first elements; `d` of the first piece.
    geometry : Geometry
    itemsize : int
        Bytes of an element.
    each : int
        Images in a piece; the last may have fewer.
    band : int
        Blocks of rows in a work item.
    """
    n = geometry
    line = n.W * n.C
    steps = [
        n.H * line, n.stride_h * line, n.stride_w * n.C,  # of X from image to image, from row to row, pixel to pixel
        n.dilation_h * line, n.dilation_w * n.C,  # along kh and kw
        n.OH * n.OW * n.OC, n.OW * n.OC, n.OC,  # of G, and the last also of D from row to row
        n.depth * n.OC,  # of D from piece to piece
    ]  # fmt: skip
    extents = [n.images, n.OH, n.OW, n.OC, n.groups, n.KW, n.C // n.groups, n.depth, each, band]
    return [x, g, d, *extents, *(step * itemsize for step in steps)]
