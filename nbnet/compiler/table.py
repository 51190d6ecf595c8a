"""Text in columns, for people and for pipes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

__all__ = ["shortened", "table"]


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], right: Collection[int] = (), width: int | None = None
) -> str:
    """Lay out rows under a header.

    Parameters
    ----------
    header : sequence of str
        The names of the columns.
    rows : iterable of sequences
        One item for each column.
    right : collection of int
        The columns that are aligned to the right.
    width : int, optional
        Characters after which lines are cut; None: they are as long as they need be.

    Returns
    -------
    str
        Lines without trailing spaces.
    """
    lines = [list(header), *([str(item) for item in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    text = [
        "  ".join(
            item.rjust(size) if column in right else item.ljust(size)
            for column, (item, size) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(text if width is None else (shortened(line, width) for line in text))


def shortened(text: str, width: int) -> str:
    """`text` cut to `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"
