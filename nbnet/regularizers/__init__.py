"""Regularizers: penalties of weights and activities."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.regularizers.regularizer import FunctionRegularizer, Regularizer

__all__ = ["FunctionRegularizer", "Regularizer", "get"]


def get(identifier: Any) -> Regularizer | None:
    """The regularizer that `identifier` names.

    Parameters
    ----------
    identifier : str, type, Regularizer, callable of one tensor, or None

    Returns
    -------
    Regularizer or None

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    TypeError
        When it is none of these.
    """
    if identifier is None:
        return None
    found: Regularizer = resolve(registry.regularizers, identifier, Regularizer, FunctionRegularizer)
    return found
