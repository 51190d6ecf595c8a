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
from nbnet.kernels.matmul.cpu import DEPTH
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


def product(spec, a, b, *, transposed=False, gaps=(0, 0, 0), calls=None):
    """The product of two arrays through guarded buffers; `gaps` are unused columns of A, B and C, which must stay."""
    (M, K), N = a.shape, b.shape[1]
    stored_a = a.T if transposed else a
    buffers = [
        Guarded.poisoned((rows, columns + gap), spec.dtype)
        for (rows, columns), gap in zip((stored_a.shape, b.shape, (M, N)), gaps, strict=True)
    ]
    before = buffers[2].array.copy()
    for buffer, values in zip(buffers, (stored_a, b), strict=False):
        buffer.array[:, : values.shape[1]] = values
    a_row, a_col = (1, M + gaps[0]) if transposed else (K + gaps[0], 1)
    addresses = [buffer.address for buffer in buffers]
    words = matmul.words(*addresses, M, N, K, a_row, a_col, N + gaps[1], N + gaps[2])
    call(jit.load(spec), words, calls or [(0, spec.items(M, N))])
    for buffer in buffers:
        buffer.check()
    result = buffers[2].array
    assert result[:, N:].tobytes() == before[:, N:].tobytes(), "wrote between the rows of C"
    return result[:, :N].copy()


def around(*extents):
    """0, 1 and each extent with its neighbours."""
    return sorted({0, 1}.union(*({n - 1, n, n + 1} for n in extents)))


@pytest.mark.parametrize(("vector_bytes", "registers"), MACHINES, ids=MACHINE_NAMES)
def test_every_edge_of_the_tiles(rng, vector_bytes, registers):
    spec = matmul.spec_for("float32", vector_bytes, registers)
    heights = around(spec.rows, 2 * spec.rows + 3)
    widths = around(spec.width, spec.panel, spec.panel + spec.width, 2 * spec.panel + 3)
    for M, N in itertools.product(heights, widths):
        a, b = numbers(rng, (M, 3), "float32"), numbers(rng, (3, N), "float32")
        assert np.array_equal(product(spec, a, b), expected(a, b)), (M, N)


@pytest.mark.parametrize(("vector_bytes", "registers"), MACHINES, ids=MACHINE_NAMES)
@pytest.mark.parametrize("transposed", [False, True])
def test_depths_strides_and_groupings(rng, vector_bytes, registers, transposed):
    spec = matmul.spec_for("float32", vector_bytes, registers)
    M, N = 3 * spec.rows + 3, 2 * spec.panel + spec.width + 3
    for K in (0, 1, 2, 5):
        a, b = numbers(rng, (M, K), "float32"), numbers(rng, (K, N), "float32")
        wanted = expected(a, b)
        for calls in groupings(spec.items(M, N)):
            found = product(spec, a, b, transposed=transposed, gaps=(3, 5, 2), calls=calls)
            assert np.array_equal(found, wanted), (K, calls)


@pytest.mark.parametrize("dtype", ["float64", "int32", "int64"])
@pytest.mark.parametrize(("vector_bytes", "registers"), [MACHINES[0], MACHINES[2]], ids=["avx512", "sse"])
def test_other_dtypes(rng, dtype, vector_bytes, registers):
    spec = matmul.spec_for(dtype, vector_bytes, registers)
    for M, N in ((spec.rows + 3, spec.panel + spec.width + 1), (1, spec.width - 1), (2 * spec.rows, 2 * spec.panel)):
        a, b = numbers(rng, (M, 7), dtype), numbers(rng, (7, N), dtype)
        assert np.array_equal(product(spec, a, b, gaps=(1, 1, 1)), expected(a, b))


@pytest.mark.parametrize(("vector_bytes", "registers"), MACHINES, ids=MACHINE_NAMES)
def test_a_work_item_writes_its_tile_alone(rng, vector_bytes, registers):
    spec = matmul.spec_for("int32", vector_bytes, registers)
    batch, M, N = 2, 2 * spec.rows + 3, spec.panel + spec.width + 3
    a, b = Guarded(np.ones((batch, M, 2), "int32")), Guarded(np.ones((2, N), "int32"))
    c = Guarded.poisoned((batch, M, N), "int32")
    words = matmul.words(a.address, b.address, c.address, M, N, 2, 2, 1, N, N, batch, 2 * M, 0, M * N)
    check_ownership(jit.load(spec), words, spec.items(M, N, batch), c)


def test_integers_wrap_around():
    a, b = np.full((1, 1), 2**31 - 1, "int32"), np.full((1, 1), 2, "int32")
    assert product(matmul.spec_for("int32", 16, 16), a, b)[0, 0] == -2


def test_a_long_sum_is_cut_in_passes(rng):
    spec = matmul.spec_for("float32", 16, 16)
    M, N = spec.rows + 1, spec.panel + 1
    for K in (DEPTH - 1, DEPTH, DEPTH + 1, 2 * DEPTH + 3):
        a, b = numbers(rng, (M, K), "float32"), numbers(rng, (K, N), "float32")
        assert np.array_equal(product(spec, a, b), expected(a, b)), K


def test_the_bits_depend_on_nothing_but_the_numbers(rng):
    M, N, K = 40, 150, DEPTH + 100
    a, b = rng.normal(size=(M, K)).astype("f4"), rng.normal(size=(K, N)).astype("f4")
    found = []
    for machine in MACHINES:
        spec = matmul.spec_for("float32", *machine)
        found += [product(spec, a, b, calls=calls).tobytes() for calls in groupings(spec.items(M, N))]
    spec = matmul.spec_for("float32", *MACHINES[0])
    assert len({*found, product(spec, a, b, transposed=True).tobytes()}) == 1
    # A part of the rows and columns alone comes out as within the whole.
    whole = np.frombuffer(found[0], "f4").reshape(M, N)
    assert product(spec, a[5:8], b[:, 70:80]).tobytes() == whole[5:8, 70:80].tobytes()
    exact = a.astype("f8") @ b.astype("f8")
    assert np.abs(whole - exact).max() < 1e-6 * np.abs(a).astype("f8").dot(np.abs(b)).max()


@pytest.mark.parametrize("shared", ["neither", "a", "b"])
def test_batches(rng, shared):
    spec = matmul.spec_for("float32", 16, 16)
    batch, M, N, K = 3, spec.rows + 2, spec.panel + 3, 4
    a = numbers(rng, (1 if shared == "a" else batch, M, K), "float32")
    b = numbers(rng, (1 if shared == "b" else batch, K, N), "float32")
    wanted = np.stack([expected(a[z % len(a)], b[z % len(b)]) for z in range(batch)])
    for calls in groupings(spec.items(M, N, batch)):
        buffers = Guarded(a), Guarded(b), Guarded.poisoned((batch, M, N), "float32")
        addresses = [buffer.address for buffer in buffers]
        steps = (0 if shared == "a" else M * K, 0 if shared == "b" else K * N, M * N)
        call(jit.load(spec), matmul.words(*addresses, M, N, K, K, 1, N, N, batch, *steps), calls)
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
    for M, N, K in ((2 * spec.rows + 3, spec.panel + spec.width + 3, 5), (1, 1, 0), (spec.rows, spec.panel, DEPTH + 2)):
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
    found = matmul.words(a, b, c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, extra=[extra])
    assert found == [a, b, c, *range(1, 12), extra]
    assert found.index(extra) == matmul.FIRST_EXTRA_WORD


def test_chunks_cover_the_items_and_are_neither_tiny_nor_few():
    spec = matmul.spec_for("float32", 64, 32)
    for M, N, K in ((512, 512, 512), (128, 128, 784), (784, 128, 128), (4096, 4096, 64), (256, 4096, 4096)):
        items, chunk = spec.items(M, N), spec.chunk(M, N, K)
        assert 1 <= chunk <= items
        work = 2 * M * N * K * chunk / items
        assert 1e6 < work < 1e8  # 10 µs at least
        if 2 * M * N * K > 1e8:
            assert -(-items // chunk) >= 16
    assert spec.chunk(1, 10, 64) == spec.items(1, 10) == 1
    assert spec.chunk(0, 10, 64) == 1
    assert spec.chunk(32, 128, 784) == spec.items(32, 128) // 2  # two chunks of 27 µs


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
