"""A framework's side of the benchmarks, imported when it is timed."""

from __future__ import annotations

import importlib
from types import ModuleType


def framework(name: str) -> ModuleType:
    """The module ``with_<name>``.

    Each has ``setup(threads) -> version`` and some of ``train_step(network, x, y)``, ``predictors(network, x)``,
    ``trainer(network, x, y, batch)``, ``product(size)``, ``unary(name, x)``, ``values(name, x)`` and
    ``convolutions(case, x, w, dy)``. Where it has ``LAYOUTS``, steps of an image network and convolutions take one of
    them as ``layout``.
    """
    return importlib.import_module(f"benchmarks.with_{name}")
