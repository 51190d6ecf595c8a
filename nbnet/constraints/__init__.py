"""Constraints: what weights become after each update."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.constraints.constraint import Constraint, FunctionConstraint
from nbnet.constraints.max_norm import MaxNorm
from nbnet.constraints.min_max_norm import MinMaxNorm
from nbnet.constraints.non_neg import NonNeg
from nbnet.constraints.unit_norm import UnitNorm

__all__ = ["Constraint", "FunctionConstraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "get"]


def get(identifier: Any) -> Constraint | None:
    """The constraint that `identifier` names.

    Parameters
    ----------
    identifier : str, type, Constraint, callable of one tensor, or None

    Returns
    -------
    Constraint or None

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    TypeError
        When it is none of these.
    """
    if identifier is None:
        return None
    found: Constraint = resolve(registry.constraints, identifier, Constraint, FunctionConstraint)
    return found
