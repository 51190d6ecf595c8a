"""The history of a training as a callback; ``fit`` makes and returns one in any case."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.training.history import History

__all__ = ["History"]


@hookimpl
def register_callbacks(register: Register) -> None:
    """Register ``history``."""
    register("history", History)
