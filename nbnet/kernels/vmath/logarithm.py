"""log and log1p.

Method: x = 2^e m with m in [sqrt(1/2), sqrt(2)), f = m - 1, log x = e ln 2 + f + f^2 Q(f) with a minimax polynomial Q
of degree 8 (Remez exchange, coefficients rounded to float32 one by one) and ln 2 in two parts, as in Cephes' logf
(Moshier, 1992).
"""

from typing import Any

import numpy as np

from nbnet.kernels.vmath.bits import exact, from_bits, power_of_two, to_bits, with_sign_of

f32 = np.float32
LN2_HIGH = f32(0.693359375)
LN2_LOW = f32(-2.12194440e-4)
SQRT_HALF = np.int32(0x3F3504F3)
MANTISSA = np.int32(0x007FFFFF)
INF = f32(np.inf)
NAN = f32(np.nan)


@exact
def exponent(x: Any) -> Any:
    """e of a normal x = 2^e m > 0, m in [sqrt(1/2), sqrt(2)), as int32, and the bits of x less those of sqrt(1/2)."""
    above = np.int32(to_bits(x) - SQRT_HALF)
    return np.int32(above >> np.int32(23)), above


@exact
def mantissa(above: Any) -> Any:
    """m of x = 2^e m from the second result of `exponent`."""
    return from_bits(np.int32((above & MANTISSA) + SQRT_HALF))


@exact
def log_of_parts(e: Any, f: Any) -> Any:
    """e ln 2 + log(1 + f) for an integer e and f in [sqrt(1/2) - 1, sqrt(2) - 1], both float32."""
    q = f32(-7.673624e-2)
    q = q * f + f32(1.2942365e-1)
    q = q * f + f32(-1.3241483e-1)
    q = q * f + f32(1.4176165e-1)
    q = q * f + f32(-1.6608584e-1)
    q = q * f + f32(2.0002227e-1)
    q = q * f + f32(-2.500161e-1)
    q = q * f + f32(3.3333322e-1)
    q = q * f + f32(-4.9999988e-1)
    low = e * LN2_LOW
    low = q * (f * f) + low
    return e * LN2_HIGH + (low + f)


@exact
def log(x: Any) -> Any:
    """
    Natural logarithm.

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32
        Within 1 ulp, for subnormal x too. log(0) = log(-0.0) = -inf, log(x < 0) = NaN, log(inf) = inf, NaN stays NaN.
    """
    subnormal = x < f32(1.1754944e-38)
    k, above = exponent(x * f32(8388608.0) if subnormal else x)
    e = f32(k) - (f32(23.0) if subnormal else f32(0.0))
    y = log_of_parts(e, mantissa(above) - f32(1.0))
    y = y if x < INF else x
    return y if x > f32(0.0) else (-INF if x == f32(0.0) else NAN)


@exact
def log1p(x: Any) -> Any:
    """
    log(1 + x), exact to the last bits near 0 too.

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32
        Within 2 ulp. log1p(-1) = -inf, log1p(x < -1) = NaN, log1p(inf) = inf, log1p(-0.0) = -0.0, subnormals kept,
        NaN stays NaN.

    Notes
    -----
    e is taken from 1 + x, but f = x 2^-e + (2^-e - 1) from x, so that the bits lost in 1 + x come back. Large x
    are scaled by 2^-64 first, where 1 + x = x, so that 2^-e stays normal.
    """
    large = x > f32(1e30)
    c = x * f32(2.0**-64) if large else x
    k, _ = exponent(c + f32(1.0))
    inverse = power_of_two(np.int32(-k))
    e = f32(k) + (f32(64.0) if large else f32(0.0))
    y = with_sign_of(log_of_parts(e, c * inverse + (inverse - f32(1.0))), x)
    y = y if x < INF else x
    return y if x > f32(-1.0) else (-INF if x == f32(-1.0) else NAN)
