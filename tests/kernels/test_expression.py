"""The instructions of programs: every op in every dtype against plain formulas; what the epilogue of a product does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet.errors import KernelError
from nbnet.graph import ops
from nbnet.kernels import jit, matmul
from nbnet.kernels import map as flat
from nbnet.kernels.expression import Writer
from nbnet.kernels.instruction import Instructions
from nbnet.kernels.program import Instruction, Operand, Program, Result, chunk, passes
from tests.kernels.guarded import Guarded, call

FLOATS, INTEGERS = ("float32", "float64"), ("int32", "int64", "uint8")
ALL = (*FLOATS, *INTEGERS, "bool")
NAN, INF = math.nan, math.inf
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, NAN, INF, -INF, 1e-30, 3e38, -3e38, 0.3, -7.0, 20.0, 100.0]


def sample(dtype):
    """Two lists of numbers of a dtype, every one of the first against every one of the second."""
    if dtype in FLOATS:
        values = np.array(SPECIAL, dtype)
    elif dtype == "bool":
        values = np.array([False, True])
    elif dtype == "uint8":
        values = np.array([0, 1, 2, 3, 100, 200, 255], dtype)
    else:
        info = np.iinfo(dtype)
        values = np.array([0, 1, -1, 2, 7, -13, 1000, info.max, info.min], dtype)
    return np.repeat(values, len(values)), np.tile(values, len(values))


def wrapped(value, dtype):
    """A whole number as the dtype holds it."""
    bits = 8 * np.dtype(dtype).itemsize
    value &= (1 << bits) - 1
    return value - (1 << bits) if dtype != "uint8" and value >> (bits - 1) else value


def extremum(pick):
    return lambda x, y: NAN if x != x or y != y else pick(x, y)


def sign(x):
    return x if x != x else (x > 0) - (x < 0)


COMPARISONS = {
    "equal": lambda x, y: x == y, "not_equal": lambda x, y: x != y, "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y, "greater": lambda x, y: x > y, "greater_equal": lambda x, y: x >= y,
}  # fmt: skip
ARITHMETIC = {
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
    "maximum": extremum(max), "minimum": extremum(min),
}  # fmt: skip
UNARY = {"negative": lambda x: -x, "abs": abs, "square": lambda x: x * x, "sign": sign, "copy": lambda x: x}


def compute(steps, operands):
    """The results of instructions (op, args, dtype) over flat arrays."""
    body = tuple(Instruction(op, args, dtype) for op, args, dtype in steps)
    k = len(operands)
    program = Program(
        tuple(Operand(str(array.dtype)) for array in operands), body,
        tuple(Result(k + i, step.dtype) for i, step in enumerate(body)),
    )  # fmt: skip
    sources = [Guarded(array) for array in operands]
    targets = [Guarded.poisoned(operands[0].shape, step.dtype) for step in body]
    n = operands[0].size
    words = flat.words([(n, [buffer.address for buffer in (*sources, *targets)])])
    call(jit.load(flat.Spec(program)), words, [(0, flat.items([n]))])
    for buffer in (*sources, *targets):
        buffer.check()
    return [target.array for target in targets]


def check(name, found, wanted, dtype, ulp=0.5):
    """Compare with numbers computed in Python."""
    if dtype in INTEGERS:
        wanted = [wrapped(int(value), dtype) for value in wanted]
    with np.errstate(over="ignore"):
        expected = np.array(wanted).astype(dtype)
    if dtype in FLOATS:
        np.testing.assert_allclose(found, expected, rtol=ulp * np.finfo(dtype).eps, err_msg=name)
    else:
        assert np.array_equal(found, expected), name


@pytest.mark.parametrize("dtype", ALL)
def test_arithmetic_and_comparisons(dtype):
    x, y = sample(dtype)
    if dtype == "bool":
        arithmetic = {name: ARITHMETIC[name] for name in ("maximum", "minimum")}
        arithmetic |= {"add": lambda x, y: x or y, "multiply": lambda x, y: x and y}
    else:
        arithmetic = ARITHMETIC
    steps = [(name, (0, 1), dtype) for name in arithmetic] + [(name, (0, 1), "bool") for name in COMPARISONS]
    found = compute(steps, [x, y])
    for (name, _, kind), array in zip(steps, found, strict=True):
        formula = (arithmetic | COMPARISONS)[name]
        with np.errstate(all="ignore"):
            check(name, array, [formula(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)], kind, ulp=1.0)


@pytest.mark.parametrize("dtype", ALL)
def test_functions_of_one_number(dtype):
    x, _ = sample(dtype)
    names = [name for name in UNARY if dtype != "bool" or name in ("abs", "square", "copy")]
    formulas = dict(UNARY, square=lambda x: x) if dtype == "bool" else UNARY
    for name, array in zip(names, compute([(name, (0,), dtype) for name in names], [x]), strict=True):
        check(name, array, [formulas[name](value) for value in x.tolist()], dtype, ulp=1.0)


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_alone(dtype):
    x, y = sample(dtype)
    names = ["exp", "log", "log1p", "tanh", "sigmoid", "softplus", "sqrt", "rsqrt"]
    steps = [(name, (0,), dtype) for name in names] + [("divide", (0, 1), dtype), ("power", (0, 1), dtype)]
    found = compute([*steps, ("isfinite", (0,), "bool")], [x, y])
    for name, array in zip(names, found, strict=False):
        wanted = getattr(ops, name)(x.astype("float64"))
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(array, wanted.astype(dtype), rtol=4 * np.finfo(dtype).eps, err_msg=name)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found[-3], x / y, rtol=2 * np.finfo(dtype).eps)
        np.testing.assert_allclose(found[-2], np.power(x.astype("f8"), y.astype("f8")).astype(dtype), rtol=1e-6)
    assert found[-1].tolist() == [math.isfinite(value) for value in x.tolist()]


@pytest.mark.parametrize("source", ALL)
def test_casts(source):
    x, _ = sample(source)
    if source in FLOATS:
        x = x[np.isfinite(x) & (np.abs(x) < 1000)]
    found = compute([("cast", (0,), target) for target in ALL], [x])
    for target, array in zip(ALL, found, strict=True):
        kept = x if target != "uint8" or source not in FLOATS else np.where(x >= 0, x, 0)
        same = x == kept
        wanted = [value != 0 if target == "bool" else value for value in kept.tolist()]
        check(target, array[same], [value for value, fits in zip(wanted, same, strict=True) if fits], target, ulp=1.0)


@pytest.mark.parametrize("dtype", ALL)
def test_choices_and_logic(dtype):
    x, y = sample(dtype)
    a, b = np.arange(x.size) % 2 == 0, np.arange(x.size) % 3 == 0
    steps = [
        ("where", (2, 0, 1), dtype), ("logical_and", (2, 3), "bool"), ("logical_or", (2, 3), "bool"),
        ("logical_not", (2,), "bool"),
    ]  # fmt: skip
    chosen, both, either, opposite = compute(steps, [x, y, a, b])
    assert chosen.tobytes() == np.where(a, x, y).tobytes()
    assert np.array_equal(both, a & b)
    assert np.array_equal(either, a | b)
    assert np.array_equal(opposite, ~a)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_integer_powers(dtype):
    x, y = np.array([0, 1, 2, 3, 5, 7], dtype), np.array([3, 9, 5, 4, 2, 0], dtype)
    (found,) = compute([("power", (0, 1), dtype)], [x, y])
    assert found.tolist() == [a**b for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def test_a_formula_is_compiled_once_for_its_type():
    swish = ops.Formula(lambda x: x / (1.0 + math.exp(-x)), name="swish")
    program = Program(
        (Operand("float32"),),
        (
            Instruction("formula", (0,), "float32", formula=swish),
            Instruction("formula", (1,), "float32", formula=swish),
        ),
        (Result(2, "float32"),),
    )
    instructions = Instructions(program)
    first, second = (instructions.expression(step, ("v0",), "i") for step in program.body)
    assert first == second == "formula0(v0)"
    x = Guarded(np.linspace(-3, 3, 50).astype("float32"))
    y = Guarded.poisoned((50,), "float32")
    call(jit.load(flat.Spec(program)), flat.words([(50, [x.address, y.address])]), [(0, 1)])
    y.check()
    once = x.array / (1 + np.exp(-x.array))
    np.testing.assert_allclose(y.array, once / (1 + np.exp(-once)), rtol=1e-6)


def test_an_unknown_op_is_an_error():
    program = Program((Operand("float32"),), (Instruction("frobnicate", (0,), "float32"),), (Result(1, "float32"),))
    with pytest.raises(KernelError, match="frobnicate"):
        Instructions(program).expression(program.body[0], ("v0",), "i")


def test_what_a_pass_needs():
    body = (
        Instruction("exp", (0,), "float32"), Instruction("sum", (1,), "float32", lane=True),
        Instruction("log", (2,), "float32", lane=True), Instruction("subtract", (0, 3), "float32"),
        Instruction("max", (4,), "float32", lane=True),
    )  # fmt: skip
    program = Program((Operand("float32"),), body, (Result(4, "float32"), Result(5, "float32", lane=True)))
    first, second, third = passes(program)
    assert (first.lanes, first.reductions, first.stored) == ((), (1,), ())
    assert (second.lanes, second.reductions, second.stored) == ((2,), (4,), (0,))
    assert (third.lanes, third.reductions, third.stored) == ((), (), ())
    assert first.sweeps
    assert not third.sweeps
    writer = Writer(program)
    assert writer.needed([1]) == [0, 1]
    assert writer.needed([4]) == [0, 4]
    assert writer.needed([3]) == []


def test_chunks_have_enough_work():
    assert chunk(1, 100) == chunk(0, 100) == 100
    assert chunk(1 << 10, 64) == 32  # half a microsecond each
    assert chunk(1 << 15, 1000) == 17  # 62 chunks of half a million operations: many
    assert chunk(1 << 14, 1000) == 32  # few, although they are bigger then
    assert chunk(1 << 30, 7) == 1


def test_there_are_chunks_without_items():
    assert chunk(1 << 10, 0) == 1


@pytest.mark.parametrize("machine", [(64, 32), (32, 16), (16, 16)], ids=["avx512", "avx2", "sse"])
@pytest.mark.parametrize("keeps_product", [False, True])
def test_the_epilogue_of_a_product(rng, machine, keeps_product):
    """relu(a @ b + column) * row * number, where the product itself is also wanted or is overwritten."""
    body = (
        Instruction("add", (0, 1), "float32"), Instruction("maximum", (4, 3), "float32"),
        Instruction("multiply", (5, 2), "float32"), Instruction("greater", (4, 3), "bool"),
    )  # fmt: skip
    operands = (
        Operand("float32"), Operand("float32", outer=False), Operand("float32", inner=False),
        Operand("float32", inner=False, outer=False),
    )  # fmt: skip
    results = (Result(6, "float32", alias=None if keeps_product else 0), Result(7, "bool"))
    spec = matmul.spec_for("float32", *machine, Program(operands, body, results))
    for M, N in ((1, 1), (spec.rows, spec.panel), (spec.rows + 1, spec.panel + 1), (2 * spec.rows - 1, spec.width - 1)):
        K = 3
        a, b = (rng.integers(-3, 4, shape).astype("float32") for shape in ((M, K), (K, N)))
        column, row = rng.integers(-3, 4, N).astype("float32"), rng.integers(1, 4, (M, 1)).astype("float32")
        sources = [Guarded(array) for array in (a, b, column, row, np.zeros(1, "float32"))]
        product, mask = Guarded.poisoned((M, N), "float32"), Guarded.poisoned((M, N), "bool")
        out = Guarded.poisoned((M, N), "float32") if keeps_product else product
        extra = [
            product.address, 4 * N, sources[2].address, 0, sources[3].address, 4, sources[4].address, 0,
            out.address, 4 * N, mask.address, N,
        ]  # fmt: skip
        words = matmul.words(*(s.address for s in sources[:2]), product.address, M, N, K, K, 1, N, N, extra=extra)
        call(jit.load(spec), words, [(item, item + 1) for item in reversed(range(spec.items(M, N)))])
        for buffer in (*sources, product, mask, out):
            buffer.check()
        assert np.array_equal(out.array, np.maximum(a @ b + column, 0) * row)
        assert np.array_equal(mask.array, a @ b + column > 0)
        if keeps_product:
            assert np.array_equal(product.array, a @ b)
