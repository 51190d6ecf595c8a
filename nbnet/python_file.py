"""Importing a Python file by its path: model files and plugin files."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

__all__ = ["import_file"]


def import_file(path: Path, prefix: str) -> ModuleType:
    """Execute the Python file `path` and return it as a module.

    Parameters
    ----------
    path : Path
        An existing file that ends in ``.py``.
    prefix : str
        Start of the module's name; the file's stem and a hash of its path follow, so that two files of one
        name do not meet in ``sys.modules``.

    Returns
    -------
    module
        It stands in ``sys.modules`` only when the file ran through. What the file raises comes through.
    """
    name = f"{prefix}_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
