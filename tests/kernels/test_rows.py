"""The row kernel: passes over rows, broadcast operands, cut rows, every extent, guard zones, threads."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from nbnet.kernels import jit, rows
from nbnet.kernels.program import Instruction, Operand, Program, Result
from tests.kernels import threaded
from tests.kernels.guarded import Guarded, call, check_ownership, groupings
from tests.naive import groups as naive

LENGTHS = (1, 2, 15, 16, 17, 63, 64, 65, 200)
OPS = ["sum", "max", "min", "argmax"]
DTYPES = ["float32", "int32", "int64", "uint8", "bool"]


def lane(op, *args, dtype="float32"):
    """An instruction that gives one number a lane."""
    return Instruction(op, args, dtype, lane=True)


def softmax(dtype="float32"):
    """Operand 1 shifts each row, operand 2 each column; also gives the row's maximum and its place."""
    body = (
        Instruction("add", (0, 1), dtype), Instruction("add", (3, 2), dtype), lane("max", 4, dtype=dtype),
        lane("argmax", 4, dtype="int64"), Instruction("subtract", (4, 5), dtype), Instruction("exp", (7,), dtype),
        lane("sum", 8, dtype=dtype), Instruction("divide", (8, 9), dtype), lane("negative", 5, dtype=dtype),
    )  # fmt: skip
    operands = (Operand(dtype), Operand(dtype, inner=False, lane=True), Operand(dtype, outer=False))
    results = (Result(10, dtype), Result(5, dtype, lane=True), Result(6, "int64", lane=True), Result(11, dtype, True))
    return Program(operands, body, results)


def reduction(op, dtype="float32", result=None):
    """One reduction of the operand."""
    result = result or dtype
    return Program((Operand(dtype),), (lane(op, 0, dtype=result),), (Result(1, result, lane=True),))


class Case:
    """Buffers of a program over rows of an array (*outer, length), each between guard zones."""

    def __init__(self, program, outer, length, values):
        self.program, self.outer, self.length, self.short = program, outer, length, False
        self.before = [self._shaped(operand, array) for operand, array in zip(program.operands, values, strict=True)]
        self.operands = [Guarded(array) for array in self.before]
        self.results = [
            Guarded.poisoned(outer if result.lane else (*outer, length), result.dtype) for result in program.results
        ]

    def _shaped(self, operand, values):
        """Only as many numbers as the operand has."""
        shape = (self.outer if operand.outer else (1,) * len(self.outer)) + ((self.length if operand.inner else 1),)
        return np.ascontiguousarray(np.resize(values, shape).astype(operand.dtype))

    def steps(self, array, moving):
        return array.array.strides[: len(self.outer)] if moving else (0,) * len(self.outer)

    @property
    def words(self):
        arrays = [
            rows.Array(buffer.address, self.steps(buffer, operand.outer))
            for buffer, operand in zip(self.operands, self.program.operands, strict=True)
        ] + [rows.Array(buffer.address, self.steps(buffer, True)) for buffer in self.results]
        return rows.Geometry(self.outer, self.length).words(arrays)

    def items(self):
        return rows.Geometry(self.outer, self.length).items()

    def spec(self):
        return rows.Spec(self.program, len(self.outer), short=self.short)

    def check(self, tolerance=0.0):
        for buffer in (*self.operands, *self.results):
            buffer.check()
        places = list(itertools.product(*(range(size) for size in self.outer)))
        lanes = [[(*place, j) for j in range(self.length)] for place in places]

        def operand(i, number, at):
            at = (*places[number], 0) if at is None else at
            return self.before[i][
                tuple(0 if n == 1 else k for n, k in zip(self.before[i].shape, at, strict=True))
            ].item()

        for result, buffer, found in zip(
            self.program.results, self.results, naive.run(self.program, lanes, operand, lambda at: at[-1]), strict=True
        ):
            keys = range(len(lanes)) if result.lane else itertools.chain(*lanes)
            wanted = np.array([found[key] for key in keys], result.dtype).reshape(buffer.array.shape)
            np.testing.assert_allclose(buffer.array, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("outer", [(), (1,), (5,), (3, 2), (2, 3, 4)], ids=str)
@pytest.mark.parametrize(("length", "short"), [(1, False), (17, False), (64, False), (1, True), (10, True), (17, True)])
def test_softmax_of_every_rank(rng, outer, length, short):
    values = [rng.normal(size=(*outer, length)), rng.normal(size=outer), rng.normal(size=length)]
    program = softmax()
    for calls in groupings(math.prod(outer)):
        case = Case(program, outer, length, values)
        case.short = short
        call(jit.load(case.spec()), case.words, calls)
        case.check(3e-6)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_of_every_length(rng, length, dtype):
    values = [rng.normal(size=(3, length)), rng.normal(size=3), rng.normal(size=length)]
    case = Case(softmax(dtype), (3,), length, values)
    call(jit.load(case.spec()), case.words, [(0, 3)])
    case.check(3e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("threads", threaded.THREADS)
def test_threads_make_the_same_bits(rng, threads):
    values = [rng.normal(size=(50, 33)), rng.normal(size=50), rng.normal(size=33)]
    cases = [Case(softmax(), (50,), 33, values) for _ in range(2)]
    call(jit.load(cases[0].spec()), cases[0].words, [(0, 50)])
    threaded.run(cases[1].spec(), cases[1].words, 50, 3, threads)
    cases[1].check(3e-6)
    for alone, together in zip(cases[0].results, cases[1].results, strict=True):
        assert alone.array.tobytes() == together.array.tobytes()


def test_a_work_item_writes_its_row_alone(rng):
    case = Case(softmax(), (6,), 5, [rng.normal(size=(6, 5)), rng.normal(size=6), rng.normal(size=5)])
    for result in case.results:
        check_ownership(jit.load(case.spec()), case.words, 6, result)


@pytest.mark.parametrize(
    ("op", "dtype"), [(op, dtype) for op in OPS for dtype in DTYPES if (op, dtype) != ("sum", "bool")]
)  # bools are summed as int64
@pytest.mark.parametrize("short", [False, True])
def test_reductions_of_every_type(rng, op, dtype, short):
    program = reduction(op, dtype, "int64" if op == "argmax" else dtype)
    for length in (1, 16, 37):
        values = rng.integers(0, 2 if dtype == "bool" else 6, (4, length)) - (3 if dtype in ("float32", "int32") else 0)
        case = Case(program, (4,), length, [values])
        case.short = short
        call(jit.load(case.spec()), case.words, [(0, 4)])
        case.check()


def test_sums_of_nothing_are_zero():
    case = Case(reduction("sum"), (3,), 0, [np.zeros((3, 0))])
    call(jit.load(case.spec()), case.words, [(0, 3)])
    assert case.results[0].array.tolist() == [0, 0, 0]
    case.results[0].check()


@pytest.mark.parametrize("op", ["max", "min", "argmax"])
@pytest.mark.parametrize("short", [False, True])
def test_nan_and_infinities(rng, op, short):
    nan, inf = math.nan, math.inf
    values = [
        [nan, 1, 2, 3, 4], [1, 2, 3, 4, nan], [inf, nan, 0, nan, 5], [-inf] * 5, [inf] * 5, [nan] * 5,
        [-inf, inf, -inf, 0, inf], [2, 7, 7, 1, 7], [-inf, -inf, -5, -5, -inf],
    ]  # fmt: skip
    program = reduction(op, result="int64" if op == "argmax" else None)
    for wide in (1, 8):  # long rows take the vector loop
        case = Case(program, (len(values),), 5 * wide, [np.repeat(values, wide, axis=1)])
        case.short = short
        call(jit.load(case.spec()), case.words, [(0, len(values))])
        case.check()


@pytest.mark.parametrize("short", [False, True])
def test_the_position_along_a_row(rng, short):
    body = (Instruction("one_hot", (0,), "float32"), Instruction("multiply", (2, 1), "float32"), lane("sum", 3))
    operands = (Operand("int64", inner=False, lane=True), Operand("float32"))
    program = Program(operands, body, (Result(2, "float32"), Result(4, "float32", lane=True)))
    case = Case(program, (6,), 19, [np.array([0, 18, -1, 19, 7, 7]), rng.normal(size=(6, 19))])
    case.short = short
    call(jit.load(case.spec()), case.words, [(0, 6)])
    case.check(1e-6)


@pytest.mark.parametrize("length", [1, rows.PIECE - 1, rows.PIECE, rows.PIECE + 1, 3 * rows.PIECE + 7])
@pytest.mark.parametrize("op", ["sum", "max"])
def test_pieces_of_cut_rows(rng, length, op):
    shape = rows.Geometry((2,), length, cut=True)
    values = rng.integers(-9, 10, (2, length)).astype("float32")
    assert shape.pieces == -(-length // rows.PIECE)
    combine = {"sum": np.sum, "max": np.max}[op]
    parts = [[combine(row[i : i + rows.PIECE]) for i in range(0, length, rows.PIECE)] for row in values]
    for calls in groupings(shape.items()):
        source, target = Guarded(values), Guarded.poisoned((2, shape.pieces), "float32")
        arrays = [
            rows.Array(source.address, [4 * length]), rows.Array(target.address, [4 * shape.pieces], 4)
        ]  # fmt: skip
        call(jit.load(rows.Spec(reduction(op), 1, cut=True)), shape.words(arrays), calls)
        target.check()
        assert np.array_equal(target.array, np.array(parts, "float32"))


def test_geometry():
    program = softmax()
    shape = rows.Geometry((3, 4), 100)
    assert (shape.items(), shape.pieces, shape.elements) == (12, 1, 1200)
    assert rows.Geometry((3,), 10 * rows.PIECE + 1, cut=True).items() == 33
    assert rows.Geometry((), 7).items() == 1
    assert rows.Geometry((1000,), 4).chunk(program) > rows.Geometry((1000,), 4000).chunk(program) >= 1
    assert shape.words([]) == [100, 100, 1, 4]
