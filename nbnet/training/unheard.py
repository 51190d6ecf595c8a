"""Methods that do nothing, marked so that nobody calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["is_heard", "unheard"]

_Method = TypeVar("_Method", bound=Callable[..., Any])


def unheard(method: _Method) -> _Method:
    """Mark a method that does nothing; a subclass that defines its own is heard."""
    method._is_default = True  # type: ignore[attr-defined]  # Keras' name for it, so its own callbacks are known too
    return method


def is_heard(method: Any) -> bool:
    """Whether there is a method and it does something."""
    return callable(method) and not getattr(method, "_is_default", False)
