"""Nests of arrays: their signature, their leaves, and putting them together again."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest

from nbnet.graph.tensor import Variable
from nbnet.runtime.nest import flatten, rebuild

Pair = namedtuple("Pair", ["x", "y"])


def leaves_of(nest):
    leaves = []
    flatten(nest, leaves)
    return leaves


def signature(nest):
    return flatten(nest, [])


NESTS = [
    np.ones((2, 3)), (np.ones(2), np.zeros(3)), {"a": np.ones(1), "b": [np.ones(2), (np.zeros(1),)]}, [], {}, (),
    Pair(np.ones(2), 3.0), (None, True, "mean", np.ones(2)), [1.0, 2.0, 3.0], 7, 2.5, [[1, 2], [3, 4]],
]  # fmt: skip


@pytest.mark.parametrize("nest", NESTS, ids=repr)
def test_a_nest_is_put_together_from_its_leaves(nest):
    leaves = iter(leaves_of(nest))
    again = rebuild(nest, lambda item: next(leaves))
    assert next(leaves, None) is None
    assert type(again) is type(nest) or not isinstance(nest, (tuple, dict, list)) or nest == [1.0, 2.0, 3.0]
    assert signature(again) == signature(nest)


def test_arrays_are_contiguous_and_of_known_types():
    (first,) = leaves_of(np.arange(6.0).reshape(2, 3).T)
    assert first.flags.c_contiguous
    assert first.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert [leaf.dtype.name for leaf in leaves_of([np.float16(1), 2.5, [1, 2]])] == ["float32", "float32", "int64"]
    assert leaves_of(np.float64(3))[0].shape == ()


def test_signatures_tell_shapes_types_and_static_values_apart():
    x = np.ones((2, 3), "f4")
    different = [
        x, x[:1], x.astype("f8"), (x,), [x], {"a": x}, {"b": x}, (x, None), (x, True), (x, False), (x, "a"), (x, 1),
        (x, 1.0),
    ]  # fmt: skip
    assert len({signature(nest) for nest in different}) == len(different)
    assert signature((x, 1)) == signature((x * 5, 2))  # numbers are data
    first, second = Variable(x), Variable(x)
    assert signature(first) != signature(second)
    assert leaves_of(first) == []
