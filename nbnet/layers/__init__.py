"""Layers: ``build`` makes weights, ``call`` composes ops; the gradient is the compiler's work."""

from __future__ import annotations

from nbnet.layers.activation import Activation
from nbnet.layers.batch_normalization import BatchNormalization
from nbnet.layers.dense import Dense
from nbnet.layers.dropout import Dropout
from nbnet.layers.flatten import Flatten
from nbnet.layers.input import Input
from nbnet.layers.layer import Layer
from nbnet.layers.rescaling import Rescaling

__all__ = ["Activation", "BatchNormalization", "Dense", "Dropout", "Flatten", "Input", "Layer", "Rescaling"]
