"""The base of regularizers, and regularizers made of a function."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nbnet.configurable import Configurable

__all__ = ["FunctionRegularizer", "Regularizer", "checked_factor"]


class Regularizer(Configurable):
    """Base of regularizers: subclasses define :meth:`__call__` over ops."""

    def __call__(self, x: Any) -> Any:
        """The penalty that is added to the loss.

        Parameters
        ----------
        x : Tensor or array_like
            A weight, or what a layer gives for a batch.

        Returns
        -------
        Tensor or number, shape ()
        """
        raise NotImplementedError(f"{type(self).__name__} defines no __call__(x).")

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


class FunctionRegularizer(Regularizer):
    """A regularizer made of any function of a tensor over ops.

    Parameters
    ----------
    function : callable
    name : str, optional
    """

    def __init__(self, function: Callable[[Any], Any], name: str | None = None) -> None:
        self.function = function
        self.name = name or str(getattr(function, "__name__", "regularizer"))

    def __call__(self, x: Any) -> Any:
        """What the function returns."""
        return self.function(x)


def checked_factor(owner: str, name: str, value: Any) -> float:
    """`value` as a float.

    Raises
    ------
    ValueError
        When it is no finite number of 0 or more.
    """
    number = float(value) if isinstance(value, (int, float)) or hasattr(value, "__float__") else math.nan
    if not 0 <= number < math.inf:
        raise ValueError(f"{owner} expects {name} to be a finite number >= 0; received {value!r}.")
    return number
