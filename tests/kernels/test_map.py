"""The element-wise kernel: every extent, several parts, in place, guard zones, threads."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.kernels import jit
from nbnet.kernels import map as flat
from nbnet.kernels.program import Instruction, Operand, Program, Result
from tests.kernels import threaded
from tests.kernels.guarded import Guarded, call, check_ownership, groupings
from tests.naive import groups as naive

BLOCK = flat.BLOCK
EXTENTS = (1, 2, 15, 17, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5)


def axpy(dtype="float32", alias=None):
    """y = x * s + b, and z = -y."""
    body = (
        Instruction("multiply", (0, 1), dtype), Instruction("add", (3, 2), dtype), Instruction("negative", (4,), dtype)
    )  # fmt: skip
    operands = (Operand(dtype), Operand(dtype, inner=False, outer=False), Operand(dtype))
    return Program(operands, body, (Result(4, dtype, alias=alias), Result(5, dtype)))


def numbers(rng, n, dtype):
    return rng.integers(-8, 9, n).astype(dtype)


class Part:
    """The buffers of one part, between guard zones."""

    def __init__(self, rng, program, n):
        self.program, self.n = program, n
        self.before = [
            numbers(rng, n if operand.inner else 1, operand.dtype) for operand in program.operands
        ]  # fmt: skip
        self.operands = [Guarded(values) for values in self.before]
        self.results = [
            self.operands[result.alias] if result.alias is not None else Guarded.poisoned((n,), result.dtype)
            for result in program.results
        ]

    @property
    def words(self):
        return self.n, [buffer.address for buffer in (*self.operands, *self.results)]

    def check(self):
        for buffer in (*self.operands, *self.results):
            buffer.check()
        wanted = naive.run(self.program, [list(range(self.n))], self.operand)
        for result, found, buffer in zip(self.program.results, wanted, self.results, strict=True):
            expected = np.array([found[at] for at in range(self.n)], result.dtype)
            assert np.array_equal(buffer.array, expected, equal_nan=True)
        written = {result.alias for result in self.program.results}
        for index, buffer in enumerate(self.operands):
            assert index in written or np.array_equal(buffer.array, self.before[index], equal_nan=True)

    def operand(self, i, lane, at):
        return self.before[i][at if self.program.operands[i].inner else 0].item()


@pytest.mark.parametrize("alias", [None, 0, 2])
@pytest.mark.parametrize("n", EXTENTS)
def test_every_extent_in_place_and_not(rng, n, alias):
    spec = flat.Spec(axpy(alias=alias))
    for calls in groupings(flat.items([n])):
        part = Part(rng, spec.program, n)
        call(jit.load(spec), flat.words([part.words]), calls)
        part.check()


@pytest.mark.parametrize("dtype", ["float64", "int32", "int64"])
def test_other_types(rng, dtype):
    spec = flat.Spec(axpy(dtype))
    for n in (1, BLOCK + 1):
        part = Part(rng, spec.program, n)
        call(jit.load(spec), flat.words([part.words]), [(0, flat.items([n]))])
        part.check()


def test_conditions(rng):
    program = Program(
        (Operand("float32"), Operand("float32"), Operand("bool")),
        (
            Instruction("greater", (0, 1), "bool"), Instruction("where", (3, 0, 1), "float32"),
            Instruction("where", (2, 4, 0), "float32"),
        ),
        (Result(5, "float32"), Result(3, "bool")),
    )  # fmt: skip
    spec = flat.Spec(program)
    for n in (1, 31, 33, BLOCK + 1):
        part = Part(rng, program, n)
        part.before[2] = rng.random(n) < 0.5
        part.operands[2] = Guarded(part.before[2])
        part.before[0][::3] = np.nan
        part.operands[0] = Guarded(part.before[0])
        call(jit.load(spec), flat.words([part.words]), [(0, flat.items([n]))])
        part.check()


@pytest.mark.parametrize("sizes", [[5, 0, BLOCK + 1, 1], [0], [0, 0, 3], [BLOCK] * 3, [1] * 20])
@pytest.mark.parametrize("threads", threaded.THREADS)
def test_parts_and_threads(rng, sizes, threads):
    spec = flat.Spec(axpy(alias=0))
    parts = [Part(rng, spec.program, n) for n in sizes]
    words = flat.words([part.words for part in parts])
    threaded.run(spec, words, flat.items(sizes), 1, threads)
    for part in parts:
        part.check()


def test_parts_in_any_grouping(rng):
    spec, sizes = flat.Spec(axpy()), [3, 2 * BLOCK + 1, 0, BLOCK]
    for calls in groupings(flat.items(sizes)):
        parts = [Part(rng, spec.program, n) for n in sizes]
        call(jit.load(spec), flat.words([part.words for part in parts]), calls)
        for part in parts:
            part.check()


def test_a_work_item_writes_its_block_alone(rng):
    spec, n = flat.Spec(axpy()), 2 * BLOCK + 9
    part = Part(rng, spec.program, n)
    for values in (part.operands[0], part.operands[2]):
        values.array[...] = 1.0
    for result in part.results:
        check_ownership(jit.load(spec), flat.words([part.words]), flat.items([n]), result)


def test_work_is_counted():
    program = axpy()
    assert flat.items([0, 1, BLOCK, BLOCK + 1]) == 0 + 1 + 1 + 2
    assert program.flops == 3
    assert program.cost == 3 + 2 * 5
    assert str(program) == "3: multiply(0, 1); 4: add(3, 2); 5: negative(4,)"
