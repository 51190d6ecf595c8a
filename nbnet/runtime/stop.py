"""How a plan says that a guard fired."""

from __future__ import annotations

from nbnet.errors import NonFiniteError

__all__ = ["GuardStop"]


class GuardStop(NonFiniteError):
    """A guard fired; `guard` is its number, from 1. The caller finds out what was not finite."""

    def __init__(self, guard: int) -> None:
        super().__init__(f"Guard {guard} found a number that is not finite; nothing of its group was written.")
        self.guard = guard
