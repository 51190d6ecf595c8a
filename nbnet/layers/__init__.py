"""Layers: ``build`` makes weights, ``call`` composes ops; the gradient is the compiler's work."""

from __future__ import annotations

from nbnet.layers.activation import Activation
from nbnet.layers.activity_regularization import ActivityRegularization
from nbnet.layers.add import Add
from nbnet.layers.alpha_dropout import AlphaDropout
from nbnet.layers.average import Average
from nbnet.layers.batch_normalization import BatchNormalization
from nbnet.layers.concatenate import Concatenate
from nbnet.layers.dense import Dense
from nbnet.layers.dot import Dot
from nbnet.layers.dropout import Dropout
from nbnet.layers.elu import ELU
from nbnet.layers.embedding import Embedding
from nbnet.layers.flatten import Flatten
from nbnet.layers.gaussian_dropout import GaussianDropout
from nbnet.layers.gaussian_noise import GaussianNoise
from nbnet.layers.identity import Identity
from nbnet.layers.input import Input, InputLayer
from nbnet.layers.lambda_layer import Lambda
from nbnet.layers.layer import Layer
from nbnet.layers.layer_normalization import LayerNormalization
from nbnet.layers.leaky_relu import LeakyReLU
from nbnet.layers.maximum import Maximum
from nbnet.layers.merge import Merge
from nbnet.layers.minimum import Minimum
from nbnet.layers.multiply import Multiply
from nbnet.layers.normalization import Normalization
from nbnet.layers.permute import Permute
from nbnet.layers.prelu import PReLU
from nbnet.layers.relu import ReLU
from nbnet.layers.repeat_vector import RepeatVector
from nbnet.layers.rescaling import Rescaling
from nbnet.layers.reshape import Reshape
from nbnet.layers.softmax import Softmax
from nbnet.layers.subtract import Subtract
from nbnet.layers.unit_normalization import UnitNormalization

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Maximum",
    "Merge",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "Subtract",
    "UnitNormalization",
]
