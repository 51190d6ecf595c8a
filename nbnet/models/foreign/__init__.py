"""Weights alone: loaded from files of nbnet, Keras and PyTorch, and saved."""

from nbnet.models.foreign.loading import load_weights
from nbnet.models.foreign.writing import save_weights

__all__ = ["load_weights", "save_weights"]
