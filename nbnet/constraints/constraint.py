"""The base of constraints, and constraints made of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet.configurable import Configurable

__all__ = ["Constraint", "FunctionConstraint"]


class Constraint(Configurable):
    """Base of constraints: subclasses define :meth:`__call__` over ops."""

    def __call__(self, w: Any) -> Any:
        """The weight that satisfies the constraint, nearest to or made of `w`.

        Parameters
        ----------
        w : Tensor or array_like
            A weight after an update.

        Returns
        -------
        Tensor or ndarray
            Of the shape of `w`.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no __call__(w).")

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


class FunctionConstraint(Constraint):
    """A constraint made of any function of a tensor over ops.

    Parameters
    ----------
    function : callable
    name : str, optional
    """

    def __init__(self, function: Callable[[Any], Any], name: str | None = None) -> None:
        self.function = function
        self.name = name or str(getattr(function, "__name__", "constraint"))

    def __call__(self, w: Any) -> Any:
        """What the function returns."""
        return self.function(w)
