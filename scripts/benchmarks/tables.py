"""Tables of results as text or markdown, and whether a target was met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Table:
    """One table of a benchmark.

    Attributes
    ----------
    title : str
    columns : list of str
    rows : list of list of str
    notes : list of str
        Lines below it.
    data : list of dict
        The same rows as numbers, for --json.
    """

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)

    def text(self, markdown: bool = False) -> str:
        """Aligned columns, or a markdown table; the notes below."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]
        joined = [[cell.rjust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
        if markdown:
            body = ["| " + " | ".join(line) + " |" for line in joined]
            ruler = "| " + " | ".join("-" * (max(width, 2) - 1) + ":" for width in widths) + " |"
        else:
            body = ["  ".join(line).rstrip() for line in joined]
            ruler = "-" * max(map(len, body))
        heading = f"**{self.title}**\n" if markdown else self.title
        return "\n".join([heading, body[0], ruler, *body[1:], "", *self.notes]).rstrip()


def at_least(value: float, goal: float) -> str:
    """ "met", or by how much `value` is too small."""
    return "met" if value >= goal else f"missed by {(goal - value) / goal:.0%}"


def at_most(value: float, goal: float) -> str:
    """ "met", or by how much `value` is too large."""
    return "met" if value <= goal else f"missed by {(value - goal) / goal:.0%}"


def all_of(verdicts: Sequence[tuple[str, str]]) -> str:
    """One verdict of several, each (of what, verdict): "met" when all are; else the misses by name."""
    missed = [f"{name} {verdict}" for name, verdict in verdicts if verdict != "met"]
    return "; ".join(missed) if missed else "met"
