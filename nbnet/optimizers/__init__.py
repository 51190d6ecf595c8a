"""Optimizers: each its slots and one update formula over ops."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.optimizers.adam import Adam
from nbnet.optimizers.optimizer import Optimizer
from nbnet.optimizers.rmsprop import RMSprop
from nbnet.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "get"]


def get(identifier: Any) -> Optimizer:
    """The optimizer that `identifier` names.

    Parameters
    ----------
    identifier : str, type or Optimizer
        A registered name, a class, or an object.

    Returns
    -------
    Optimizer

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    TypeError
        When it is none of these.
    """
    found: Optimizer = resolve(registry.optimizers, identifier, Optimizer)
    return found
