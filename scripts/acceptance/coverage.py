"""Every registered part has comparisons with another library or a reason why it has none."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from acceptance.agreement import DTYPES, TOLERANCE, Errors

AGREES, KNOWN, NO_PEER, FAILED = "agrees", "differs as known", "no peer", "FAILED"
COLUMNS = ("forward", "gradient", "steps", "restored")
_WIDTHS = (12, 34, 8)


@dataclass(frozen=True)
class Known:
    """A difference of definition: the one thing that excuses numbers which do not agree.

    Attributes
    ----------
    reason : str
        A sentence on who does what.
    within : float
        The largest relative error that the reason explains.
    """

    reason: str
    within: float


@dataclass(frozen=True)
class Case:
    """A part with some arguments beside its peer.

    Attributes
    ----------
    label : str
        The arguments.
    compare : callable
        From a dtype to the errors of what was compared.
    known : Known, optional
    dtypes : sequence of str
    """

    label: str
    compare: Callable[[str], Errors]
    known: Known | None = None
    dtypes: Sequence[str] = DTYPES


Entry = Sequence[Case] | str
"""The comparisons of a part, or the reason why there are none."""


@dataclass
class Row:
    """A line of the table: a part in one dtype, the worst of its comparisons.

    Errors of comparisons with a known difference are in `known`; they are shown where there are no others.
    """

    kind: str
    name: str
    dtype: str
    errors: dict[str, float] = field(default_factory=dict)
    known: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    verdict: str = AGREES

    @property
    def failed(self) -> bool:
        """Whether something differs without a reason."""
        return self.verdict == FAILED

    def text(self) -> str:
        """The line and its notes."""
        cells = [f"{self.kind:<{_WIDTHS[0]}} {self.name:<{_WIDTHS[1]}} {self.dtype:<{_WIDTHS[2]}}"]
        for column in COLUMNS:
            found = (self.errors or self.known).get(column)
            cells.append(f"{'-' if found is None else format(found, '.1e'):>9}")
        return "\n".join([f"{' '.join(cells)}  {self.verdict}", *(f"    {note}" for note in self.notes)])


def header() -> str:
    """What stands above the table."""
    return f"{'kind':<{_WIDTHS[0]}} {'part':<{_WIDTHS[1]}} {'dtype':<{_WIDTHS[2]}} " + " ".join(
        f"{name:>9}" for name in COLUMNS
    )


def compared(kind: str, names: Iterable[str], table: Mapping[str, Entry], get: Callable[[str], Any]) -> Iterator[Row]:
    """The rows of one kind of parts.

    Parameters
    ----------
    kind : str
    names : iterable of str
        Every registered name. A name of a part that has another name in the table needs no entry.
    table : mapping of str to sequence of Case or str
    get : callable
        From a name to what is registered.
    """
    names = list(names)
    for name in names:
        if name in table:
            aliases = [other for other in names if other not in table and get(other) is get(name)]
            yield from _rows(kind, ", ".join([name, *aliases]), table[name])
        elif not any(get(other) is get(name) for other in names if other in table):
            yield Row(
                kind, name, "-", notes=["It is registered and has neither a comparison nor a reason."], verdict=FAILED
            )
    for name in sorted(set(table) - set(names)):
        yield Row(kind, name, "-", notes=["It is compared here and not registered."], verdict=FAILED)


def _rows(kind: str, name: str, entry: Entry) -> Iterator[Row]:
    """A row for each dtype, or one for a reason."""
    if isinstance(entry, str):
        yield Row(kind, name, "-", notes=[entry], verdict=NO_PEER)
        return
    apart = {id(case): False for case in entry}
    rows = []
    for dtype in DTYPES:
        cases = [case for case in entry if dtype in case.dtypes]
        if not cases:
            continue
        row = Row(kind, name, dtype)
        rows.append(row)
        for case in cases:
            apart[id(case)] |= _enter(row, case)
    for case in entry:
        if case.known is not None and not apart[id(case)]:
            rows[-1].verdict = FAILED
            rows[-1].notes.append(f"{case.label}: agrees, though a difference is known: {case.known.reason}")
    if not rows:
        rows.append(Row(kind, name, "-", notes=["Its entry holds no comparison."], verdict=FAILED))
    yield from rows


def _enter(row: Row, case: Case) -> bool:
    """Compare, and enter what was found; whether the two differ by more than rounding."""
    try:
        found = dict(case.compare(row.dtype))
    except Exception as problem:
        row.verdict = FAILED
        row.notes.append(f"{case.label}: {_described(problem)}")
        return True
    tolerance = TOLERANCE[row.dtype]
    wrong = {column: value for column, value in found.items() if not value <= tolerance}
    worst = row.errors if case.known is None else row.known
    for column, value in found.items():
        worst[column] = float(np.maximum(worst.get(column, 0.0), value))
    listed = ", ".join(f"{column} {value:.1e}" for column, value in wrong.items())
    if wrong and case.known is not None and all(value <= case.known.within for value in wrong.values()):
        row.notes.append(f"{case.label}: {listed}. {case.known.reason}")
        row.verdict = row.verdict if row.failed else KNOWN
    elif wrong or not found:
        row.verdict = FAILED
        row.notes.append(f"{case.label}: {listed or 'nothing was compared'}; at most {tolerance:.0e} is rounding")
        if case.known is not None:
            row.notes.append(f"known, up to {case.known.within:.0e}: {case.known.reason}")
    return bool(wrong)


def _described(problem: Exception) -> str:
    """What went wrong, and the line of the comparison where it did."""
    lines = [frame for frame in traceback.extract_tb(problem.__traceback__) if "acceptance" in frame.filename]
    at = f"{lines[-1].filename.rpartition('/')[2]}:{lines[-1].lineno}"
    return f"{type(problem).__name__} at {at}: {str(problem).strip()[:300]}"
