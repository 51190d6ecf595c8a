"""exp and the functions made from it: expm1, sigmoid, tanh, softplus.

Method: x = n ln 2 + r with an integer n and |r| <= ln(2) / 2, ln 2 in two parts of which the first has 9 bits, so
that its product with n is exact with and without FMA (Cody and Waite, 1980, chapter 6); a minimax polynomial in r
(coefficients by the Remez exchange, rounded to float32 one by one); then a multiplication by 2^n through the exponent
bits.
"""

from typing import Any

import numpy as np

from nbnet.kernels.vmath.bits import (
    ROUND,
    ROUND_BIASED,
    ROUND_BITS,
    biased_power,
    exact,
    from_bits,
    power_of_two,
    scale,
    to_bits,
    with_sign_of,
)

f32 = np.float32
INV_LN2 = f32(1.44269504)
LN2_HIGH = f32(0.693359375)
LN2_LOW = f32(-2.12194440e-4)
TWO_INV_LN2 = f32(2.0 * 1.44269504)
HALF_LN2 = f32(0.34657359)
ROUND_TWICE_BIASED = f32(1.5 * 2.0**23 + 254.0)
"""As ROUND_BIASED, for an exponent of which each half gets a bias."""
TWO_BIASES = np.int32(254 << 23)


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
        Within 0.9 ulp, 1.2 without FMA. inf above 88.72; below -87.33 gradual subnormals, 0 from -103.98 on;
        exp(-inf) = 0, NaN stays NaN.
    """
    x = f32(89.0) if x > f32(89.0) else x
    x = f32(-105.0) if x < f32(-105.0) else x
    n, r = _reduce(x)
    p = f32(1.3836737e-3)
    p = p * r + f32(8.36914e-3)
    p = p * r + f32(4.1668106e-2)
    p = p * r + f32(1.6666517e-1)
    p = p * r + f32(4.9999994e-1)
    p = p * r + f32(1.0)
    p = p * r + f32(1.0)
    return scale(p, n)


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
    1 / (1 + exp(-x)).

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32 in [0, 1]
        Within 2 ulp (1.4e-7 relative), gradual subnormals below -87.33 included; sigmoid(-inf) = 0,
        sigmoid(inf) = 1, NaN stays NaN.

    Notes
    -----
    With exp(-x) = 2^n (1 + q) and h the half of n rounded down: 2^-h / (2^-h + 2^(n - h) (1 + q)), in which no power
    of two leaves the range of float32.
    """
    c = f32(80.0) if x > f32(80.0) else x  # exp(-17) no longer moves a sum with 1
    c = f32(-105.0) if c < f32(-105.0) else c
    shifted = ROUND_TWICE_BIASED - c * INV_LN2
    n = shifted - ROUND_TWICE_BIASED
    r = -c - n * LN2_HIGH
    q = _expm1_reduced(r - n * LN2_LOW)
    biased = to_bits(shifted)
    half = np.int32(np.int32(biased >> np.int32(1)) << np.int32(23))
    rest = from_bits(np.int32(np.int32(biased << np.int32(23)) - half))
    one = from_bits(np.int32(TWO_BIASES - half))
    return one / ((rest * q + one) + rest)


@exact
def tanh(x: Any) -> Any:
    """
    Hyperbolic tangent.

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32 in [-1, 1]
        Within 1.4 ulp; tanh(+-inf) = +-1, tanh(-0.0) = -0.0, subnormals kept, NaN stays NaN.

    Notes
    -----
    |x| < 0.55: x + x^3 P(x^2) with a minimax polynomial P. Else 1 - 2 / (exp(2 |x|) + 1), where the polynomial of the
    exponential is one in half its reduced argument. Both are computed and one is chosen.
    """
    t = abs(x)
    z = x * x
    p = f32(1.6437856e-2)
    p = p * z + f32(-5.2672006e-2)
    p = p * z + f32(1.3320729e-1)
    p = p * z + f32(-3.3332947e-1)
    near = p * (z * t) + t
    c = f32(10.0) if t > f32(10.0) else t  # tanh(10) rounds to 1
    shifted = c * TWO_INV_LN2 + ROUND_BIASED
    r = c - (shifted - ROUND_BIASED) * HALF_LN2
    q = f32(8.855374e-2)
    q = q * r + f32(2.6781228e-1)
    q = q * r + f32(6.666897e-1)
    q = q * r + f32(1.3333213)
    q = q * r + f32(1.9999998)
    q = q * r + f32(2.0)
    power = biased_power(shifted)
    far = f32(1.0) - f32(2.0) / (power * (q * r) + (f32(1.0) + power))
    return with_sign_of(near if t < f32(0.55) else far, x)


@exact
def softplus(x: Any) -> Any:
    """
    log(1 + exp(x)), computed as max(x, 0) + log(1 + e) with e = exp(-|x|) in [0, 1].

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32
        Within 1.9 ulp, 2.1 without FMA; softplus(x) = exp(x) for very negative x, subnormals included;
        softplus(-inf) = 0, softplus(inf) = inf, NaN stays NaN.

    Notes
    -----
    log(1 + e) = e + e^2 P(e) with a minimax polynomial P of degree 8 (Remez exchange).
    """
    e = exp(-abs(x))
    p = f32(-3.2904686e-3)
    p = p * e + f32(2.0086242e-2)
    p = p * e + f32(-5.745723e-2)
    p = p * e + f32(1.0661128e-1)
    p = p * e + f32(-1.534488e-1)
    p = p * e + f32(1.9692102e-1)
    p = p * e + f32(-2.4958019e-1)
    p = p * e + f32(3.3330464e-1)
    p = p * e + f32(-4.999993e-1)
    return (x if x > f32(0.0) else f32(0.0)) + (p * (e * e) + e)
