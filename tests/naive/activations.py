"""Activations of one number or one row, in Python floats, and what they tend to far from 0."""

from __future__ import annotations

import math

SELU_ALPHA, SELU_SCALE = 1.67326324235437728, 1.05070098735548049


def normal_distribution(x):
    """Φ(x): the integral of the normal density by Simpson's rule."""
    steps, low = 4000, min(-12.0, x - 1.0)
    width = (x - low) / steps
    density = [math.exp(-((low + i * width) ** 2) / 2) / math.sqrt(2 * math.pi) for i in range(steps + 1)]
    return width / 3 * (density[0] + density[-1] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2]))


def gelu_tanh(x):
    """GELU with tanh in place of the error function."""
    return x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """The rectified linear unit with Keras' arguments."""
    if x <= threshold:
        return negative_slope * (x - threshold)
    return x if max_value is None else min(x, max_value)


def elu(x, alpha=1.0):
    """The exponential linear unit."""
    return x if x > 0 else alpha * (math.exp(x) - 1)


def celu(x, alpha=1.0):
    """The continuously differentiable exponential linear unit."""
    return max(x, 0) + min(0, alpha * (math.exp(min(x, 0) / alpha) - 1))


def leaky_relu(x, slope=0.2):
    """A small slope on the negative side."""
    return x if x >= 0 else slope * x


SCALAR = {
    "celu": celu,
    "elu": elu,
    "exponential": math.exp,
    "gelu": lambda x: x * normal_distribution(x),
    "hard_sigmoid": lambda x: min(max(x + 3, 0), 6) / 6,
    "hard_silu": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "leaky_relu": leaky_relu,
    "linear": lambda x: x,
    "mish": lambda x: x * math.tanh(math.log(1 + math.exp(x))),
    "relu": relu,
    "relu6": lambda x: min(max(x, 0), 6),
    "selu": lambda x: SELU_SCALE * elu(x, SELU_ALPHA),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "step": lambda x: 1.0 if x >= 0 else 0.0,
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
}


def softmax(row):
    """Probabilities of one row of scores."""
    e = [math.exp(x - max(row)) for x in row]
    return [value / sum(e) for value in e]


def log_softmax(row):
    """Logarithms of probabilities of one row of scores."""
    top = max(row)
    return [x - top - math.log(sum(math.exp(other - top) for other in row)) for x in row]


ROWS = {"log_softmax": log_softmax, "softmax": softmax}

# Other names of these functions, and classes that have their arguments.
ALIASES = {
    "CELU": "celu",
    "ELU": "elu",
    "GELU": "gelu",
    "LeakyReLU": "leaky_relu",
    "LogSoftmax": "log_softmax",
    "ReLU": "relu",
    "Softmax": "softmax",
    "hard_swish": "hard_silu",
}


def on_rows(name, rows):
    """An activation by its registered name, on a list of rows."""
    name = ALIASES.get(name, name)
    return [ROWS[name](row) if name in ROWS else [SCALAR[name](x) for x in row] for row in rows]


def same(x):
    """The number itself."""
    return x


def constantly(value):
    """The function that is `value` everywhere."""
    return lambda x: value


ZERO, ONE = constantly(0.0), constantly(1.0)
GATED = ((ZERO, same), (ZERO, ONE))

# Name → ((f for x <= -100, f for x >= 100), (f' there, f' there)).
FAR = {
    "celu": ((constantly(-1.0), same), (ZERO, ONE)),
    "elu": ((constantly(-1.0), same), (ZERO, ONE)),
    "gelu": GATED,
    "hard_sigmoid": ((ZERO, ONE), (ZERO, ZERO)),
    "hard_silu": GATED,
    "leaky_relu": ((lambda x: 0.2 * x, same), (constantly(0.2), ONE)),
    "linear": ((same, same), (ONE, ONE)),
    "mish": GATED,
    "relu": GATED,
    "relu6": ((ZERO, constantly(6.0)), (ZERO, ZERO)),
    "selu": (
        (constantly(-SELU_SCALE * SELU_ALPHA), lambda x: SELU_SCALE * x),
        (ZERO, constantly(SELU_SCALE)),
    ),
    "sigmoid": ((ZERO, ONE), (ZERO, ZERO)),
    "silu": GATED,
    "softplus": GATED,
    "softsign": (
        (lambda x: -1 + 1 / (1 - x), lambda x: 1 - 1 / (1 + x)),
        (lambda x: (1 / (1 - x)) ** 2, lambda x: (1 / (1 + x)) ** 2),
    ),
    "step": ((ZERO, ONE), (ZERO, ZERO)),
    "tanh": ((constantly(-1.0), ONE), (ZERO, ZERO)),
}
