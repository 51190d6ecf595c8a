"""What each template is about, in a line."""

from __future__ import annotations

import ast
from pathlib import Path

from nbnet.registry import templates

__all__ = ["template_lines"]


def template_lines() -> dict[str, str]:
    """The first line of each template's docstring, by the template's name; the file is read and not executed.

    Returns
    -------
    dict of str to str
        An empty text where a file has no docstring, or cannot be read as Python.
    """
    return {name: _first_line(Path(templates.get(name))) for name in templates.names()}


def _first_line(path: Path) -> str:
    """The first line of a Python file's docstring."""
    try:
        text = ast.get_docstring(ast.parse(path.read_bytes()))
    except (OSError, SyntaxError, ValueError):
        return ""
    return (text or "").strip().split("\n", 1)[0].strip()
