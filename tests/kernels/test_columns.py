"""The column kernel: passes over columns, broadcast operands, cut rows, every extent, guard zones, threads."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.kernels import columns, jit
from nbnet.kernels.program import Instruction, Operand, Program, Result
from tests.kernels import threaded
from tests.kernels.guarded import Guarded, call, check_ownership, groupings
from tests.naive import groups as naive

SUMMED, PIECE, WIDTH = columns.SUMMED, columns.PIECE, columns.WIDTH
OPS = ["sum", "max", "min"]
DTYPES = ["float32", "int32", "int64", "uint8", "bool"]


def lane(op, *args, dtype="float32"):
    """An instruction that gives one number a lane."""
    return Instruction(op, args, dtype, lane=True)


def normalise(dtype="float32"):
    """(x - mean) * rsqrt(variance + epsilon) * gamma, with 1/rows and epsilon as numbers; also mean and maximum.

    Operand 4 is one number a row, operand 5 one number an outer index and column that is known before.
    """
    one = {"dtype": dtype}
    body = (
        Instruction("add", (0, 4), dtype), lane("sum", 6, **one), lane("multiply", 7, 1, **one),
        Instruction("subtract", (6, 8), dtype), Instruction("square", (9,), dtype), lane("sum", 10, **one),
        lane("multiply", 11, 1, **one), lane("add", 12, 2, **one), lane("rsqrt", 13, **one),
        Instruction("multiply", (9, 14), dtype), Instruction("multiply", (15, 3), dtype), lane("max", 6, **one),
        lane("add", 17, 5, **one),
    )  # fmt: skip
    single = Operand(dtype, inner=False, outer=False, lane=True)
    operands = (
        Operand(dtype), single, single, Operand(dtype, outer=False), Operand(dtype, inner=False),
        Operand(dtype, lane=True),
    )  # fmt: skip
    results = (Result(16, dtype), Result(8, dtype, lane=True), Result(18, dtype, lane=True))
    return Program(operands, body, results)


class Case:
    """Buffers for `normalise` over (o, r, n), each between guard zones."""

    def __init__(self, rng, o, r, n, dtype="float32"):
        self.program, self.extents = normalise(dtype), (o, r, n)
        self.before = [
            rng.normal(size=(o, r, n)), np.full((1, 1, 1), 1 / max(r, 1)), np.full((1, 1, 1), 0.01),
            rng.normal(size=(1, 1, n)), rng.normal(size=(1, r, 1)), rng.normal(size=(o, 1, n)),
        ]  # fmt: skip
        self.before = [array.astype(dtype) for array in self.before]
        self.operands = [Guarded(array) for array in self.before]
        self.results = [
            Guarded.poisoned((o, 1, n) if result.lane else (o, r, n), dtype) for result in self.program.results
        ]
        self.shape, self.width = columns.Geometry(o, r, n), 0

    @property
    def words(self):
        arrays = []
        for buffer in (*self.operands, *self.results):
            array = buffer.array
            steps = [0 if size == 1 else stride for size, stride in zip(array.shape, array.strides, strict=True)]
            arrays.append(columns.Array(buffer.address, steps[0], steps[1]))
        return self.shape.words(arrays)

    def spec(self):
        return columns.Spec(self.program, self.width)

    def check(self, tolerance):
        for buffer in (*self.operands, *self.results):
            buffer.check()
        o, r, n = self.extents
        lanes = [[(i, k, j) for k in range(r)] for i in range(o) for j in range(n)]

        def operand(index, number, at):
            at = (number // n, 0, number % n) if at is None else at
            array = self.before[index]
            return array[tuple(0 if size == 1 else k for size, k in zip(array.shape, at, strict=True))].item()

        found = naive.run(self.program, lanes, operand, lambda at: at[2])
        for result, buffer, numbers in zip(self.program.results, self.results, found, strict=True):
            wanted = np.empty(buffer.array.shape)
            for key, value in numbers.items():
                wanted[(key // n, 0, key % n) if result.lane else key] = value
            np.testing.assert_allclose(buffer.array, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("o", [1, 3])
@pytest.mark.parametrize("r", [1, 2, 7])
@pytest.mark.parametrize("n", [1, 15, 16, 17, WIDTH - 1, WIDTH, WIDTH + 1, 130, 520])
@pytest.mark.parametrize("straight", [False, True])
def test_every_extent(rng, o, r, n, straight):
    case = Case(rng, o, r, n)
    case.width = case.shape.width if straight else 0
    for calls in groupings(case.shape.items()):
        case.results = [Guarded.poisoned(buffer.array.shape, "float32") for buffer in case.results]
        call(jit.load(case.spec()), case.words, calls)
    case.check(1e-5)


@pytest.mark.parametrize("r", [SUMMED - 1, SUMMED, SUMMED + 1, 2 * SUMMED + 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [0, 32])
def test_rows_that_are_summed_in_parts(rng, r, dtype, width):
    case = Case(rng, 1, r, 128 if width else 3, dtype)
    case.width = width
    call(jit.load(case.spec()), case.words, [(0, case.shape.items())])
    case.check(2e-5 if dtype == "float32" else 1e-13)


@pytest.mark.parametrize("threads", threaded.THREADS)
def test_threads_make_the_same_bits(seed, threads):
    cases = [Case(np.random.default_rng(seed), 2, 9, 300) for _ in range(2)]
    items = cases[0].shape.items()
    assert items > 7
    call(jit.load(cases[0].spec()), cases[0].words, [(0, items)])
    threaded.run(cases[1].spec(), cases[1].words, items, 1, threads)
    cases[1].check(1e-5)
    for alone, together in zip(cases[0].results, cases[1].results, strict=True):
        assert alone.array.tobytes() == together.array.tobytes()


def test_a_work_item_writes_its_columns_alone(rng):
    case = Case(rng, 2, 3, 40)
    for result in case.results:
        check_ownership(jit.load(case.spec()), case.words, case.shape.items(), result)


def reduction(op, dtype):
    """One reduction of the operand."""
    return Program((Operand(dtype),), (lane(op, 0, dtype=dtype),), (Result(1, dtype, lane=True),))


def reduced(op, values, cut=False, threads=1):
    """What the kernel makes of an array (o, r, n): (o, pieces, n)."""
    o, r, n = values.shape
    shape = columns.Geometry(o, r, n, cut)
    size = values.itemsize
    source, target = Guarded(values), Guarded.poisoned((o, shape.pieces, n), str(values.dtype))
    arrays = [
        columns.Array(source.address, r * n * size, n * size),
        columns.Array(target.address, shape.pieces * n * size, n * size),
    ]
    threaded.run(columns.Spec(reduction(op, str(values.dtype))), shape.words(arrays), shape.items(), 1, threads)
    source.check()
    target.check()
    return target.array


@pytest.mark.parametrize(
    ("op", "dtype"), [(op, dtype) for op in OPS for dtype in DTYPES if (op, dtype) != ("sum", "bool")]
)  # bools are summed as int64
def test_reductions_of_every_type(rng, op, dtype):
    values = rng.integers(0, 2 if dtype == "bool" else 5, (2, 11, 21)).astype(dtype)
    wanted = {"sum": np.sum, "max": np.max, "min": np.min}[op](values, axis=1, keepdims=True)
    assert np.array_equal(reduced(op, values), wanted.astype(dtype))


@pytest.mark.parametrize("r", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])
@pytest.mark.parametrize("threads", threaded.THREADS)
def test_pieces_of_cut_rows(rng, r, threads):
    values = rng.integers(-9, 10, (2, r, 5)).astype("float32")
    wanted = np.stack([values[:, at : at + PIECE].sum(axis=1) for at in range(0, r, PIECE)], axis=1)
    assert np.array_equal(reduced("sum", values, cut=True, threads=threads), wanted)


@pytest.mark.parametrize(("rows", "cut"), [(16384, False), (1_000_003, True)])
def test_many_rows_are_summed_precisely(rows, cut):
    exact = rows * float(np.float32(0.1))
    found = reduced("sum", np.full((1, rows, 2), 0.1, "float32"), cut).astype("float64").sum(axis=1)
    assert abs(found - exact).max() < 4e-6 * exact


def test_sums_of_no_rows_are_zero():
    assert reduced("sum", np.zeros((2, 0, 3), "float32")).tolist() == [[[0] * 3]] * 2


def test_nan_stays():
    values = np.zeros((1, 4, 20), "float32")
    values[0, 2, 3], values[0, 1, 4], values[0, 3, 5] = np.nan, np.inf, -np.inf
    for op in ("max", "min", "sum"):
        found = reduced(op, values)[0, 0]
        assert np.isnan(found[3])
        assert not np.isnan(np.delete(found, 3)).any()
        assert found[4] == (0 if op == "min" else np.inf)
        assert found[5] == (0 if op == "max" else -np.inf)


def test_geometry():
    shape = columns.Geometry(2, 10, 100)
    assert (shape.width, shape.blocks, shape.pieces, shape.items(), shape.elements) == (16, 7, 1, 14, 2000)
    assert columns.Geometry(1, 10, 1000).width == WIDTH
    assert columns.Geometry(1, 2 * PIECE + 1, 5, cut=True).items() == 3
    assert columns.Geometry(1, 10, 0).items() == 0
    assert shape.words([columns.Array(7, 8, 9)]) == [10, 100, 16, 7, 10, 1, 7, 8, 9]
    assert columns.Geometry(1, 4, 640).chunk(normalise()) > columns.Geometry(1, 4000, 640).chunk(normalise()) == 1
