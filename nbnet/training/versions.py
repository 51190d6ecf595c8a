"""Which versions a run was made with."""

from __future__ import annotations

import platform
from importlib import metadata

from nbnet.version import __version__

__all__ = ["versions"]

_PACKAGES = ("numba", "llvmlite", "numpy", "pluggy", "click", "rich", "pillow", "safetensors")


def versions() -> dict[str, str]:
    """Versions of nbnet, Python and the packages it needs; ``"missing"`` for one that is not there."""
    found = {"nbnet": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "missing"
    return found
