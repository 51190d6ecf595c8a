"""A function with other meanings for the names it uses.

A formula is written over ``math`` and plain numbers. The same code computes on NumPy scalars or on symbolic
tensors once ``math``, ``max`` and its literals stand for something else; the code object is kept, so this
works for lambdas, closures and functions typed at a prompt, whose source nobody has.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

__all__ = ["python_function", "rebind"]

Translate = Callable[[Any], Any]


class _Module:
    """A module whose attributes are translated when they are asked for."""

    def __init__(self, module: ModuleType, translate: Translate) -> None:
        self._module = module
        self._translate = translate

    def __getattr__(self, name: str) -> Any:
        return self._translate(getattr(self._module, name))


def python_function(value: Any) -> FunctionType | None:
    """The Python function that `value` is or was compiled from (``py_func``); None if it is something else."""
    inner = getattr(value, "py_func", value)
    return inner if isinstance(inner, FunctionType) else None


def _foreign(module: str | None) -> bool:
    """Whether code of `module` is left as it is: the operators take numbers and tensors alike, NumPy has its own."""
    return str(module).split(".")[0] == "numpy" or str(module).startswith("nbnet.graph")


def _codes(code: CodeType) -> Iterator[CodeType]:
    """`code` and the code of the functions and comprehensions defined in it."""
    yield code
    for item in code.co_consts:
        if isinstance(item, CodeType):
            yield from _codes(item)


def rebind(function: FunctionType, translate: Translate) -> FunctionType:
    """A copy of `function` for which each thing it refers to is replaced by its translation.

    Parameters
    ----------
    function : function
    translate : callable
        ``translate(value)`` gives what stands for `value`: a literal, global, built-in, default, closure cell or
        attribute of a module. Helper functions and modules that it gives back unchanged are rebound themselves.

    Returns
    -------
    function
    """
    made: dict[int, FunctionType] = {}

    def meaning(value: Any) -> Any:
        new = translate(value)
        if new is not value:
            return new
        if isinstance(value, ModuleType) and (not _foreign(value.__name__) or value.__name__ == "numpy"):
            return _Module(value, meaning)
        inner = python_function(value)
        return value if inner is None or _foreign(inner.__module__) else copy(inner)

    def literals(code: CodeType) -> CodeType:
        constants = tuple(literals(item) if isinstance(item, CodeType) else translate(item) for item in code.co_consts)
        return code.replace(co_consts=constants)

    def copy(original: FunctionType) -> FunctionType:
        if id(original) in made:
            return made[id(original)]
        names: dict[str, Any] = {"__builtins__": builtins.__dict__, "__name__": original.__module__}
        cells = tuple(CellType() for _ in original.__closure__ or ())
        new = FunctionType(literals(original.__code__), names, original.__name__, None, cells or None)
        made[id(original)] = new  # before its names are looked up, since a function may call itself
        for name in {name for code in _codes(original.__code__) for name in code.co_names}:
            if name in original.__globals__:
                names[name] = meaning(original.__globals__[name])
            elif hasattr(builtins, name):
                names[name] = meaning(getattr(builtins, name))
        for cell, source in zip(cells, original.__closure__ or (), strict=True):
            cell.cell_contents = meaning(source.cell_contents)
        new.__defaults__ = tuple(map(meaning, original.__defaults__)) if original.__defaults__ else None
        new.__kwdefaults__ = {name: meaning(value) for name, value in (original.__kwdefaults__ or {}).items()} or None
        return new

    return copy(function)
