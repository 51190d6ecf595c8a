"""How products are cut, and that the choice is a function of the problem alone."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from nbnet.compiler.choices import CHUNKS_WANTED, PACKED_BLOCKS, Problem, choose, cut
from nbnet.compiler.target import Target
from nbnet.kernels import matmul

TARGETS = [Target("avx512", 64, 32), Target("avx2", 32, 16), Target("sse", 16, 16), Target("neon", 16, 32)]
SHAPES = [(32, 128, 784), (784, 128, 32), (512, 10, 64), (64, 10, 512), (1, 128, 784), (256, 2048, 2048), (7, 3, 5)]


def items(problem, choice, target):
    """Work items of the kernel that a choice names."""
    tile = choice.rows, choice.vectors
    spec = matmul.spec_for(problem.dtype, target.vector_bytes, target.registers, None, choice.packing, tile)
    return spec.items(problem.M, problem.N, problem.batch)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@pytest.mark.parametrize(("M", "N", "K"), SHAPES)
@pytest.mark.parametrize("batch", [1, 5])
def test_chunks_are_neither_tiny_nor_many(target, M, N, K, batch):
    for dtype, transposed in itertools.product(("float32", "float64"), (False, True)):
        problem = Problem(dtype, M, N, K, batch, transposed_b=transposed)
        choice = choose(problem, target)
        count = items(problem, choice, target)
        assert choice.strip >= 1
        assert 1 <= choice.chunk <= count
        assert -(-count // choice.chunk) <= 2 * CHUNKS_WANTED
        assert choice.packing == "transposed" or not transposed


def test_small_products_are_one_chunk_and_large_ones_are_cut():
    target = TARGETS[0]

    def chunks(M, N, K, **more):
        problem = Problem("float32", M, N, K, **more)
        choice = choose(problem, target)
        return -(-items(problem, choice, target) // choice.chunk)

    assert chunks(32, 10, 64) == 1
    assert chunks(32, 64, 128) == 2
    assert chunks(512, 10, 64) == 4
    assert 32 <= chunks(512, 128, 784) <= CHUNKS_WANTED
    assert chunks(1, 128, 784) == 2


def test_a_small_weight_gradient_is_cut_into_whole_rows():
    choice = choose(Problem("float32", 784, 128, 32), TARGETS[0])
    assert choice.chunk == 2 * choice.strip  # two panels
    assert "by rows" in choice.reason


def test_a_packed_panel_serves_many_rows():
    choice = choose(Problem("float32", 512, 128, 64, transposed_b=True), TARGETS[0])
    assert choice.packing == "transposed"
    assert choice.strip >= PACKED_BLOCKS
    assert choice.chunk >= PACKED_BLOCKS


def test_wide_rows_are_packed_for_any_batch():
    assert choose(Problem("float32", 256, 2048, 64), TARGETS[0]).packing == "rows"
    assert choose(Problem("float32", 1, 2048, 64), TARGETS[0]).packing == "rows"
    assert choose(Problem("float32", 256, 128, 64), TARGETS[0]).packing == ""


def test_a_product_of_nothing_has_a_choice():
    for M, N, batch in ((0, 4, 1), (4, 0, 1), (4, 4, 0)):
        assert choose(Problem("float32", M, N, 3, batch), TARGETS[0]).chunk == 1


def test_the_reason_says_what_was_chosen():
    reason = choose(Problem("float32", 512, 128, 784), TARGETS[0]).reason
    assert reason.startswith("6x4 tile, B read in place, ")
    assert " chunks by rows of " in reason


def test_another_tile_is_cut_as_well():
    problem = Problem("float32", 512, 128, 784)
    choice = cut(problem, TARGETS[0], 12, 2, "rows")
    assert (choice.rows, choice.vectors, choice.packing) == (12, 2, "rows")
    assert choice != dataclasses.replace(choice, chunk=choice.chunk + 1)
    assert 1 <= choice.chunk <= items(problem, choice, TARGETS[0])
