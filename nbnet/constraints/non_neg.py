"""Weights that are not negative."""

from __future__ import annotations

from typing import Any

from nbnet.constraints.constraint import Constraint
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["NonNeg"]


class NonNeg(Constraint):
    """max(w, 0): what is negative becomes 0."""

    def __call__(self, w: Any) -> Any:
        """`w` without its negative part."""
        return ops.maximum(w, 0.0)


@hookimpl
def register_constraints(register: Register) -> None:
    """Register ``non_neg``."""
    register("non_neg", NonNeg)
