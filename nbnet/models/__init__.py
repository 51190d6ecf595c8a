"""Models: Sequential, the base for models of one's own, the Perceptron, and saving."""

from __future__ import annotations

from nbnet.models.model import Model
from nbnet.models.perceptron import Perceptron
from nbnet.models.saving import load, save
from nbnet.models.sequential import Sequential

__all__ = ["Model", "Perceptron", "Sequential", "load", "save"]
