"""Where the boxes of a network stand in a drawing: rows from input to output, and lanes for arrows that skip rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Place", "placed"]

_LANE = 16.0  # between two lanes beside each other


@dataclass
class Place:
    """Where a box stands.

    Attributes
    ----------
    x, y : float
        The middle of its upper side.
    row : int
    lanes : dict of int to float
        For a source whose arrow passes other rows on its way here: how far right it runs.
    """

    x: float
    y: float
    row: int
    lanes: dict[int, float] = field(default_factory=dict)


def placed(
    widths: Sequence[float], edges: Sequence[tuple[int, int]], *, box: float, gap: float, apart: float
) -> tuple[list[Place], float, float]:
    """Places of boxes, and the width and height of all.

    Parameters
    ----------
    widths : sequence of float
        Of each box.
    edges : sequence of (int, int)
        Which box feeds which; a circle, as of a layer that is used twice, is no error.
    box, gap, apart : float
        Height of a box, distance between rows, distance between boxes of a row.

    Returns
    -------
    list of Place, float, float

    Notes
    -----
    A box stands one row below the lowest box that feeds it (the longest path), a source just above what it feeds. Boxes
    of a row are ordered by the mean place of what feeds them and centred, so a chain is a straight column. An arrow
    over more than one row runs down a lane right of the boxes that it passes.

    References
    ----------
    Sugiyama, Tagawa and Toda 1981, "Methods for visual understanding of hierarchical system structures": rows by
    longest path, order by barycentre.
    """
    forward = _without_circles(len(widths), edges)
    rows = _rows(len(widths), forward)
    levels: list[list[int]] = [[] for _ in range(max(rows, default=-1) + 1)]
    for number, row in enumerate(rows):
        levels[row].append(number)
    feeding: dict[int, list[int]] = {number: [] for number in range(len(widths))}
    for source, target in forward:
        feeding[target].append(source)
    x = [0.0] * len(widths)
    half = 0.0
    right = [0.0] * len(levels)
    for row, members in enumerate(levels):
        means = {
            number: sum(x[source] for source in feeding[number]) / len(feeding[number]) if feeding[number] else 0.0
            for number in members
        }
        members.sort(key=lambda number: means[number])
        whole = sum(widths[number] for number in members) + apart * (len(members) - 1)
        at = -whole / 2
        for number in members:
            x[number] = at + widths[number] / 2
            at += widths[number] + apart
        right[row] = whole / 2
        half = max(half, whole / 2)
    lanes = _lanes(rows, right, edges, apart)
    reach = max([half, *(lane + _LANE for lane in lanes.values())])
    places = [Place(x[number] + half, rows[number] * (box + gap), rows[number]) for number in range(len(widths))]
    for (source, target), lane in lanes.items():
        places[target].lanes[source] = lane + half
    return places, half + reach, len(levels) * (box + gap) - gap if levels else 0.0


def _without_circles(count: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The edges but those that close a circle."""
    following: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        following[source].append(target)
    kept: list[tuple[int, int]] = []
    state = [0] * count  # 0 unseen, 1 on the path, 2 done
    for root in range(count):
        stack = [(root, 0)] if state[root] == 0 else []
        while stack:
            number, child = stack.pop()
            state[number] = 1
            if child == len(following[number]):
                state[number] = 2
                continue
            stack.append((number, child + 1))
            target = following[number][child]
            if state[target] != 1:
                kept.append((number, target))
            if state[target] == 0:
                stack.append((target, 0))
    return kept


def _rows(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The row of each box: the length of the longest path to it."""
    rows = [0] * count
    for _ in range(count):
        moved = False
        for source, target in edges:
            if rows[target] <= rows[source]:
                rows[target], moved = rows[source] + 1, True
        if not moved:
            break
    fed = {target for _, target in edges}
    for number in range(count):
        below = [rows[target] for source, target in edges if source == number]
        if number not in fed and below:
            rows[number] = min(below) - 1
    return rows


def _lanes(
    rows: Sequence[int], right: Sequence[float], edges: Sequence[tuple[int, int]], apart: float
) -> dict[tuple[int, int], float]:
    """For each edge that does not lead to the next row, a free vertical line right of the boxes it passes."""
    lanes: dict[tuple[int, int], float] = {}
    taken: list[tuple[int, int, float]] = []
    long = [edge for edge in edges if rows[edge[1]] - rows[edge[0]] != 1]
    for edge in sorted(long, key=lambda edge: abs(rows[edge[1]] - rows[edge[0]])):
        low, high = sorted((rows[edge[0]], rows[edge[1]]))
        inner = range(low + 1, high) if rows[edge[1]] > rows[edge[0]] else range(low, high + 1)
        at = max(right[row] for row in inner) + apart
        while any(first < high and low < last and abs(at - lane) < _LANE for first, last, lane in taken):
            at += _LANE
        taken.append((low, high, at))
        lanes[edge] = at
    return lanes
