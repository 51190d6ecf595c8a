"""The matrix product against plain loops: every edge of the tiles, any strides, any grouping of the work items."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nbnet.kernels import jit, matmul
from nbnet.kernels.matmul.cpu import depth_of
from nbnet.kernels.program import Instruction, Operand, Program, Result
from tests.kernels.guarded import Guarded, call, check_ownership, groupings
from tests.naive.matmul import matmul as naive

# Vectors of 64, 32 and 16 bytes: AVX-512, AVX2, SSE and NEON. LLVM compiles each for any CPU.
MACHINES = [(64, 32), (32, 16), (16, 16), (16, 32)]
MACHINE_NAMES = ["avx512", "avx2", "sse", "neon"]


def numbers(rng, shape, dtype):
    """Small whole numbers, whose sums are exact in every dtype and order."""
    return rng.integers(-8, 9, shape).astype(dtype)


def expected(a, b):
    """The naive product as an array, also where an extent is 0."""
    found = naive(a.tolist(), b.tolist(), b.shape[1])
    return np.array(found, a.dtype).reshape(a.shape[0], b.shape[1])


def product(spec, a, b, *, transposed=False, gaps=(0, 0, 0), calls=None, strip=None):
    """The product of two arrays through guarded buffers; `gaps` are unused columns of A, B and C, which must stay."""
    (M, K), N = a.shape, b.shape[1]
    stored_a, stored_b = a.T if transposed else a, b.T if spec.packing == "transposed" else b
    buffers = [
        Guarded.poisoned((rows, columns + gap), spec.dtype)
        for (rows, columns), gap in zip((stored_a.shape, stored_b.shape, (M, N)), gaps, strict=True)
    ]
    before = buffers[2].array.copy()
    for buffer, values in zip(buffers, (stored_a, stored_b), strict=False):
        buffer.array[:, : values.shape[1]] = values
    a_row, a_col = (1, M + gaps[0]) if transposed else (K + gaps[0], 1)
    addresses = [buffer.address for buffer in buffers]
    b_row = stored_b.shape[1] + gaps[1]
    words = matmul.words(*addresses, M, N, K, a_row, a_col, b_row, N + gaps[2], strip=strip)
    call(jit.load(spec), words, calls or [(0, spec.items(M, N))])
    for buffer in buffers:
        buffer.check()
    result = buffers[2].array
    assert result[:, N:].tobytes() == before[:, N:].tobytes(), "wrote between the rows of C"
    return result[:, :N].copy()


def around(*extents):
    """0, 1 and each extent with its neighbours."""
    return sorted({0, 1}.union(*({n - 1, n, n + 1} for n in extents)))


@pytest.mark.parametrize("packing", matmul.PACKINGS)
@pytest.mark.parametrize(("vector_bytes", "registers"), MACHINES, ids=MACHINE_NAMES)
def test_every_edge_of_the_tiles(rng, vector_bytes, registers, packing):
    spec = matmul.spec_for("float32", vector_bytes, registers, packing=packing)
    heights = around(spec.rows, 2 * spec.rows + 3)
    widths = around(spec.width, spec.panel, spec.panel + spec.width, 2 * spec.panel + 3)
    for M, N in itertools.product(heights, widths):
        a, b = numbers(rng, (M, 3), "float32"), numbers(rng, (3, N), "float32")
        assert np.array_equal(product(spec, a, b), expected(a, b)), (M, N)


@pytest.mark.parametrize(("vector_bytes", "registers"), MACHINES, ids=MACHINE_NAMES)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("packing", matmul.PACKINGS)
def test_depths_strides_and_groupings(rng, vector_bytes, registers, transposed, packing):
    spec = matmul.spec_for("float32", vector_bytes, registers, packing=packing)
    M, N = 3 * spec.rows + 3, 2 * spec.panel + spec.width + 3
    for K in (0, 1, spec.width, 2 * spec.width + 1):
        a, b = numbers(rng, (M, K), "float32"), numbers(rng, (K, N), "float32")
        wanted = expected(a, b)
        for calls in groupings(spec.items(M, N)):
            for strip in (None, 1, 2):
                found = product(spec, a, b, transposed=transposed, gaps=(3, 5, 2), calls=calls, strip=strip)
                assert np.array_equal(found, wanted), (K, calls, strip)


@pytest.mark.parametrize("packing", matmul.PACKINGS)
@pytest.mark.parametrize("dtype", ["float64", "int32", "int64"])
@pytest.mark.parametrize(("vector_bytes", "registers"), [MACHINES[0], MACHINES[2]], ids=["avx512", "sse"])
def test_other_dtypes(rng, dtype, vector_bytes, registers, packing):
    spec = matmul.spec_for(dtype, vector_bytes, registers, packing=packing)
    for M, N in ((spec.rows + 3, spec.panel + spec.width + 1), (1, spec.width - 1), (2 * spec.rows, 2 * spec.panel)):
        a, b = numbers(rng, (M, 7), dtype), numbers(rng, (7, N), dtype)
        assert np.array_equal(product(spec, a, b, gaps=(1, 1, 1)), expected(a, b))


@pytest.mark.parametrize(("vector_bytes", "registers"), MACHINES, ids=MACHINE_NAMES)
def test_a_work_item_writes_its_tile_alone(rng, vector_bytes, registers):
    spec = matmul.spec_for("int32", vector_bytes, registers)
    batch, M, N = 2, 2 * spec.rows + 3, spec.panel + spec.width + 3
    a, b = Guarded(np.ones((batch, M, 2), "int32")), Guarded(np.ones((2, N), "int32"))
    c = Guarded.poisoned((batch, M, N), "int32")
    for strip in (1, 2, M):
        places = a.address, b.address, c.address
        words = matmul.words(*places, M, N, 2, 2, 1, N, N, batch, 2 * M, 0, M * N, strip)
        check_ownership(jit.load(spec), words, spec.items(M, N, batch), c)


def test_a_chunk_of_whole_strips_owns_whole_rows():
    spec = matmul.spec_for("float32", 16, 16)
    M, N, strip = 5 * spec.rows, 2 * spec.panel + 1, 2
    a, b, c = Guarded(np.ones((M, 2), "f4")), Guarded(np.ones((2, N), "f4")), Guarded.poisoned((M, N), "float32")
    words = matmul.words(a.address, b.address, c.address, M, N, 2, 2, 1, N, N, strip=strip)
    call(jit.load(spec), words, [(0, strip * 3)])
    assert (c.array[: strip * spec.rows] == 2).all()
    assert np.isnan(c.array[strip * spec.rows :]).all()


def test_integers_wrap_around():
    a, b = np.full((1, 1), 2**31 - 1, "int32"), np.full((1, 1), 2, "int32")
    assert product(matmul.spec_for("int32", 16, 16), a, b)[0, 0] == -2


@pytest.mark.parametrize("packing", matmul.PACKINGS)
def test_a_long_sum_is_cut_in_passes(rng, packing):
    spec = matmul.spec_for("float32", 64, 32, packing=packing)
    M, N, depth = 2 * spec.rows + 1, spec.panel + 1, depth_of(spec)
    for K in (depth - 1, depth, depth + 1, 2 * depth + 3):
        a, b = numbers(rng, (M, K), "float32"), numbers(rng, (K, N), "float32")
        assert np.array_equal(product(spec, a, b), expected(a, b)), K


def test_the_bits_depend_on_nothing_but_the_numbers(rng):
    M, N, K = 40, 150, depth_of(matmul.spec_for("float32", *MACHINES[0])) + 100
    a, b = rng.normal(size=(M, K)).astype("f4"), rng.normal(size=(K, N)).astype("f4")
    found = []
    for machine in MACHINES:
        spec = matmul.spec_for("float32", *machine)
        found += [product(spec, a, b, calls=calls).tobytes() for calls in groupings(spec.items(M, N))]
    for packing, tile in (
        ("rows", None),
        ("transposed", None),
        ("", (8, 3)),
        ("rows", (12, 2)),
        ("transposed", (24, 1)),
    ):
        spec = matmul.spec_for("float32", *MACHINES[0], packing=packing, tile=tile)
        found += [product(spec, a, b, strip=strip).tobytes() for strip in (None, 1, 3)]
    spec = matmul.spec_for("float32", *MACHINES[0])
    assert len({*found, product(spec, a, b, transposed=True).tobytes()}) == 1
    # A part of the rows and columns alone comes out as within the whole.
    whole = np.frombuffer(found[0], "f4").reshape(M, N)
    assert product(spec, a[5:8], b[:, 70:80]).tobytes() == whole[5:8, 70:80].tobytes()
    exact = a.astype("f8") @ b.astype("f8")
    assert np.abs(whole - exact).max() < 1e-6 * np.abs(a).astype("f8").dot(np.abs(b)).max()


@pytest.mark.parametrize("packing", matmul.PACKINGS)
@pytest.mark.parametrize("shared", ["neither", "a", "b"])
def test_batches(rng, shared, packing):
    spec = matmul.spec_for("float32", 16, 16, packing=packing)
    batch, M, N, K = 3, spec.rows + 2, spec.panel + 3, 4
    a = numbers(rng, (1 if shared == "a" else batch, M, K), "float32")
    b = numbers(rng, (1 if shared == "b" else batch, K, N), "float32")
    wanted = np.stack([expected(a[z % len(a)], b[z % len(b)]) for z in range(batch)])
    stored_b = b.transpose(0, 2, 1).copy() if packing == "transposed" else b
    for calls in groupings(spec.items(M, N, batch)):
        buffers = Guarded(a), Guarded(stored_b), Guarded.poisoned((batch, M, N), "float32")
        addresses = [buffer.address for buffer in buffers]
        steps = (0 if shared == "a" else M * K, 0 if shared == "b" else K * N, M * N)
        words = matmul.words(*addresses, M, N, K, K, 1, stored_b.shape[2], N, batch, *steps)
        call(jit.load(spec), words, calls)
        for buffer in buffers:
            buffer.check()
        assert np.array_equal(buffers[2].array, wanted)


def test_not_a_number_stays_in_its_row(rng):
    a, b = rng.normal(size=(9, 5)).astype("f4"), rng.normal(size=(5, 70)).astype("f4")
    a[7, 2], b[1, 69] = np.nan, np.inf
    found = product(matmul.spec_for("float32", 64, 32), a, b)
    bad = ~np.isfinite(found)
    assert bad[7].all()
    assert bad[:, 69].all()
    assert bad.sum() == 70 + 9 - 1


def relu_after_bias():
    """max(product + bias, 0) in place, and the sign of the sum as a second result."""
    return Program(
        operands=(
            Operand("float32"),
            Operand("float32", inner=True, outer=False),
            Operand("float32", inner=False, outer=False),
        ),
        body=(
            Instruction("add", (0, 1), "float32"),
            Instruction("maximum", (3, 2), "float32"),
            Instruction("greater", (3, 2), "bool"),
        ),
        results=(Result(4, "float32", alias=0), Result(5, "bool")),
    )


@pytest.mark.parametrize(("vector_bytes", "registers"), [MACHINES[0], MACHINES[2]], ids=["avx512", "sse"])
def test_an_epilogue_sees_the_finished_product(rng, vector_bytes, registers):
    spec = matmul.spec_for("float32", vector_bytes, registers, relu_after_bias())
    for M, N, K in (
        (2 * spec.rows + 3, spec.panel + spec.width + 3, 5),
        (1, 1, 0),
        (spec.rows, spec.panel, depth_of(spec) + 2),
    ):
        a, b, bias = (numbers(rng, shape, "float32") for shape in ((M, K), (K, N), (N,)))
        total = expected(a, b) + bias
        for calls in groupings(spec.items(M, N)):
            values = Guarded(a), Guarded(b), Guarded.poisoned((M, N + 2), "float32")
            zero, inputs, signs = Guarded(np.zeros(1, "f4")), Guarded(bias), Guarded.poisoned((M, N), "uint8")
            addresses = [buffer.address for buffer in values]
            c_row = 4 * (N + 2)
            extra = [addresses[2], c_row, inputs.address, 0, zero.address, 0, addresses[2], c_row, signs.address, N]
            call(jit.load(spec), matmul.words(*addresses, M, N, K, K, 1, N, N + 2, extra=extra), calls)
            for buffer in (*values, zero, inputs, signs):
                buffer.check()
            assert np.array_equal(values[2].array[:, :N], np.maximum(total, 0))
            assert np.isnan(values[2].array[:, N:]).all()
            assert np.array_equal(signs.array, total > 0)


def test_words_pass_through_untouched():
    a, b, c, extra = object(), object(), object(), object()
    found = matmul.words(a, b, c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, extra=[extra])
    assert found == [a, b, c, *range(1, 13), extra]
    assert found.index(extra) == matmul.FIRST_EXTRA_WORD


def test_work_is_counted():
    spec = matmul.spec_for("float32", 64, 32)
    assert spec.flops(2, 3, 5, batch=7) == 7 * 2 * 2 * 3 * 5
    assert spec.bytes(2, 3, 5) == 4 * (10 + 15 + 6)


MEMORY = Path(__file__).with_name("edge_of_memory.py")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="protects pages through Linux's mprotect")
@pytest.mark.parametrize("side", ["before", "after"])
def test_nothing_outside_the_operands_is_read(side):
    """In a process of its own: a touch of the protected page beside an operand ends it."""
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, MEMORY, side], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:] or f"ended by signal {-done.returncode}"
    assert "ok" in done.stdout
