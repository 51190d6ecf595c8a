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
from nbnet.graph.ops import abs, add, arange, argmax, bernoulli, broadcast_to, cast, concatenate, divide, dropout, embed
from nbnet.graph.ops import equal, exp, expand_dims, full, full_like, gather, getitem, greater, greater_equal, isfinite
from nbnet.graph.ops import less, less_equal, log, log1p, log_softmax, logical_and, logical_not, logical_or, logsumexp
from nbnet.graph.ops import matmul, max, maximum, mean, min, minimum, multiply, negative, normal, not_equal, one_hot
from nbnet.graph.ops import ones, ones_like, pad, power, reshape, rsqrt, scatter_add, sigmoid, sign, softmax, softplus
from nbnet.graph.ops import split, sqrt, square, squeeze, stack, stop_gradient, strided_slice, subtract, sum, tanh
from nbnet.graph.ops import transpose, uniform, where, zeros, zeros_like
from nbnet.graph.ops.formula import elementwise

__all__ = [
    "abs", "add", "arange", "argmax", "bernoulli", "broadcast_to", "cast", "concatenate", "divide", "dropout",
    "elementwise", "embed", "equal", "exp", "expand_dims", "full", "full_like", "gather", "getitem", "greater",
    "greater_equal", "isfinite", "less", "less_equal", "log", "log1p", "log_softmax", "logical_and", "logical_not",
    "logical_or", "logsumexp", "matmul", "max", "maximum", "mean", "min", "minimum", "multiply", "negative", "normal",
    "not_equal", "one_hot", "ones", "ones_like", "pad", "power", "reshape", "rsqrt", "scatter_add", "sigmoid", "sign",
    "softmax", "softplus", "split", "sqrt", "square", "squeeze", "stack", "stop_gradient", "strided_slice", "subtract",
    "sum", "tanh", "transpose", "uniform", "where", "zeros", "zeros_like",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(
        f"There is no op {name!r} in nbnet.ops. {suggest(name, __all__, noun='op')} A function of single elements that "
        "is missing is written as a formula: nbnet.elementwise."
    )
