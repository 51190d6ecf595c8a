"""The formula of a part, as its docstring gives it."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["formula_of"]


def formula_of(part: Any, *, summary: bool = False) -> str:
    """The formula that the docstring of a loss, optimizer, layer or activation states.

    Parameters
    ----------
    part : object
        An object, a class or a function.
    summary : bool
        Take the summary line, where layers have their formula.

    Returns
    -------
    str
        The first paragraph under Notes of a class, where optimizers and losses have their formula, on one line; where
        there is none, and for functions, the summary line. "" without a docstring.

    Examples
    --------
    >>> def cube(x):
    ...     '''x³.'''
    >>> formula_of(cube)
    'x³.'
    """
    described = part if inspect.isroutine(part) or isinstance(part, type) else type(part)
    text = inspect.cleandoc(described.__dict__.get("__doc__") or getattr(described, "__doc__", None) or "")
    if not text:
        return ""
    lines = text.split("\n")
    if isinstance(described, type) and not summary:
        for number, line in enumerate(lines[:-1]):
            if line.strip() == "Notes" and lines[number + 1].startswith("---"):
                return _paragraph(lines[number + 2 :])
    return _paragraph(lines)


def _paragraph(lines: list[str]) -> str:
    """The lines up to the first empty one, as one line without the marks of its markup."""
    found: list[str] = []
    for line in lines:
        if not line.strip():
            if found:
                break
            continue
        found.append(line.strip())
    return " ".join(found).replace("``", "").rstrip(":")
