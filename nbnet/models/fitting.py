"""Where ``Model.fit`` finds the training loop, which stands on a higher floor and is bound from above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["bind_fit", "fit"]

_fit: Callable[..., Any] | None = None


def bind_fit(callback: Callable[..., Any]) -> None:
    """Bind the training loop: ``callback(model, x, y, **options) -> History``."""
    global _fit
    _fit = callback


def fit(model: Any, x: Any, y: Any, **options: Any) -> Any:
    """Run the training loop."""
    if _fit is None:
        raise RuntimeError("No training loop is bound; import nbnet, which binds its own.")
    return _fit(model, x, y, **options)
