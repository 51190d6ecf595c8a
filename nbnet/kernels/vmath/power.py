"""pow, sqrt and rsqrt."""

import math
from typing import Any

import numpy as np

from nbnet.kernels.vmath.bits import ROUND64, SIGN, exact, from_bits, scale, to_bits
from nbnet.kernels.vmath.logarithm import exponent, mantissa

f32, f64 = np.float32, np.float64
INF = f32(np.inf)
NAN = f32(np.nan)


@exact
def sqrt(x: Any) -> Any:
    """
    Square root.

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32
        Correctly rounded; sqrt(-0.0) = -0.0, sqrt(x < 0) = NaN, sqrt(inf) = inf, NaN stays NaN.
    """
    return math.sqrt(x)


@exact
def rsqrt(x: Any) -> Any:
    """
    1 / sqrt(x).

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32
        Within 1.5 ulp; rsqrt(0) = inf, rsqrt(-0.0) = -inf, rsqrt(inf) = 0, rsqrt(x < 0) = NaN, NaN stays NaN.
    """
    return f32(1.0) / math.sqrt(x)


@exact
def _log2(a: Any) -> Any:
    """log2 of a float32 a >= 0 as float64, relative error 2^-33; 0 gives -inf, inf and NaN stay."""
    subnormal = a < f32(1.1754944e-38)
    k, above = exponent(a * f32(8388608.0) if subnormal else a)
    e = f64(f32(k) - (f32(23.0) if subnormal else f32(0.0)))
    f = f64(mantissa(above) - f32(1.0))
    p = f64(-0.1658237324815305)
    p = p * f + f64(0.17608072118712634)
    p = p * f + f64(-0.13754740797044196)
    p = p * f + f64(0.1543259168862961)
    p = p * f + f64(-0.18079644029917544)
    p = p * f + f64(0.2064542606454432)
    p = p * f + f64(-0.24043413014083667)
    p = p * f + f64(0.2885295892743718)
    p = p * f + f64(-0.3606739692481502)
    p = p * f + f64(0.4808984378096198)
    p = p * f + f64(-0.7213475196217094)
    p = p * f + f64(1.442695040747469)
    y = p * f + e
    y = y if a < INF else f64(a)
    return f64(-INF) if a == f32(0.0) else y


@exact
def pow(x: Any, y: Any) -> Any:
    """
    x to the power y, as C99 defines it (ISO/IEC 9899:1999, F.9.4.4).

    Parameters
    ----------
    x : float32
    y : float32

    Returns
    -------
    float32
        Within 1.5 ulp; overflow gives +-inf, underflow gradual subnormals and +-0. pow(x, 0) = pow(1, y) = 1, for NaN
        too; pow(-1, +-inf) = 1; a negative x with an integer y has the sign of (-1)^y, with another finite y it gives
        NaN; pow(0, y < 0) = inf, with the sign of a zero x where y is odd. Every other NaN stays NaN.

    Notes
    -----
    2^(y log2 |x|) with the logarithm and the product in float64: y log2 |x| reaches 150, and 2^-23 of the
    result needs 2^-31 of that. The power itself is taken in float32 again.
    """
    a = abs(x)
    t = f64(y) * _log2(a)
    t = f64(129.0) if t > f64(129.0) else t
    t = f64(-151.0) if t < f64(-151.0) else t
    shifted = t + ROUND64
    r = f32(t - (shifted - ROUND64))
    p = f32(1.3331414e-4)
    p = p * r + f32(1.3387925e-3)
    p = p * r + f32(9.625447e-3)
    p = p * r + f32(5.5503663e-2)
    p = p * r + f32(2.4022594e-1)
    p = p * r + f32(6.931472e-1)
    p = p * r + f32(1.0)
    power = scale(p, np.int32(np.float64(shifted).view(np.int64)))

    small = abs(y) < f32(16777216.0)  # from 2^24 on every float32 is an even integer
    whole = np.int32(y if small else f32(0.0))
    odd = np.int32(whole & np.int32(1)) if f32(whole) == y else np.int32(0)
    integer = (f32(whole) == y) | (abs(y) >= f32(16777216.0))
    negative = np.int32(to_bits(x) & SIGN)
    power = from_bits(np.int32(to_bits(power) ^ np.int32(negative & np.int32(-odd))))
    power = NAN if (x < f32(0.0)) & (a < INF) & (not integer) else power
    return f32(1.0) if (y == f32(0.0)) | (x == f32(1.0)) | ((a == f32(1.0)) & (abs(y) == INF)) else power
