"""The operators: what a layer, a loss or an optimizer is written in.

Each op is a shape rule, a gradient rule and a NumPy reference. Called with tensors it records a node of the
graph; called with plain arrays it answers at once.
"""
# ruff: noqa: I001  (several names a line)

from nbnet.graph.operators import bind
from nbnet.graph.ops.cast import cast
from nbnet.graph.ops.compare import equal, greater, greater_equal, isfinite, less, less_equal, not_equal
from nbnet.graph.ops.compare import logical_and, logical_not, logical_or
from nbnet.graph.ops.conv import conv2d
from nbnet.graph.ops.conv_forms import conv1d, conv2d_transpose, depthwise_conv2d
from nbnet.graph.ops.creation import arange, full, full_like, ones, ones_like, symbolic_full, zeros, zeros_like
from nbnet.graph.ops.elementwise import abs, add, divide, exp, log, log1p, maximum, minimum, multiply, negative
from nbnet.graph.ops.elementwise import power, rsqrt, sigmoid, sign, softplus, sqrt, square, stop_gradient
from nbnet.graph.ops.elementwise import subtract, tanh, where
from nbnet.graph.ops.formula import FORMULA, Formula
from nbnet.graph.ops.gather import gather, one_hot, scatter_add
from nbnet.graph.ops.index import getitem
from nbnet.graph.ops.matmul import matmul
from nbnet.graph.ops.pieces import concatenate, embed, pad, split, stack, strided_slice
from nbnet.graph.ops.pool import avg_pool2d, max_pool2d
from nbnet.graph.ops.random import bernoulli, dropout, normal, uniform
from nbnet.graph.ops.reduce import argmax, logsumexp, max, mean, min, sum
from nbnet.graph.ops.registry import OPS
from nbnet.graph.ops.resize import up_sample2d
from nbnet.graph.ops.shape import broadcast_to, expand_dims, reshape, squeeze, transpose
from nbnet.graph.ops.softmax import log_softmax, softmax

__all__ = [
    "FORMULA", "OPS", "Formula", "abs", "add", "arange", "argmax", "avg_pool2d", "bernoulli", "broadcast_to", "cast",
    "concatenate", "conv1d", "conv2d", "conv2d_transpose", "depthwise_conv2d", "divide", "dropout", "embed", "equal",
    "exp", "expand_dims", "full", "full_like", "gather", "getitem", "greater", "greater_equal", "isfinite", "less",
    "less_equal", "log", "log1p", "log_softmax", "logical_and", "logical_not", "logical_or", "logsumexp", "matmul",
    "max", "max_pool2d", "maximum", "mean", "min", "minimum", "multiply", "negative", "normal", "not_equal", "one_hot",
    "ones", "ones_like", "pad", "power", "reshape", "rsqrt", "scatter_add", "sigmoid", "sign", "softmax", "softplus",
    "split", "sqrt", "square", "squeeze", "stack", "stop_gradient", "strided_slice", "subtract", "sum", "symbolic_full",
    "tanh", "transpose", "uniform", "up_sample2d", "where", "zeros", "zeros_like",
]  # fmt: skip

bind(**{name: globals()[name] for name in __all__})
