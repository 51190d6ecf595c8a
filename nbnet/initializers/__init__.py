"""Initializers: what weights are before training, drawn when a layer is built."""

from __future__ import annotations

from typing import Any

from nbnet import registry
from nbnet.configurable import resolve
from nbnet.initializers.constant import Constant
from nbnet.initializers.glorot import GlorotNormal, GlorotUniform
from nbnet.initializers.he import HeNormal, HeUniform
from nbnet.initializers.identity import Identity
from nbnet.initializers.initializer import Draw, Initializer
from nbnet.initializers.lecun import LecunNormal, LecunUniform
from nbnet.initializers.normal import RandomNormal
from nbnet.initializers.ones import Ones
from nbnet.initializers.orthogonal import Orthogonal
from nbnet.initializers.truncated_normal import TruncatedNormal
from nbnet.initializers.uniform import RandomUniform
from nbnet.initializers.variance_scaling import VarianceScaling
from nbnet.initializers.zeros import Zeros

__all__ = [
    "Constant",
    "Draw",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
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
