"""Layers: ``build`` makes weights, ``call`` composes ops; the gradient is the compiler's work."""

from __future__ import annotations

from nbnet.layers.activation import Activation
from nbnet.layers.activity_regularization import ActivityRegularization
from nbnet.layers.add import Add
from nbnet.layers.alpha_dropout import AlphaDropout
from nbnet.layers.average import Average
from nbnet.layers.average_pooling1d import AveragePooling1D
from nbnet.layers.average_pooling2d import AveragePooling2D
from nbnet.layers.batch_normalization import BatchNormalization
from nbnet.layers.concatenate import Concatenate
from nbnet.layers.conv1d import Conv1D
from nbnet.layers.conv2d import Conv2D
from nbnet.layers.conv2d_transpose import Conv2DTranspose
from nbnet.layers.cropping1d import Cropping1D
from nbnet.layers.cropping2d import Cropping2D
from nbnet.layers.dense import Dense
from nbnet.layers.depthwise_conv2d import DepthwiseConv2D
from nbnet.layers.dot import Dot
from nbnet.layers.dropout import Dropout
from nbnet.layers.elu import ELU
from nbnet.layers.embedding import Embedding
from nbnet.layers.flatten import Flatten
from nbnet.layers.gaussian_dropout import GaussianDropout
from nbnet.layers.gaussian_noise import GaussianNoise
from nbnet.layers.global_average_pooling1d import GlobalAveragePooling1D
from nbnet.layers.global_average_pooling2d import GlobalAveragePooling2D
from nbnet.layers.global_max_pooling1d import GlobalMaxPooling1D
from nbnet.layers.global_max_pooling2d import GlobalMaxPooling2D
from nbnet.layers.group_normalization import GroupNormalization
from nbnet.layers.identity import Identity
from nbnet.layers.input import Input, InputLayer
from nbnet.layers.lambda_layer import Lambda
from nbnet.layers.layer import Layer
from nbnet.layers.layer_normalization import LayerNormalization
from nbnet.layers.leaky_relu import LeakyReLU
from nbnet.layers.max_pooling1d import MaxPooling1D
from nbnet.layers.max_pooling2d import MaxPooling2D
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
from nbnet.layers.separable_conv2d import SeparableConv2D
from nbnet.layers.softmax import Softmax
from nbnet.layers.spatial_dropout1d import SpatialDropout1D
from nbnet.layers.spatial_dropout2d import SpatialDropout2D
from nbnet.layers.subtract import Subtract
from nbnet.layers.unit_normalization import UnitNormalization
from nbnet.layers.up_sampling1d import UpSampling1D
from nbnet.layers.up_sampling2d import UpSampling2D
from nbnet.layers.zero_padding1d import ZeroPadding1D
from nbnet.layers.zero_padding2d import ZeroPadding2D

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
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
    "SeparableConv2D",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "Subtract",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
]
