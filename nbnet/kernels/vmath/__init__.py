"""Elementary functions for kernels, one scalar at a time, without a branch, so that loops over arrays vectorise.

The float32 functions are polynomials on float32 (pow, sin and cos use float64 inside); a kernel that calls
`nbnet.kernels.memory.wide` gets them 512 bits wide. They treat NaN, infinities, signed zeros, overflow and subnormals
as IEEE 754 and C99 have it; each docstring states the error in units in the last place (ulp). Without FMA instructions
the last bit may differ; where that widens the bound, the docstring says so. A value does not depend on its place in an
array: vector and scalar code make the same bits. The float64 functions are the C library's.

`FLOAT32` and `FLOAT64` map the same names to functions that kernels call; `BY_DTYPE` maps a dtype's name to its table.
"""

from typing import Any

from nbnet.kernels.vmath import double, error_function, exponential, logarithm, power, trigonometric

FLOAT32: dict[str, Any] = {
    "exp": exponential.exp,
    "expm1": exponential.expm1,
    "log": logarithm.log,
    "log1p": logarithm.log1p,
    "tanh": exponential.tanh,
    "sigmoid": exponential.sigmoid,
    "softplus": exponential.softplus,
    "pow": power.pow,
    "erf": error_function.erf,
    "sin": trigonometric.sin,
    "cos": trigonometric.cos,
    "sqrt": power.sqrt,
    "rsqrt": power.rsqrt,
}
"""Name → function of float32 scalars."""

FLOAT64: dict[str, Any] = {name: getattr(double, name) for name in FLOAT32}
"""Name → function of float64 scalars."""

BY_DTYPE: dict[str, dict[str, Any]] = {"float32": FLOAT32, "float64": FLOAT64}
"""dtype → table of functions."""
