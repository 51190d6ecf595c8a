"""Matrix product on the CPU: register tiles for what is whole, smaller ones for the last rows and columns."""

from collections.abc import Callable
from typing import Any

from nbnet.kernels.matmul import FIRST_EXTRA_WORD, Spec
from nbnet.kernels.memory import word
from nbnet.kernels.tile import ITEMSIZE
from nbnet.kernels.tile.cpu import make_tile
from nbnet.kernels.tile.packing import make_pack, make_scratch

PANEL_BYTES = 1 << 17
"""What one pass over the rows of a panel takes of the cache, and of the stack if the panel is packed."""


COPY_BLOCKS = 3
"""Rows of tiles in a run for which a copy of the panel is made: with fewer there is nothing to gain."""


def depth_of(spec: Spec) -> int:
    """Values of k in one pass over the rows of a panel."""
    return PANEL_BYTES // (spec.panel * ITEMSIZE[spec.dtype])


def epilogue(spec: Spec) -> Callable[..., None] | None:
    """`finish(words, row0, rows, col0, cols)` of a specification with an epilogue."""
    if spec.epilogue is None:
        return None
    from nbnet.kernels.expression import write_block

    return write_block(spec.epilogue, FIRST_EXTRA_WORD)


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    rows, vectors, width, panel, dtype = spec.rows, spec.vectors, spec.width, spec.panel, spec.dtype
    size, masked = ITEMSIZE[dtype], spec.masked
    whole = make_tile(rows, vectors, width, dtype)
    copying = make_tile(rows, vectors, width, dtype, copying=True)
    two_rows, one_row = make_tile(2, vectors, width, dtype), make_tile(1, vectors, width, dtype)
    narrow = make_tile(rows, 1, width, dtype, clamped=True, masked=masked)
    single = make_tile(rows, 1, 1, dtype, clamped=True)
    has_epilogue, max_depth = spec.epilogue is not None, depth_of(spec)
    copies, transposes = spec.packing == "rows", spec.packing == "transposed"
    finish: Any = epilogue(spec)
    pack: Any = make_pack(vectors, width, dtype)
    scratch: Any = make_scratch(PANEL_BYTES if spec.packing else size)

    def kernel(words: int, start: int, stop: int) -> None:
        M, N, K = word(words, 3), word(words, 4), word(words, 5)
        a_row, a_col = word(words, 6) * size, word(words, 7) * size
        b_row, c_row = word(words, 8) * size, word(words, 9) * size
        strip = word(words, 14)
        blocks, panels = (M + rows - 1) // rows, (N + panel - 1) // panel
        memory = scratch()
        item = start
        while item < stop:
            # A run of items down one panel of one strip of one matrix.
            matrix = item // (blocks * panels)
            within = item - matrix * blocks * panels
            first_block = within // (strip * panels) * strip
            within -= first_block * panels
            height = strip if blocks - first_block > strip else blocks - first_block
            column_panel = within // height
            block = within - column_panel * height
            count = height - block if height - block < stop - item else stop - item
            item += count
            left, top = column_panel * panel, (first_block + block) * rows
            bottom = top + count * rows if top + count * rows < M else M
            columns = panel if N - left > panel else N - left
            a = word(words, 0) + matrix * word(words, 11) * size + top * a_row
            b = word(words, 1) + matrix * word(words, 12) * size + left * (b_row if transposes else size)
            c = word(words, 2) + matrix * word(words, 13) * size + left * size + top * c_row
            first = 0
            while True:
                depth = max_depth if K - first > max_depth else K - first
                is_last = first + depth >= K
                b_now, b_now_row = b, b_row
                if transposes:
                    pack(memory, b, b_row, depth, columns)
                    b_now, b_now_row = memory, panel * size
                row, a_at, c_at = top, a, c
                while row < bottom:
                    left_over = bottom - row
                    if columns < panel:
                        done = rows if left_over > rows else left_over
                        part = 0
                        while part < columns:
                            b_at, c_part = b_now + part * size, c_at + part * size
                            if masked or columns - part >= width:
                                valid = width if columns - part > width else columns - part
                                narrow(a_at, a_row, a_col, b_at, b_now_row, depth, c_part, c_row, done, valid, first, 0)
                                part += width
                            else:
                                single(a_at, a_row, a_col, b_at, b_now_row, depth, c_part, c_row, done, 1, first, 0)
                                part += 1
                    elif left_over >= rows:
                        if copies and row == top and count >= COPY_BLOCKS:
                            copying(a_at, a_row, a_col, b, b_row, depth, c_at, c_row, rows, panel, first, memory)
                            b_now, b_now_row = memory, panel * size
                        else:
                            whole(a_at, a_row, a_col, b_now, b_now_row, depth, c_at, c_row, rows, panel, first, 0)
                        done = rows
                    elif left_over >= 2:
                        two_rows(a_at, a_row, a_col, b_now, b_now_row, depth, c_at, c_row, 2, panel, first, 0)
                        done = 2
                    else:
                        one_row(a_at, a_row, a_col, b_now, b_now_row, depth, c_at, c_row, 1, panel, first, 0)
                        done = 1
                    if has_epilogue and is_last:
                        finish(words, row, done, left, columns)
                    row += done
                    a_at += done * a_row
                    c_at += done * c_row
                if is_last:
                    break
                first += depth
                a += depth * a_col
                b += depth * (size if transposes else b_row)

    return kernel
