"""JSON that every reader takes: the standard has no NaN and no infinity, which Python's own writer lets through."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["json_text"]


def json_text(content: Any, indent: int | None = None) -> str:
    """Write plain data as JSON, with null for every number that is not finite.

    Parameters
    ----------
    content : dict, list, str, number or None
        Arrays are written as lists, and other objects, such as paths, as their text.
    indent : int, optional
        Spaces a level; on one line when None.

    Returns
    -------
    str

    Examples
    --------
    >>> json_text({"loss": float("nan"), "accuracy": 0.5})
    '{"loss": null, "accuracy": 0.5}'
    """
    return json.dumps(_finite(content), indent=indent, default=str, allow_nan=False)


def _finite(value: Any) -> Any:
    """`value` with None in place of NaN and infinities."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _finite(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
