"""Names that a formula uses and nobody has defined, found before a compiler stumbles over them."""

import builtins
import dis
import os
import types
from typing import Any

from nbnet.errors import KernelError


def require_names(fn: types.FunctionType) -> None:
    """
    Look up each global name of a function, and each attribute of a module that it uses.

    Raises
    ------
    KernelError
        When there is none: as Python would say it, with the function and its line.
    """
    module: Any = None
    line = fn.__code__.co_firstlineno
    for step in dis.get_instructions(fn):
        line = (step.positions.lineno if step.positions else None) or line
        place = f"in {fn.__name__} ({os.path.basename(fn.__code__.co_filename)}:{line})"
        if step.opname == "LOAD_GLOBAL":
            found = fn.__globals__.get(step.argval, getattr(builtins, step.argval, builtins))
            if found is builtins and step.argval not in fn.__globals__:
                raise KernelError(f"NameError: name {step.argval!r} is not defined, {place}")
            module = found if isinstance(found, types.ModuleType) else None
        elif step.opname in ("LOAD_ATTR", "LOAD_METHOD") and module is not None:
            if not hasattr(module, step.argval):
                raise KernelError(
                    f"AttributeError: module {module.__name__!r} has no attribute {step.argval!r}, {place}"
                )
            inner = getattr(module, step.argval)
            module = inner if isinstance(inner, types.ModuleType) else None
        elif step.opname not in ("CACHE", "EXTENDED_ARG"):
            module = None
