"""The error function erf."""

from typing import Any

import numpy as np

from nbnet.kernels.vmath.bits import ROUND_BIASED, biased_power, exact, with_sign_of

f32 = np.float32


@exact
def erf(x: Any) -> Any:
    """
    2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.

    Parameters
    ----------
    x : float32

    Returns
    -------
    float32 in [-1, 1]
        Within 1.6 ulp; erf(+-inf) = +-1, erf(-0.0) = -0.0, NaN stays NaN.

    Notes
    -----
    |x| < 0.9: x + x P(x^2). Else 1 - 2^-G(|x|), where G = -log2(erfc) is nearly a parabola. P and G are minimax
    polynomials weighted by their share in the error of the result (Remez exchange). Both are computed and one is
    chosen.
    """
    t = abs(x)
    z = x * x
    p = f32(-6.0209766e-4)
    p = p * z + f32(4.9989885e-3)
    p = p * z + f32(-2.6770508e-2)
    p = p * z + f32(1.1281922e-1)
    p = p * z + f32(-3.7612504e-1)
    p = p * z + f32(1.2837915e-1)
    near = p * t + t
    c = f32(4.0) if t > f32(4.0) else t
    g = f32(2.2555247e-4)
    g = g * c + f32(-3.8572466e-3)
    g = g * c + f32(3.0058302e-2)
    g = g * c + f32(-1.4602645e-1)
    g = g * c + f32(-9.234335e-1)
    g = g * c + f32(-1.6245806)
    g = g * c + f32(-8.0273306e-4)
    shifted = g + ROUND_BIASED
    r = g - (shifted - ROUND_BIASED)
    e = f32(1.330386e-3)
    e = e * r + f32(9.672658e-3)
    e = e * r + f32(5.550651e-2)
    e = e * r + f32(2.4022225e-1)
    e = e * r + f32(6.93147e-1)
    e = e * r + f32(1.0)
    far = f32(1.0) - e * biased_power(shifted)
    return with_sign_of(far if t > f32(0.9) else near, x)
