"""Text in columns, for people and for pipes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["columns"]


def columns(head: Sequence[str], rows: Iterable[Sequence[object]], right: frozenset[int] = frozenset()) -> str:
    """Lay out rows under a head.

    Parameters
    ----------
    head : sequence of str
        The names of the columns.
    rows : iterable of sequences
        One item for each column.
    right : frozenset of int
        The columns that are aligned to the right.

    Returns
    -------
    str
        Lines without trailing spaces.
    """
    table = [list(head), *([str(item) for item in row] for row in rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(head))]
    lines = [
        "  ".join(
            item.rjust(width) if index in right else item.ljust(width)
            for index, (item, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *lines[1:]])
