"""Orthogonal weights."""

from __future__ import annotations

import math

import numpy as np

from nbnet.errors import ShapeError
from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer

__all__ = ["Orthogonal"]


class Orthogonal(Initializer):
    """A random orthogonal matrix: it keeps the lengths of vectors, however many layers follow each other.

    Parameters
    ----------
    gain : float
        Factor of the matrix.
    seed : int, optional
        In place of the global seed.

    Raises
    ------
    ShapeError
        When called for a weight of less than two axes.

    Notes
    -----
    All axes but the last are taken as one. With more rows than columns the columns are orthonormal, otherwise the
    rows: WᵀW = gain² I or WWᵀ = gain² I.

    Q of the QR decomposition of a matrix of normal numbers, in float64, each column with the sign of the diagonal
    element of R, which makes all orthogonal matrices equally likely. The decomposition is LAPACK's: the normal numbers
    are the same everywhere, but the last bit of a weight may differ between machines.

    References
    ----------
    Saxe, McClelland and Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", section 3. Mezzadri 2007, "How to generate random matrices from the classical compact groups",
    section 5 (the signs).
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """Gain times the orthogonal factor."""
        if len(shape) < 2:
            raise ShapeError(
                f"Orthogonal expects a weight of two or more axes; received shape {shape}. Use it for kernels, and "
                "'zeros' or 'ones' for vectors."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(draw.normal(rows * columns).reshape(tall).astype(np.float64))
        q *= np.where(np.diag(r) < 0, -self.gain, self.gain)
        return q.T if rows < columns else q


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``orthogonal``."""
    register("orthogonal", Orthogonal)
