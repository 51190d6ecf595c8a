"""Matrix product on the CPU: register tiles for what is whole, smaller ones for the last rows and columns."""

from collections.abc import Callable
from typing import Any

from nbnet.kernels.matmul import FIRST_EXTRA_WORD, Spec
from nbnet.kernels.memory import word
from nbnet.kernels.tile import ITEMSIZE
from nbnet.kernels.tile.cpu import make_tile

DEPTH = 512
"""Values of k in one pass over the rows of a panel, which then takes an eighth of a megabyte of the cache."""

EDGE_ROWS = 2
"""Rows of the tile for the last rows: M is mostly a power of two, and 2 or 4 more than a multiple of 6."""


def epilogue(spec: Spec) -> Callable[..., None] | None:
    """`finish(words, row0, rows, col0, cols)` of a specification with an epilogue."""
    if spec.epilogue is None:
        return None
    from nbnet.kernels.expression import write_block

    return write_block(spec.epilogue, FIRST_EXTRA_WORD)


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    rows, width, panel, size = spec.rows, spec.width, spec.panel, ITEMSIZE[spec.dtype]
    masked = spec.masked
    whole = make_tile(rows, spec.vectors, width, spec.dtype)
    last_rows = make_tile(EDGE_ROWS, spec.vectors, width, spec.dtype, clamped=True)
    narrow = make_tile(rows, 1, width, spec.dtype, clamped=True, masked=masked)
    single = make_tile(rows, 1, 1, spec.dtype, clamped=True)
    has_epilogue = spec.epilogue is not None
    finish: Any = epilogue(spec)

    def kernel(words: int, start: int, stop: int) -> None:
        M, N, K = word(words, 3), word(words, 4), word(words, 5)
        a_row, a_col = word(words, 6) * size, word(words, 7) * size
        b_row, c_row = word(words, 8) * size, word(words, 9) * size
        blocks = (M + rows - 1) // rows
        panels = (N + panel - 1) // panel
        item = start
        while item < stop:
            # A run of items down one panel of one matrix.
            column_panel = item // blocks
            block = item - column_panel * blocks
            matrix = column_panel // panels
            left = (column_panel - matrix * panels) * panel
            count = blocks - block if blocks - block < stop - item else stop - item
            item += count
            top = block * rows
            bottom = top + count * rows if top + count * rows < M else M
            columns = panel if N - left > panel else N - left
            a = word(words, 0) + matrix * word(words, 11) * size + top * a_row
            b = word(words, 1) + matrix * word(words, 12) * size + left * size
            c = word(words, 2) + matrix * word(words, 13) * size + left * size + top * c_row
            first = 0
            while True:
                depth = DEPTH if K - first > DEPTH else K - first
                is_last = first + depth >= K
                row, a_at, c_at = top, a, c
                while row < bottom:
                    height = rows if bottom - row > rows else bottom - row
                    if columns < panel:
                        done = 0
                        while done < columns:
                            b_at, c_part = b + done * size, c_at + done * size
                            if masked or columns - done >= width:
                                valid = width if columns - done > width else columns - done
                                narrow(a_at, a_row, a_col, b_at, b_row, depth, c_part, c_row, height, valid, first)
                                done += width
                            else:
                                single(a_at, a_row, a_col, b_at, b_row, depth, c_part, c_row, height, 1, first)
                                done += 1
                    elif height == rows:
                        whole(a_at, a_row, a_col, b, b_row, depth, c_at, c_row, rows, panel, first)
                    else:
                        done = 0
                        while done < height:
                            valid = EDGE_ROWS if height - done > EDGE_ROWS else height - done
                            a_part, c_part = a_at + done * a_row, c_at + done * c_row
                            last_rows(a_part, a_row, a_col, b, b_row, depth, c_part, c_row, valid, panel, first)
                            done += EDGE_ROWS
                    if has_epilogue and is_last:
                        finish(words, row, height, left, columns)
                    row += rows
                    a_at += rows * a_row
                    c_at += rows * c_row
                if is_last:
                    break
                first += depth
                a += depth * a_col
                b += depth * b_row

    return kernel
