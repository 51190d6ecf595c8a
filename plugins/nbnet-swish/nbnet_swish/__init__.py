"""The swish activation: swish(x) = x · sigmoid(x).

References
----------
Ramachandran, Zoph and Le (2017), Searching for Activation Functions, arXiv:1710.05941, section 4.
"""

from __future__ import annotations

import math

import nbnet
from nbnet.hookspecs import Register

__all__ = ["register_activations", "swish", "swish_grad"]


def swish(x: float) -> float:
    """Compute x / (1 + e^-x)."""
    return x / (1.0 + math.exp(-x))


def swish_grad(x: float, y: float) -> float:
    """Compute dy/dx = s + y (1 - s), where s = sigmoid(x)."""
    s = 1.0 / (1.0 + math.exp(-x))
    return s + y * (1.0 - s)


@nbnet.hookimpl
def register_activations(register: Register) -> None:
    """Make ``activation="swish"`` known."""
    register("swish", nbnet.elementwise(swish, swish_grad))
