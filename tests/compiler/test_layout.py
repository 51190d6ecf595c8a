"""How arrays lie along the axes of a group, compared with NumPy's own broadcasting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from nbnet.compiler.layout import aligned, contiguous, merge, regular


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1, 3), (0, 2)], ids=str)
def test_contiguous(shape):
    strides = np.zeros(shape, "u1").strides
    wanted = tuple(0 if size == 1 else stride for size, stride in zip(shape, strides, strict=True))
    if 0 not in shape:
        assert contiguous(shape) == wanted
    assert len(contiguous(shape)) == len(shape)


def seen(shape, strides, domain):
    """An array of `shape` seen through strides along the axes of `domain`."""
    array = np.arange(np.prod(shape, dtype=int))
    return as_strided(array, domain, [8 * stride for stride in strides])


@pytest.mark.parametrize("shape", [(), (4,), (3, 1), (2, 1, 4), (1, 1, 1), (3, 4), (2, 3, 4)], ids=str)
def test_broadcast_operands(shape):
    domain = (2, 3, 4)
    wanted = np.broadcast_to(np.arange(np.prod(shape, dtype=int)).reshape(shape), domain)
    assert np.array_equal(seen(shape, aligned(shape, domain, domain, ()), domain), wanted)


def test_numbers_of_lanes():
    domain, axes = (2, 3, 4), (1,)
    lanes = np.arange(8).reshape(2, 1, 4)
    for form in ((2, 1, 4), (2, 4)):
        strides = aligned(form, form, domain, axes)
        assert np.array_equal(seen(form, strides, domain), np.broadcast_to(lanes, domain))
    # An operand of a lane value may itself be broadcast to it.
    assert aligned((4,), (2, 4), domain, axes) == (0, 0, 1)
    assert aligned((2, 1), (2, 4), domain, axes) == (1, 0, 0)


def test_indices_of_a_one_hot_lack_the_last_axis():
    assert aligned((2, 3), (2, 3, 4), (2, 3, 4), (), hot=True) == (3, 1, 0)
    assert aligned((), (4,), (4,), (), hot=True) == (0,)


def positions(sizes, strides):
    """Where an array's elements lie, in the order of a loop over its axes."""
    return [
        sum(i * stride for i, stride in zip(at, strides, strict=True))
        for at in itertools.product(*(range(size) for size in sizes))
    ]


@pytest.mark.parametrize("keep", [0, 1])
def test_merged_axes_are_walked_in_the_same_order(rng, keep):
    for _ in range(200):
        domain = tuple(rng.choice([1, 2, 3], int(rng.integers(1, 5))).tolist())
        shapes = [tuple(1 if rng.random() < 0.3 else size for size in domain[rng.integers(0, 2) :]) for _ in range(3)]
        strides = [aligned(shape, domain, domain, ()) for shape in [*shapes, domain]]
        sizes, merged = merge(domain, strides, keep)
        for before, after in zip(strides, merged, strict=True):
            assert positions(domain, before) == positions(sizes, after)
        if keep:
            assert sizes[-1] == domain[-1]
        else:
            assert 1 not in sizes
            assert len(sizes) <= len(domain)


def test_merging_joins_all_that_it_can():
    full = contiguous((2, 3, 4))
    assert merge((2, 3, 4), [full, full]) == ([24], [[1], [1]])
    assert merge((2, 3, 4), [full, (0, 0, 1)]) == ([6, 4], [[4, 1], [0, 1]])
    assert merge((2, 3, 4), [full, (0, 4, 1)]) == ([2, 12], [[12, 1], [0, 1]])
    assert merge((2, 3, 4), [full], keep=1) == ([6, 4], [[4, 1]])
    assert merge((), [()]) == ([], [[]])


def test_regular():
    assert regular((2, 3), (3, 1))
    assert regular((2, 3), (0, 0))
    assert regular((1, 3), (7, 1))
    assert regular((), ())
    assert not regular((2, 3), (0, 1))
    assert not regular((2, 3), (1, 0))
