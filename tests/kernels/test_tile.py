"""The register tile: every variant against plain loops, and the machine code of it for CPUs that are not this one."""

from __future__ import annotations

import functools
import re

import llvmlite.binding as llvm
import numpy as np
import pytest
from llvmlite import ir

from nbnet.errors import DTypeError
from nbnet.kernels import jit
from nbnet.kernels.memory import word
from nbnet.kernels.tile import ITEMSIZE, tile_shape
from nbnet.kernels.tile.cpu import emit_tile, make_tile
from tests.kernels.guarded import Guarded, call
from tests.naive.matmul import matmul

MACHINES = {
    "avx512": ("x86_64-unknown-linux-gnu", "skylake-avx512", "", 64, 32),
    "avx2": ("x86_64-unknown-linux-gnu", "haswell", "", 32, 16),
    "sse": ("x86_64-unknown-linux-gnu", "x86-64", "", 16, 16),
    "neon": ("aarch64-unknown-linux-gnu", "generic", "+neon", 16, 32),
}


def numbers(rng, shape, dtype):
    """Small whole numbers, whose sums are exact in every dtype and order."""
    return rng.integers(-8, 9, shape).astype(dtype)


@functools.cache
def compiled(rows, vectors, width, dtype, clamped=False, masked=False):
    """A kernel that calls one tile with its words as arguments."""
    tile = make_tile(rows, vectors, width, dtype, clamped, masked)

    def kernel(words: int, start: int, stop: int) -> None:
        tile(
            word(words, 0), word(words, 1), word(words, 2), word(words, 3), word(words, 4), word(words, 5),
            word(words, 6), word(words, 7), word(words, 8), word(words, 9), word(words, 10), 0,
        )  # fmt: skip

    return jit.compile_c(kernel)


def product(kernel, a, b, c, columns, *, transposed, accumulate):
    """Call the tile on a (rows, K), b (K, columns or more) and c (rows, columns or more), and check the guards."""
    size, depth = a.itemsize, a.shape[1]
    memory = Guarded(a.T.copy() if transposed else a), Guarded(b), Guarded(c)
    strides = (size, a.shape[0] * size) if transposed else (depth * size, size)
    addresses = [buffer.address for buffer in memory]
    words = [addresses[0], *strides, addresses[1], b.shape[1] * size, depth, addresses[2], c.shape[1] * size]
    call(kernel, [*words, len(a), columns, accumulate], [(0, 1)])
    for buffer in memory:
        buffer.check()
    return memory[2].array


def test_tile_shape():
    assert tile_shape(64, 32, "float32") == (6, 4, 16)
    assert tile_shape(64, 32, "float64") == (6, 4, 8)
    assert tile_shape(32, 16, "float32") == (6, 2, 8)
    assert tile_shape(16, 16, "int32") == (6, 2, 4)
    assert tile_shape(16, 32, "float32") == (6, 4, 4)
    with pytest.raises(DTypeError, match="float32, float64, int32, int64; received uint8"):
        tile_shape(64, 32, "uint8")


@pytest.mark.parametrize("dtype", ITEMSIZE)
@pytest.mark.parametrize(("rows", "vectors", "width"), [(6, 2, 4), (2, 1, 8), (3, 2, 1)])
def test_a_whole_tile(rng, rows, vectors, width, dtype):
    kernel, columns = compiled(rows, vectors, width, dtype), vectors * width
    for depth in (0, 1, 7):
        a, b = numbers(rng, (rows, depth), dtype), numbers(rng, (depth, columns + 3), dtype)
        b[:, columns:] = -128
        for transposed in (False, True):
            for accumulate in (0, 1):
                c = numbers(rng, (rows, columns + 2), dtype)
                found = product(kernel, a, b, c, columns, transposed=transposed, accumulate=accumulate)
                wanted = np.array(matmul(a.tolist(), b.tolist(), columns))
                assert np.array_equal(found[:, :columns], wanted + accumulate * c[:, :columns])
                assert np.array_equal(found[:, columns:], c[:, columns:])


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("masked", [False, True])
def test_fewer_rows_and_columns(rng, masked, dtype):
    rows, vectors, width = 4, 2, 4
    kernel = compiled(rows, vectors, width, dtype, True, masked)
    for valid_rows in range(1, rows + 1):
        for columns in range((vectors - 1) * width + 1 if masked else vectors * width, vectors * width + 1):
            for accumulate in (0, 1):
                # No padding: the guard zones begin where the valid elements end.
                a, b = numbers(rng, (valid_rows, 5), dtype), numbers(rng, (5, columns), dtype)
                c = numbers(rng, (valid_rows, columns), dtype)
                found = product(kernel, a, b, c, columns, transposed=False, accumulate=accumulate)
                assert np.array_equal(found, np.array(matmul(a.tolist(), b.tolist(), columns)) + accumulate * c)


def test_a_copying_tile_leaves_b_without_gaps(rng):
    rows, vectors, width, depth = 3, 2, 4, 7
    tile = make_tile(rows, vectors, width, "float32", copying=True)

    def kernel(words: int, start: int, stop: int) -> None:
        tile(
            word(words, 0), word(words, 1), word(words, 2), word(words, 3), word(words, 4), word(words, 5),
            word(words, 6), word(words, 7), word(words, 8), word(words, 9), word(words, 10), word(words, 11),
        )  # fmt: skip

    columns = vectors * width
    a, b = numbers(rng, (rows, depth), "float32"), numbers(rng, (depth, columns + 3), "float32")
    made = Guarded.poisoned((depth, columns), "float32")
    memory = Guarded(a), Guarded(b), Guarded.poisoned((rows, columns), "float32")
    addresses = [buffer.address for buffer in memory]
    words = [addresses[0], 4 * depth, 4, addresses[1], 4 * (columns + 3), depth, addresses[2], 4 * columns]
    call(jit.compile_c(kernel), [*words, rows, columns, 0, made.address], [(0, 1)])
    for buffer in (*memory, made):
        buffer.check()
    assert np.array_equal(made.array, b[:, :columns])
    assert np.array_equal(memory[2].array, np.array(matmul(a.tolist(), b.tolist(), columns)))


def test_every_variant_gives_the_same_bits(rng):
    a, b = rng.normal(size=(4, 50)).astype("f4"), rng.normal(size=(50, 8)).astype("f4")
    c = np.zeros((4, 8), "f4")
    shapes = [(4, 2, 4, False, False), (4, 1, 8, True, True), (4, 8, 1, True, False), (4, 1, 8, False, False)]
    bits = {
        product(compiled(r, v, w, "float32", clamp, mask), a, b, c, 8, transposed=False, accumulate=0).tobytes()
        for r, v, w, clamp, mask in shapes
    }
    assert len(bits) == 1


def test_not_a_number_stays_in_its_row(rng):
    a, b = rng.normal(size=(6, 9)).astype("f4"), rng.normal(size=(9, 8)).astype("f4")
    a[2, 3], a[4, 0] = np.nan, np.inf
    found = product(compiled(6, 2, 4, "float32"), a, b, np.zeros((6, 8), "f4"), 8, transposed=False, accumulate=0)
    assert np.isnan(found[2]).all()
    assert np.isinf(found[4]).all()
    assert np.isfinite(found[[0, 1, 3, 5]]).all()


def machine_code(machine, dtype, clamped=False, masked=False, copying=False):
    """Assembly of a function that is one tile, for a machine."""
    triple, cpu, features, vector_bytes, registers = MACHINES[machine]
    shape = tile_shape(vector_bytes, registers, dtype)
    module = ir.Module("tile")
    module.triple = triple
    integer = ir.IntType(64)
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [integer] * 12), "tile")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    emit_tile(builder, function.args, *shape, dtype, clamped, masked, copying)
    builder.ret_void()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, features=features, opt=3)
    parsed = llvm.parse_assembly(str(module))
    passes = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(3))
    passes.getModulePassManager().run(parsed, passes)
    return shape, target.emit_assembly(parsed)


def innermost_loops(assembly):
    """The lines of each loop that has no label inside."""
    lines = [line.strip() for line in assembly.splitlines() if not line.strip().startswith(("//", "#"))]
    labels = {line.split(":")[0]: i for i, line in enumerate(lines) if re.match(r"\.L\w+:", line)}
    for i, line in enumerate(lines):
        jump = re.match(r"(?:j\w+|b\.\w+|b|cbn?z|tbn?z)\s.*?(\.L\w+)$", line)
        if jump and jump[1] in labels and labels[jump[1]] < i:
            body = lines[labels[jump[1]] + 1 : i + 1]
            if not any(label in labels for label in (text.split(":")[0] for text in body)):
                yield body


@pytest.mark.parametrize("copying", [False, True])
@pytest.mark.parametrize(
    ("machine", "dtype", "operation"),
    [
        ("avx512", "float32", r"vfmadd\w+ps\s.*%zmm"),
        ("avx512", "float64", r"vfmadd\w+pd\s.*%zmm"),
        ("avx512", "int32", r"vpmulld\s.*%zmm"),
        ("avx2", "float32", r"vfmadd\w+ps\s.*%ymm"),
        ("avx2", "float64", r"vfmadd\w+pd\s.*%ymm"),
        ("sse", "float32", r"mulps\s.*%xmm"),
        ("neon", "float32", r"fmla\s+v\d+\.4s"),
        ("neon", "float64", r"fmla\s+v\d+\.2d"),
        ("neon", "int32", r"mla\s+v\d+\.4s"),
    ],
)
def test_the_main_loop_stays_in_registers(machine, dtype, operation, copying):
    (rows, vectors, _), assembly = machine_code(machine, dtype, copying=copying)
    loops = [(len(re.findall(operation, "\n".join(body))), body) for body in innermost_loops(assembly)]
    count, body = max(loops, key=lambda loop: loop[0])
    assert count >= rows * vectors
    assert count % (rows * vectors) == 0
    on_stack = [line for line in body if re.search(r"\(%rsp|\(%rbp|\[sp|\[x29", line)]
    assert not on_stack, "\n".join(on_stack)
    assert "call" not in "\n".join(body)


@pytest.mark.parametrize("machine", ["avx512", "avx2"])
def test_masks_are_instructions(machine):
    _, assembly = machine_code(machine, "float32", clamped=True, masked=True)
    assert re.search(r"vmaskmovps|vmovups\s.*\{%k\d\}", assembly)
    assert not re.search(r"vpextr|vpinsr|vinsertps", assembly)
