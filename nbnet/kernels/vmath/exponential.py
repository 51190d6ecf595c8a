"""exp and the functions made from it: expm1, sigmoid, tanh, softplus.

Method: x = n ln 2 + r with an integer n and |r| <= ln(2) / 2, ln 2 in two parts of which the first has 9 bits, so
that its product with n is exact with and without FMA (Cody and Waite, 1980, chapter 6); a minimax polynomial in r
(coefficients by the Remez exchange, rounded to float32 one by one); then a multiplication by 2^n through the exponent
bits.
"""

from typing import Any

import numpy as np

from nbnet.kernels.vmath.bits import ROUND, ROUND_BITS, exact, power_of_two, scale, to_bits, with_sign_of
from nbnet.kernels.vmath.logarithm import log_of_parts

f32 = np.float32
INV_LN2 = f32(1.44269504)
LN2_HIGH = f32(0.693359375)
LN2_LOW = f32(-2.12194440e-4)


@exact
def _reduce(x: Any) -> Any:
    """n as int32, n as float32 and r of x = n ln 2 + r."""
    shifted = x * INV_LN2 + ROUND
    n = shifted - ROUND
    r = x - n * LN2_HIGH
    r = r - n * LN2_LOW
    return np.int32(to_bits(shifted) - ROUND_BITS), r


@exact
def exp(x: Any) -> Any:
    """
    e to the power x.

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32
        Within 1.1 ulp. inf above 88.72; below -87.33 gradual subnormals, 0 from -103.98 on; exp(-inf) = 0, NaN stays
        NaN.
    """
    x = f32(89.0) if x > f32(89.0) else x
    x = f32(-105.0) if x < f32(-105.0) else x
    n, r = _reduce(x)
    p = f32(1.3836737e-3)
    p = p * r + f32(8.36914e-3)
    p = p * r + f32(4.1668106e-2)
    p = p * r + f32(1.6666517e-1)
    p = p * r + f32(4.9999994e-1)
    p = p * (r * r) + r
    return scale(p + f32(1.0), n)


@exact
def _expm1_reduced(r: Any) -> Any:
    """exp(r) - 1 for |r| <= ln(2) / 2."""
    p = f32(1.3839538e-3)
    p = p * r + f32(8.36707e-3)
    p = p * r + f32(4.1667745e-2)
    p = p * r + f32(1.6666539e-1)
    p = p * r + f32(4.9999997e-1)
    return p * (r * r) + r


@exact
def expm1(x: Any) -> Any:
    """
    e to the power x, minus 1, exact to the last bits near 0 too.

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32
        Within 1.7 ulp. inf above 88.72, -1 towards -inf, expm1(-0.0) = -0.0, subnormals kept, NaN stays NaN.
    """
    c = f32(89.0) if x > f32(89.0) else x
    c = f32(-20.0) if c < f32(-20.0) else c
    n, r = _reduce(c)
    # 2^n p + (2^n - 1). 2^128 is no float32: there the sum is taken with 2^127 and doubled
    over = n > np.int32(127)
    power = power_of_two(np.int32(127) if over else n)
    y = _expm1_reduced(r) * power + (power - f32(1.0))
    return with_sign_of(y + y if over else y, x)


@exact
def sigmoid(x: Any) -> Any:
    """
    1 / (1 + exp(-x)); for negative x computed as exp(-|x|) / (1 + exp(-|x|)).

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32 in [0, 1]
        Within 2.4 ulp (1.8e-7 relative), gradual subnormals below -87.33 included; sigmoid(-inf) = 0,
        sigmoid(inf) = 1, NaN stays NaN.
    """
    e = exp(-abs(x))
    return (e if x < f32(0.0) else f32(1.0)) / (f32(1.0) + e)


@exact
def tanh(x: Any) -> Any:
    """
    Hyperbolic tangent: t / (t + 2) with t = exp(2 |x|) - 1, and the sign of x.

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32 in [-1, 1]
        Within 2.6 ulp (1.8e-7 relative); tanh(+-inf) = +-1, tanh(-0.0) = -0.0, subnormals kept, NaN stays NaN.
    """
    c = f32(2.0) * abs(x)
    c = f32(20.0) if c > f32(20.0) else c  # tanh(10) rounds to 1
    n, r = _reduce(c)
    power = power_of_two(n)
    t = _expm1_reduced(r) * power + (power - f32(1.0))
    return with_sign_of(t / (t + f32(2.0)), x)


@exact
def softplus(x: Any) -> Any:
    """
    log(1 + exp(x)), computed as max(x, 0) + log(1 + exp(-|x|)).

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32
        Within 2 ulp; softplus(x) = exp(x) for very negative x, subnormals included; softplus(-inf) = 0,
        softplus(inf) = inf, NaN stays NaN.
    """
    e = exp(-abs(x))
    # 1 + e = 2^k (1 + f), with k in {0, 1} such that f is exact
    halve = e > f32(0.41421357)
    f = f32(0.5) * e - f32(0.5) if halve else e
    y = log_of_parts(f32(1.0) if halve else f32(0.0), f)
    return (x if x > f32(0.0) else f32(0.0)) + y
