"""Dropout compiled: the masks of the reference, for any number of threads, and gradients that use the same ones."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.compiler.plan import Plan
from nbnet.graph import ops, philox
from nbnet.runtime import threads
from nbnet.runtime.function import Function, grad

RATES = [0.0, 2.0**-20, 0.1, 0.5, 0.9, 1 - 2.0**-20]
SEED, STEP = -7, 2**33 + 3


def compiled(formula, **options):
    """A compiled function of a seed and a step that stay."""
    return Function(formula, seed=lambda: SEED, step=lambda: STEP, **options)


def factors(rate, size):
    """What numbers are multiplied by, of the first draw outside layers."""
    if rate == 0:
        return np.ones(size, "float32")
    if rate in (0.1, 0.5, 0.9):
        k = round((1 - rate) * 2**16)
        return np.where(philox.halves(SEED, STEP, 0, 0, 0, size) < k, np.float32(2**16 / k), np.float32(0))
    k = int((1 - rate) * 2**32)
    return np.where(philox.words(SEED, STEP, 0, 0, 0, size) < k, np.float32(2**32 / k), np.float32(0))


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("rate", RATES)
def test_masks_are_those_of_the_reference_for_any_number_of_threads(rate, count, monkeypatch):
    monkeypatch.setattr(threads, "_chosen", count)
    for shape in [(), (1,), (7,), (3, 21), (257, 131)]:
        x = np.ones(shape, "float32")
        y = compiled(lambda x: ops.dropout(x, rate))(x)
        assert np.array_equal(y, factors(rate, x.size).reshape(shape))
        assert np.array_equal(y, compiled(lambda x: ops.dropout(x, rate), eager=True)(x))


def test_a_large_mask_is_made_in_several_chunks():
    plan = compiled(lambda x: ops.dropout(x, 0.5)).explain(np.ones((257, 131), "float32"))
    assert isinstance(plan, Plan)
    assert max(entry.chunks for entry in plan.entries if entry.spec.family == "random") > 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 1 - 2.0**-20])
def test_gradients_pass_where_numbers_were_kept(rate, dtype, rng):
    x = rng.normal(size=(60, 50)).astype(dtype)
    drop = lambda x: ops.dropout(x, rate)  # noqa: E731
    y, slope = compiled(lambda x: (drop(x), grad(lambda z: ops.sum(ops.square(drop(z))))(x)))(x)
    factor = factors(rate, x.size).reshape(x.shape)
    np.testing.assert_allclose(y, x * factor, rtol=1e-6)
    # The second draw has a mask of its own, which a slope of zero shows.
    assert ((slope != 0) != (factor != 0)).any() or rate > 0.99
    kept = slope != 0
    scale = 2 / (1 - rate) ** 2
    np.testing.assert_allclose(slope[kept], (x * scale)[kept], rtol=1e-4)


def test_a_network_drops_the_same_backward_as_forward(rng):
    x = rng.normal(size=(40, 30)).astype("float32")

    def forward_and_backward(x):
        seen = []

        def loss(z):
            seen.append(ops.dropout(z, 0.3))
            return ops.sum(seen[0] * seen[0])

        slope = grad(loss)(x)
        return seen[0], slope

    y, slope = compiled(forward_and_backward)(x)
    k = round(0.7 * 2**16)
    np.testing.assert_allclose(slope, 2 * y * np.float32(2**16 / k), rtol=1e-6)
    assert 0.2 < (y == 0).mean() < 0.4
