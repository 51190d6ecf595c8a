"""Activations: functions of one tensor, each a formula or a composition of ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet import registry
from nbnet.activations.leaky_relu import leaky_relu
from nbnet.activations.linear import linear
from nbnet.activations.relu import relu
from nbnet.activations.sigmoid import sigmoid
from nbnet.activations.softmax import softmax
from nbnet.activations.step import step
from nbnet.activations.tanh import tanh

__all__ = ["get", "leaky_relu", "linear", "relu", "sigmoid", "softmax", "step", "tanh"]


def get(identifier: str | Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    """The activation that `identifier` names.

    Parameters
    ----------
    identifier : str, callable or None
        A registered name, a function of one tensor, or None for `linear`.

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
    if isinstance(identifier, str):
        found: Callable[[Any], Any] = registry.activations.get(identifier)
        return found
    if callable(identifier):
        return identifier
    raise TypeError(f"Expected an activation: a name such as 'relu' or a function; received {identifier!r}.")
