"""Split: products with weights that a step updates are summed in pieces."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet.compiler.compile import optimise
from nbnet.compiler.split import PIECES, pieces, split
from nbnet.graph import ops
from nbnet.graph.graph import evaluate
from nbnet.graph.tensor import Variable


@pytest.mark.parametrize(
    ("M", "K", "N", "expected"),
    [
        (32, 784, 128, 4), (1, 784, 128, 4), (128, 784, 128, 2), (512, 784, 128, 1),  # the pieces would be too large
        (32, 786, 128, 2), (32, 785, 128, 1),  # no whole rows
        (8, 64, 64, 1), (8, 2048, 2048, 1),  # little, and too much for the caches
    ],
)  # fmt: skip
def test_the_number_of_pieces_is_a_function_of_the_shapes(M, K, N, expected):
    assert pieces(M, K, N, 4) == expected


def step_over(weight, assigned=True):
    """A function that multiplies by a weight, and updates it."""

    def step(x):
        y = ops.matmul(x, weight)
        if assigned:
            weight.assign(weight * 0.5)
        return y

    return step


def products(function, *args):
    """The products in pieces of a step as it is lowered."""
    return [node for node in optimise(function.graph(*args)).nodes() if node.op is PIECES]


def test_only_weights_that_are_updated(rng):
    x = rng.normal(size=(32, 784)).astype("f4")
    weight = Variable(rng.normal(size=(784, 128)), "float32")
    assert len(products(nbnet.function(step_over(weight)), x)) == 1
    assert products(nbnet.function(step_over(weight, assigned=False)), x) == []
    assert products(nbnet.function(lambda x: ops.matmul(x, np.ones((784, 128), "f4"))), x) == []


def test_small_products_stay_whole(rng):
    weight = Variable(np.ones((16, 8)), "float32")
    assert products(nbnet.function(step_over(weight)), np.ones((4, 16), "f4")) == []


@pytest.mark.parametrize("batch", [1, 5, 32, 128])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sum_is_the_product(rng, batch, dtype):
    weight = Variable(rng.normal(size=(784, 65)), dtype)
    function = nbnet.function(step_over(weight))
    x = rng.normal(size=(batch, 784)).astype(dtype)
    expected = x.astype("f8") @ weight.numpy().astype("f8")
    before = weight.numpy()
    graph = split(function.graph(x))
    assert any(node.op is PIECES for node in graph.nodes())
    tolerance = 2e-4 if dtype == "float32" else 1e-11
    np.testing.assert_allclose(evaluate(graph, [x])[0], expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(function(x), expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(weight.numpy(), before / 2)


def test_the_pieces_are_not_copied(rng):
    weight = Variable(rng.normal(size=(784, 128)), "float32")
    plan = nbnet.function(step_over(weight)).explain(np.ones((32, 784), "f4"))
    families = [entry.spec.family for entry in plan.entries]
    assert families.count("matmul") == 1
    assert not {"copy", "columns"} & set(families)
