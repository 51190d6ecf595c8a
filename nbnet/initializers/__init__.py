"""Initializers: what weights are before training, drawn when a layer is built."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.initializers.glorot import GlorotNormal, GlorotUniform
from nbnet.initializers.he import HeNormal, HeUniform
from nbnet.initializers.initializer import Draw, Initializer
from nbnet.initializers.normal import RandomNormal
from nbnet.initializers.ones import Ones
from nbnet.initializers.uniform import RandomUniform
from nbnet.initializers.zeros import Zeros

__all__ = [
    "Draw",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "Ones",
    "RandomNormal",
    "RandomUniform",
    "Zeros",
    "get",
]


def get(identifier: Any) -> Initializer:
    """The initializer that `identifier` names.

    Parameters
    ----------
    identifier : str, type or Initializer
        A registered name, a class, or an object.

    Returns
    -------
    Initializer

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    TypeError
        When it is none of these.
    """
    found: Initializer = resolve(registry.initializers, identifier, Initializer)
    return found
