"""The gradient of a convolution in its kernel on the CPU: register tiles whose rows are elements of the kernel."""

from collections.abc import Callable
from typing import Any

from nbnet.kernels.conv_kernel import Spec
from nbnet.kernels.jit import njit_inline
from nbnet.kernels.memory import make_store, word
from nbnet.kernels.tile import ITEMSIZE
from nbnet.kernels.tile.image import make_image_block
from nbnet.kernels.tile.packing import make_scratch

_WORD = 8


def make_table(rows: int, size: int) -> Callable[..., None]:
    """Make `table(memory, row, valid, KW, channels, a_outer, a_middle)`: bytes of X from a pixel to a tile's rows."""
    store = make_store("int64", 0, 1)

    def table(memory: int, row: int, valid: int, KW: int, channels: int, a_outer: int, a_middle: int) -> None:
        tap = row // channels
        channel = row - tap * channels
        kh = tap // KW
        kw = tap - kh * KW
        at = kh * a_outer + kw * a_middle + channel * size
        for i in range(rows):
            store(memory, i, at)
            if i + 1 < valid:
                channel += 1
                at += size
                if channel == channels:
                    channel = 0
                    kw += 1
                    at += a_middle - channels * size
                    if kw == KW:
                        kw = 0
                        at += a_outer - KW * a_middle

    return njit_inline(table)


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    rows, panel, size = spec.rows, spec.panel, ITEMSIZE[spec.dtype]
    tile: Any = make_image_block(rows, spec.vectors, spec.width, spec.dtype, spec.masked)
    fill: Any = make_table(rows, size)
    scratch: Any = make_scratch(rows * _WORD)

    def kernel(words: int, start: int, stop: int) -> None:
        x, g, d = word(words, 0), word(words, 1), word(words, 2)
        images, OH, OW, OC, groups = word(words, 3), word(words, 4), word(words, 5), word(words, 6), word(words, 7)
        KW, channels, depth = word(words, 8), word(words, 9), word(words, 10)
        each, band = word(words, 11), word(words, 12)
        image_step, row_step, pixel_step = word(words, 13), word(words, 14), word(words, 15)
        a_outer, a_middle = word(words, 16), word(words, 17)
        g_image, g_line, g_row, piece_step = word(words, 18), word(words, 19), word(words, 20), word(words, 21)
        table = scratch()
        of_group = (depth + rows - 1) // rows
        blocks = of_group * groups
        bands = (blocks + band - 1) // band
        own = OC // groups
        for item in range(start, stop):
            piece = item // bands
            first_block = (item - piece * bands) * band
            last_block = first_block + band if first_block + band < blocks else blocks
            first_image = piece * each
            last_image = first_image + each if first_image + each < images else images
            for image in range(first_image, last_image):
                adds = 1 if image > first_image else 0
                for block in range(first_block, last_block):
                    group = block // of_group
                    row = (block - group * of_group) * rows
                    done = rows if depth - row > rows else depth - row
                    fill(table, row, done, KW, channels, a_outer, a_middle)
                    a = x + image * image_step + group * channels * size
                    left = 0
                    while left < own:
                        column = (group * own + left) * size
                        b = g + image * g_image + column
                        c = d + piece * piece_step + row * g_row + column
                        columns = panel if own - left > panel else own - left
                        tile(table, a, 1, 0, 0, OH, row_step, g_line, OW, pixel_step, b, g_row, c, g_row, done, columns,
                             adds)  # fmt: skip
                        left += panel

    return kernel
