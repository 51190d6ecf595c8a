"""One family of exceptions: everything that nbnet raises on purpose is an :class:`NbnetError`.

Each class also derives from the built-in exception that a Python user expects (a shape error is a
``ValueError``), so existing ``except`` clauses keep working. A message says what was expected, what came,
where, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ArgumentError",
    "CacheError",
    "ConvergenceError",
    "DTypeError",
    "DataError",
    "GradientError",
    "HyperparameterError",
    "KernelError",
    "MissingPackageError",
    "ModelFileError",
    "NbnetError",
    "NonFiniteError",
    "NotBuiltError",
    "PluginError",
    "SavedModelError",
    "ShapeError",
    "StructureError",
    "ThreadingError",
    "TraceError",
    "UnknownNameError",
    "suggest",
]


class NbnetError(Exception):
    """The base of all errors that nbnet raises on purpose."""


class ArgumentError(NbnetError, TypeError):
    """A call has an argument, or a kind of object as argument, that it does not take."""


class ShapeError(NbnetError, ValueError):
    """An array or tensor has a shape that the operation or layer cannot take."""


class DTypeError(NbnetError, TypeError):
    """An array or tensor has a data type that the operation or layer cannot take."""


class TraceError(NbnetError, RuntimeError):
    """Something was asked of a symbolic tensor that only numbers can answer."""


class GradientError(NbnetError, RuntimeError):
    """A gradient was asked for that does not exist or cannot be derived."""


class NotBuiltError(NbnetError, RuntimeError):
    """A model or layer was used before its weights exist or before it was compiled."""


class NonFiniteError(NbnetError, ArithmeticError):
    """A loss or a gradient turned NaN or infinite; the weights were left as they were before the step."""


class ConvergenceError(NbnetError, RuntimeError):
    """A procedure that promises to converge did not."""


class UnknownNameError(NbnetError, LookupError):
    """A name that is not in a registry; the message lists the close ones."""


class MissingPackageError(NbnetError, ImportError):
    """An optional package is needed and not installed; the message says how to get it."""


class DataError(NbnetError, ValueError):
    """Data is missing, empty, damaged, hostile, or out of its range."""


class ModelFileError(NbnetError, ValueError):
    """A user's model file has a mistake or lacks something that a command needs."""


class HyperparameterError(NbnetError, ValueError):
    """A setting such as ``--set name=value`` names no hyperparameter or has a value of the wrong type."""


class SavedModelError(NbnetError, ValueError):
    """A saved model is missing, damaged, hostile, or of another version."""


class PluginError(NbnetError, RuntimeError):
    """A plugin could not be loaded, or its registrations clash with another's."""


class KernelError(NbnetError, RuntimeError):
    """A kernel could not be generated or compiled."""


class StructureError(NbnetError, TypeError):
    """An object that a kernel uses cannot be described for the kernel cache."""


class CacheError(NbnetError, RuntimeError):
    """The kernel cache cannot be used as asked."""


class ThreadingError(NbnetError, RuntimeError):
    """The threading layer cannot run what was asked of it."""


def suggest(name: str, known: Iterable[str], *, noun: str = "name") -> str:
    """The tail of an unknown-name message: close matches first, else all known names.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        The names that exist.
    noun : str
        What a name stands for, e.g. ``"activation"``.

    Returns
    -------
    str
        ``"Did you mean 'relu'?"`` or ``"Known activations: …"``.
    """
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(repr(match) for match in close) + "?"
    if not names:
        return f"No {noun} is registered."
    return f"Known {noun}{'es' if noun.endswith('s') else 's'}: " + ", ".join(names) + "."
