"""Activations: functions of one tensor, each a formula or a composition of ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet import registry
from nbnet.activations.activation import Activation
from nbnet.activations.celu import CELU, celu
from nbnet.activations.elu import ELU, elu
from nbnet.activations.exponential import exponential
from nbnet.activations.gelu import GELU, gelu
from nbnet.activations.hard_sigmoid import hard_sigmoid
from nbnet.activations.hard_silu import hard_silu
from nbnet.activations.leaky_relu import LeakyReLU, leaky_relu
from nbnet.activations.linear import linear
from nbnet.activations.log_softmax import LogSoftmax, log_softmax
from nbnet.activations.mish import mish
from nbnet.activations.relu import ReLU, relu
from nbnet.activations.relu6 import relu6
from nbnet.activations.selu import selu
from nbnet.activations.sigmoid import sigmoid
from nbnet.activations.silu import silu
from nbnet.activations.softmax import Softmax, softmax
from nbnet.activations.softplus import softplus
from nbnet.activations.softsign import softsign
from nbnet.activations.step import step
from nbnet.activations.tanh import tanh

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "Activation",
    "LeakyReLU",
    "LogSoftmax",
    "ReLU",
    "Softmax",
    "celu",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "hard_silu",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "tanh",
]


def get(identifier: str | Callable[[Any], Any] | type[Activation] | None) -> Callable[[Any], Any]:
    """The activation that `identifier` names.

    Parameters
    ----------
    identifier : str, callable, type or None
        A registered name, a function of one tensor, a class of :class:`Activation` for its defaults, or None for
        `linear`.

    Returns
    -------
    callable
        A function of one tensor or array.

    Raises
    ------
    UnknownNameError
        When the name is not registered.
    TypeError
        When it is neither a name nor callable.
    """
    if identifier is None:
        return linear
    found: Any = registry.activations.get(identifier) if isinstance(identifier, str) else identifier
    if isinstance(found, type) and issubclass(found, Activation):
        found = found()
    if callable(found):
        return found
    raise TypeError(f"Expected an activation: a name such as 'relu' or a function; received {identifier!r}.")
