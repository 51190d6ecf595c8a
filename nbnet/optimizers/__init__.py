"""Optimizers: each its slots and one update formula over ops, with one chain of links around them all."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.optimizers.adadelta import Adadelta
from nbnet.optimizers.adagrad import Adagrad
from nbnet.optimizers.adam import Adam
from nbnet.optimizers.adamax import Adamax
from nbnet.optimizers.adamw import AdamW
from nbnet.optimizers.lion import Lion
from nbnet.optimizers.nadam import Nadam
from nbnet.optimizers.optimizer import Optimizer
from nbnet.optimizers.rmsprop import RMSprop
from nbnet.optimizers.sgd import SGD

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "Optimizer", "RMSprop", "get",
]  # fmt: skip


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
