"""sin, cos, and both of a fraction of a full turn.

Method: x = q pi/2 + r with an integer q and |r| <= pi/4, reduced in float64 with pi/2 in two parts, of which the first
has 33 bits, so that its product with q < 2^20 is exact with and without FMA (Cody and Waite, 1980, chapter 8); minimax
polynomials of sine and cosine in r (Remez exchange), in float32; q chooses polynomial and sign.
"""

from typing import Any

import numpy as np

from nbnet.kernels.vmath.bits import ROUND, ROUND64, ROUND_BITS, exact, from_bits, to_bits

f32, f64 = np.float32, np.float64
TWO_OVER_PI = f64(0.6366197723675814)
HALF_PI_HIGH = f64(1.5707963267341256)
HALF_PI_LOW = f64(6.077100506506192e-11)
TWO_PI = f32(6.2831855)
LIMIT = f32(2.0**29)
NAN = f32(np.nan)


@exact
def _sine(r: Any) -> Any:
    """sin(r) for |r| <= pi/4."""
    z = r * r
    p = f32(-1.9517896e-4)
    p = p * z + f32(8.332187e-3)
    p = p * z + f32(-1.6666655e-1)
    return p * (z * r) + r


@exact
def _cosine(r: Any) -> Any:
    """cos(r) for |r| <= pi/4."""
    z = r * r
    p = f32(2.4432327e-5)
    p = p * z + f32(-1.388731e-3)
    p = p * z + f32(4.1666646e-2)
    return p * (z * z) + (f32(1.0) - f32(0.5) * z)


@exact
def _quadrant(q: Any, sine: Any, cosine: Any) -> Any:
    """sin(q pi/2 + r) from sin(r) and cos(r): q odd takes the cosine, bit 1 of q is the sign."""
    y = sine if np.int32(q & np.int32(1)) == np.int32(0) else cosine
    return from_bits(np.int32(to_bits(y) ^ np.int32(np.int32(q & np.int32(2)) << np.int32(30))))


@exact
def _reduce(x: Any) -> Any:
    """q as int32 and r of x = q pi/2 + r."""
    shifted = f64(x) * TWO_OVER_PI + ROUND64
    q = shifted - ROUND64
    r = f64(x) - q * HALF_PI_HIGH
    r = r - q * HALF_PI_LOW
    return np.int32(np.float64(shifted).view(np.int64)), f32(r)


@exact
def sin(x: Any) -> Any:
    """
    Sine.

    Parameters
    ----------
    x : float32, radians

    Returns
    -------
    float32 in [-1, 1]
        Within 2 ulp for |x| < 1e6, within 2e-7 for |x| < 2^29; NaN beyond, as for +-inf and NaN. sin(-0.0) = -0.0,
        subnormals kept.
    """
    q, r = _reduce(x)
    y = _quadrant(q, _sine(r), _cosine(r))
    y = x if abs(x) < f32(1e-4) else y
    return y if abs(x) < LIMIT else NAN


@exact
def cos(x: Any) -> Any:
    """
    Cosine.

    Parameters
    ----------
    x : float32, radians

    Returns
    -------
    float32 in [-1, 1]
        Within 2 ulp for |x| < 1e6, within 2e-7 for |x| < 2^29; NaN beyond, as for +-inf and NaN.
    """
    q, r = _reduce(x)
    y = _quadrant(np.int32(q + np.int32(1)), _sine(r), _cosine(r))
    return y if abs(x) < LIMIT else NAN


@exact
def turn(u: Any) -> Any:
    """
    Point of the unit circle after `u` turns; the reduction to an eighth of a turn is exact.

    Parameters
    ----------
    u : float32 in [0, 1]

    Returns
    -------
    tuple of float32
        cos(2 pi u) and sin(2 pi u), each within 2 ulp where u is a multiple of 2^-24.
    """
    shifted = f32(4.0) * u + ROUND
    q = np.int32(to_bits(shifted) - ROUND_BITS)
    r = TWO_PI * (u - f32(0.25) * (shifted - ROUND))
    sine, cosine = _sine(r), _cosine(r)
    return _quadrant(np.int32(q + np.int32(1)), sine, cosine), _quadrant(q, sine, cosine)
