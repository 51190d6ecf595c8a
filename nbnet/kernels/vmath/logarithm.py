"""log and log1p.

Method: x = 2^e m with m in [2/3, 4/3), f = m - 1, log x = e ln 2 + f + f^2 Q(f) with a minimax polynomial Q of degree 7
(Remez exchange, coefficients rounded to float32 one by one). The float32 next to ln 2 is within 2e-9 of it, which
moves no result by more than a sixteenth of an ulp, so ln 2 needs no second part.
"""

from typing import Any

import numpy as np

from nbnet.kernels.vmath.bits import exact, from_bits, power_of_two, to_bits, with_sign_of

f32 = np.float32
LN2 = f32(0.6931472)
TWO_THIRDS = np.int32(0x3F2AAAAB)
MANTISSA = np.int32(0x007FFFFF)
INF = f32(np.inf)
NAN = f32(np.nan)


@exact
def exponent(x: Any) -> Any:
    """e of a normal x = 2^e m > 0, m in [2/3, 4/3), as int32, and the bits of x less those of 2/3."""
    above = np.int32(to_bits(x) - TWO_THIRDS)
    return np.int32(above >> np.int32(23)), above


@exact
def mantissa(above: Any) -> Any:
    """m of x = 2^e m from the second result of `exponent`."""
    return from_bits(np.int32((above & MANTISSA) + TWO_THIRDS))


@exact
def log_of_parts(e: Any, f: Any) -> Any:
    """e ln 2 + log(1 + f) for an integer e and f in [-1/3, 1/3], both float32."""
    q = f32(1.3545215e-1)
    q = q * f + f32(-1.5469056e-1)
    q = q * f + f32(1.4091519e-1)
    q = q * f + f32(-1.6401178e-1)
    q = q * f + f32(2.0005502e-1)
    q = q * f + f32(-2.5008595e-1)
    q = q * f + f32(3.3333293e-1)
    q = q * f + f32(-4.9999925e-1)
    return e * LN2 + (q * (f * f) + f)


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
        Within 1.2 ulp, 1.3 without FMA, for subnormal x too. log(0) = log(-0.0) = -inf, log(x < 0) = NaN,
        log(inf) = inf, NaN stays NaN.
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
