"""The operators, for layers, losses, optimizers and steps of one's own.

Called with tensors, inside a layer or a function given to ``nbnet.function``, an op records what is to be
computed; called with arrays, lists or numbers it answers at once.

Examples
--------
>>> from nbnet import ops
>>> ops.softmax([[0.0, 0.0]])
array([[0.5, 0.5]], dtype=float32)
"""
# ruff: noqa: I001  (several names a line)

from typing import NoReturn

from nbnet.errors import suggest
from nbnet.graph.ops import abs, add, arange, argmax, avg_pool2d, bernoulli, broadcast_to, cast, concatenate, conv1d
from nbnet.graph.ops import conv2d, conv2d_transpose, depthwise_conv2d, divide, dropout, embed, equal, exp, expand_dims
from nbnet.graph.ops import full, full_like, gather, getitem, greater, greater_equal, isfinite, less, less_equal, log
from nbnet.graph.ops import log1p, log_softmax, logical_and, logical_not, logical_or, logsumexp, matmul, max, max_pool2d
from nbnet.graph.ops import maximum, mean, min, minimum, multiply, negative, normal, not_equal, one_hot, ones, ones_like
from nbnet.graph.ops import pad, power, reshape, rsqrt, scatter_add, sigmoid, sign, softmax, softplus, split, sqrt
from nbnet.graph.ops import square, squeeze, stack, stop_gradient, strided_slice, subtract, sum, tanh, transpose
from nbnet.graph.ops import uniform, up_sample2d, where, zeros, zeros_like
from nbnet.graph.ops.formula import elementwise

__all__ = [
    "abs", "add", "arange", "argmax", "avg_pool2d", "bernoulli", "broadcast_to", "cast", "concatenate", "conv1d",
    "conv2d", "conv2d_transpose", "depthwise_conv2d", "divide", "dropout", "elementwise", "embed", "equal", "exp",
    "expand_dims", "full", "full_like", "gather", "getitem", "greater", "greater_equal", "isfinite", "less",
    "less_equal", "log", "log1p", "log_softmax", "logical_and", "logical_not", "logical_or", "logsumexp", "matmul",
    "max", "max_pool2d", "maximum", "mean", "min", "minimum", "multiply", "negative", "normal", "not_equal", "one_hot",
    "ones", "ones_like", "pad", "power", "reshape", "rsqrt", "scatter_add", "sigmoid", "sign", "softmax", "softplus",
    "split", "sqrt", "square", "squeeze", "stack", "stop_gradient", "strided_slice", "subtract", "sum", "tanh",
    "transpose", "uniform", "up_sample2d", "where", "zeros", "zeros_like",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(
        f"There is no op {name!r} in nbnet.ops. {suggest(name, __all__, noun='op')} A function of single elements that "
        "is missing is written as a formula: nbnet.elementwise."
    )
