"""Models: Sequential, the base for models of one's own, the Perceptron, and saving.

The names are imported on first use, so that the training loop can be bound (:mod:`nbnet.models.fitting`) without
loading the compiler.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbnet.models.model import Model
    from nbnet.models.perceptron import Perceptron
    from nbnet.models.saving import load, save
    from nbnet.models.sequential import Sequential

__all__ = ["Model", "Perceptron", "Sequential", "load", "save"]

_HOME = {"Model": "model", "Perceptron": "perceptron", "Sequential": "sequential", "load": "saving", "save": "saving"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'nbnet.models' has no attribute {name!r}")
    found = getattr(importlib.import_module(f"nbnet.models.{_HOME[name]}"), name)
    globals()[name] = found
    return found
