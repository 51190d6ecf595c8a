"""Convolution on the CPU: a table of the addresses of a tile's pixels, and register tiles."""

from collections.abc import Callable
from typing import Any

from nbnet.kernels.conv import FIRST_EXTRA_WORD, Spec
from nbnet.kernels.jit import njit_inline
from nbnet.kernels.memory import make_store, word
from nbnet.kernels.tile import ITEMSIZE
from nbnet.kernels.tile.image import make_image_block
from nbnet.kernels.tile.packing import make_scratch

_WORD = 8


def make_table(rows: int) -> Callable[..., None]:
    """Make `table(memory, pixel, valid, OH, OW, image_step, row_step, pixel_step)`: bytes from X to a tile's pixels.

    Pixels after the last valid one are that one once more.
    """
    store = make_store("int64", 0, 1)

    def table(
        memory: int, pixel: int, valid: int, OH: int, OW: int, image_step: int, row_step: int, pixel_step: int
    ) -> None:
        row = pixel // OW
        column = pixel - row * OW
        image = row // OH
        row -= image * OH
        at = image * image_step + row * row_step + column * pixel_step
        for i in range(rows):
            store(memory, i, at)
            if i + 1 < valid:
                column += 1
                at += pixel_step
                if column == OW:
                    column = 0
                    row += 1
                    at += row_step - OW * pixel_step
                    if row == OH:
                        row = 0
                        at += image_step - OH * row_step

    return njit_inline(table)


def epilogue(spec: Spec) -> Callable[..., None] | None:
    """`finish(words, row0, rows, col0, cols)` of a specification with an epilogue."""
    if spec.epilogue is None:
        return None
    from nbnet.kernels.expression import write_block

    return write_block(spec.epilogue, FIRST_EXTRA_WORD)


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    rows, panel, size = spec.rows, spec.panel, ITEMSIZE[spec.dtype]
    tile: Any = make_image_block(rows, spec.vectors, spec.width, spec.dtype, spec.masked)
    has_epilogue = spec.epilogue is not None
    finish: Any = epilogue(spec)
    fill: Any = make_table(rows)
    scratch: Any = make_scratch(rows * _WORD)

    def kernel(words: int, start: int, stop: int) -> None:
        x, w, y = word(words, 0), word(words, 1), word(words, 2)
        pixels, OH, OW, OC, groups = word(words, 3), word(words, 4), word(words, 5), word(words, 6), word(words, 7)
        outer, middle, depth, strip = word(words, 8), word(words, 9), word(words, 10), word(words, 11)
        image_step, row_step, pixel_step = word(words, 12), word(words, 13), word(words, 14)
        a_outer, a_middle, group_step = word(words, 15), word(words, 16), word(words, 17)
        b_outer, b_middle, b_row = word(words, 18), word(words, 19), word(words, 20)
        first = word(words, 21)
        each = OC // groups
        blocks, panels = (pixels + rows - 1) // rows, (each + panel - 1) // panel * groups
        table = scratch()
        y_row = OC * size
        item = start
        while item < stop:
            # A run of items down one panel of one strip.
            first_block = item // (strip * panels) * strip
            within = item - first_block * panels
            height = strip if blocks - first_block > strip else blocks - first_block
            column_panel = within // height
            block = within - column_panel * height
            count = height - block if height - block < stop - item else stop - item
            item += count
            group = column_panel // (panels // groups)
            inside = (column_panel - group * (panels // groups)) * panel
            left = group * each + inside
            columns = panel if each - inside > panel else each - inside
            a = x + group * group_step
            b = w + first + left * size
            row = (first_block + block) * rows
            bottom = row + count * rows if row + count * rows < pixels else pixels
            while row < bottom:
                done = rows if bottom - row > rows else bottom - row
                fill(table, row, done, OH, OW, image_step, row_step, pixel_step)
                c = y + row * y_row + left * size
                tile(table, a, outer, a_outer, b_outer, middle, a_middle, b_middle, depth, size, b, b_row, c, y_row,
                     done, columns, 0)  # fmt: skip
                if has_epilogue:
                    finish(words, row, done, left, columns)
                row += done

    return kernel
