"""The guard: it stops on a sum that is not finite, and on nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet.kernels import guard, jit
from tests.kernels.guarded import Guarded, call


def fires(sums, number=3):
    """What the control word holds after the guard looked at `sums`."""
    source, control = Guarded(np.array(sums, "float64")), Guarded(np.zeros(8, "int64"))
    call(jit.load(guard.Spec()), [control.address, number, len(sums), source.address], [(0, 1)])
    source.check()
    control.check()
    assert not control.array[1:].any()
    return int(control.array[0])


@pytest.mark.parametrize("sums", [[], [0.0], [1.0, 1e308, -1e308], [5e-324] * 100], ids=str)
def test_finite_sums_pass(sums):
    assert fires(sums) == 0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 1, 16, 40])
def test_a_sum_that_is_not_finite_stops(bad, place):
    sums = [1.0] * 41
    sums[place] = bad
    assert fires(sums) == 3
    assert fires(sums, number=1) == 1
