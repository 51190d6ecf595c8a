"""Regularizers: penalties of weights and activities."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.regularizers.l1 import L1
from nbnet.regularizers.l1_l2 import L1L2
from nbnet.regularizers.l2 import L2
from nbnet.regularizers.orthogonal import OrthogonalRegularizer
from nbnet.regularizers.regularizer import FunctionRegularizer, Regularizer

__all__ = ["L1", "L1L2", "L2", "FunctionRegularizer", "OrthogonalRegularizer", "Regularizer", "get"]


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
