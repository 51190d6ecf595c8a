"""Formulas in one floating type: values as Python has them, no promotion, and clear words where that cannot be."""

import ctypes
import dis
import math
import math as m
import types
from math import exp, tanh

import numba
import numpy as np
import pytest

from nbnet.errors import KernelError
from nbnet.kernels import codegen, jit
from nbnet.kernels.literals import patch
from nbnet.kernels.memory import make_load, make_store, word
from nbnet.kernels.scalars import specialise

SLOPE, TWO, TABLE, GRID = 0.2, 2, (1, 0.5, 0.25), np.array([0.5, 0.25])
settings = types.ModuleType("settings")
settings.gain, settings.power = 3, 2
inner = types.ModuleType("settings.inner")
inner.scale = 1.5
settings.inner = inner


def swish(x):
    return x / (1.0 + math.exp(-x))


def gelu(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def leaky_relu(x):
    return x if x > 0 else 0.2 * x


def relu(x):
    return max(x, 0)


def relu6(x):
    return min(max(x, 0), 6)


def polynomial(x):
    return x**2 + 2 * x


def reciprocal(x):
    return 1 / x


def global_numbers(x):
    return x * SLOPE + TWO


def global_exponent(x):
    return x**TWO + SLOPE


def global_exponent_and_factor(x):
    return x**TWO + TWO * x


def default_numbers(x, k=3, a=0.5, *, b=2):
    return k * x + a - b


def make_closure(n, s):
    return lambda x: n * x + s


def while_loop(x):
    y, i = 0, 0
    while i < 5:
        y = y + x
        i = i + 1
    return y


def for_loop(x):
    term = 1
    for i in range(1, 6):
        term *= x / float(i)
    return term


def doubling(x):
    y = x
    while abs(y) < 100:
        y *= 2
    return y


def power(x, n):
    return x**n


def times(x, n):
    return x * n


def negative_exponents(x):
    return x**-1 + x**-3 + power(x, -2)


def half(n):
    return n // 2


def signum(x):
    return 1 if x > 0 else -1 if x < 0 else 0


def helpers(x):
    return power(x, 2) + times(x, 3) + times(2, x) + half(5) * 1.0 + signum(x) + times(n=4, x=x)


def step(x):
    return 1 if x > 0 else 0


def comparison(x):
    return (x > 0) * 2 - 1


def positive(x):
    return x > 0


def numpy_functions(x):
    return np.exp(x) + np.maximum(x, 0) + np.where(x > 0, x, 0) + np.pi * x + np.abs(x) - np.square(x)


def numpy_casts(x):
    return np.float64(2.5) * float(x) + np.float32(3)


def other_names(x):
    return m.exp(-x) + exp(x) + tanh(x) + m.e


def fraction(x):
    return x - math.floor(x) + math.ceil(x) - math.trunc(x)


def powers(x):
    return math.pow(x, 2) + 2**x + abs(x) ** 0.5 + pow(x, 3) + x**-1


def logarithms(x):
    return math.log(abs(x) + 2, 2) + math.log(abs(x) + 3) + math.log1p(abs(x))


def special(x):
    return math.erf(x) + math.gamma(abs(x) + 1) + math.atan2(x, 1) + math.hypot(x, 2) + math.copysign(1, x)


def branches(x):
    y = 0
    if x > 1:
        y = x
    elif x > 0.5:
        y = 2
    return y


def tables(x):
    c = (1, 0.5, 0.25)
    return c[0] + c[1] * x + TABLE[2] * x + GRID[1]


def sum_of_table(x):
    y = 0
    for c in TABLE:
        y = y * x + c
    return y


def modulo(x):
    return x % 2 + x // 2 + abs(x) * -3


def module_numbers(x):
    return settings.gain * x + x**settings.power + settings.inner.scale


def early_returns(x):
    if x > 10:
        return 10
    if x < -10:
        return -10
    return x


def unused_literals(x):
    i = 0
    for _ in range(3):
        i += 1 << 1
    return x if i == 6 else 0


def without_branches(x):
    a, b = 1, x
    a, b = b, a
    return a * 3 + b


def typed_at_a_prompt():
    scope = {"math": math}
    exec("def typed(x): return 2 * math.exp(x) * 1", scope)
    return scope["typed"]


compiled_helper = numba.njit(lambda x: x * 2)


def calls_compiled(x):
    return compiled_helper(x) + 1


FORMULAS = [
    swish, gelu, leaky_relu, relu, relu6, polynomial, reciprocal, global_numbers, global_exponent,
    global_exponent_and_factor, default_numbers, while_loop, for_loop, doubling, helpers, step, comparison,
    positive, numpy_functions, numpy_casts, other_names, fraction, powers, negative_exponents, logarithms,
    special, branches, tables, sum_of_table, modulo, module_numbers, early_returns, unused_literals,
    without_branches, calls_compiled, make_closure(2, 0.25), make_closure(0.5, 1), typed_at_a_prompt(), lambda
    x: 1 - x, compiled_helper, math.tanh,
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def shared_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBNET_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


def kernel_of(formula, dtype, arguments=1):
    """out[i] = formula(x[i], …)."""
    helper = specialise(formula, dtype)
    loads = [make_load(dtype, k) for k in range(arguments)]
    store = make_store(dtype, arguments, arguments + 1)
    if arguments == 1:
        load = loads[0]

        def kernel(words, start, stop):
            for i in range(stop):
                store(word(words, 1), i, helper(load(word(words, 0), i)))
    else:
        first, second = loads

        def kernel(words, start, stop):
            for i in range(stop):
                store(word(words, 2), i, helper(first(word(words, 0), i), second(word(words, 1), i)))

    return kernel


def apply(formula, dtype, *arrays):
    """The formula of each element, compiled."""
    arrays = [np.asarray(array, dtype) for array in arrays]
    out = np.zeros(arrays[0].size, dtype)
    words = np.array([*(array.ctypes.data for array in arrays), out.ctypes.data], np.int64)
    compiled = jit.compile_c(kernel_of(formula, dtype, len(arrays)), name=getattr(formula, "__name__", "formula"))
    ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 3)(compiled.address)(words.ctypes.data, 0, out.size)
    return out


POINTS = [0.7, -0.7, 2.0, -3.25, 1.0, 12.5]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: getattr(formula, "__name__", str(formula)))
def test_a_formula_computes_what_python_computes(formula, dtype):
    plain = getattr(formula, "py_func", formula)
    expected = [float(plain(float(np.dtype(dtype).type(point)))) for point in POINTS]
    tolerance = 2e-6 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(apply(formula, dtype, POINTS), expected, rtol=tolerance, atol=tolerance)


IN_FLOAT32 = [formula for formula in FORMULAS if formula is not powers]  # vmath's pow of float32 computes in float64


@pytest.mark.parametrize("formula", IN_FLOAT32, ids=lambda formula: formula.__name__)
def test_nothing_is_promoted_to_float64(formula):
    code = llvm_of(formula, "float32")
    assert "float" in code
    assert "double" not in code


def test_formulas_of_two_arguments():
    found = apply(lambda x, y: x * y + 2 - y, "float32", [1.5, 2.5], [3.0, 4.0])
    assert found.tolist() == [3.5, 8.0]


def llvm_of(formula, dtype):
    """The optimised LLVM code of a formula's kernel."""
    kernel = kernel_of(formula, dtype)
    text = codegen.compile_object(kernel, jit.KERNEL, jit.OPTIONS, "formula", "formula", assembly=True).ir
    return text[text.index("define") :]


@pytest.mark.parametrize("formula", [lambda x: x**3 + 3 * x, global_exponent, lambda x: power(x, 3) + 3 * x])
def test_an_integer_exponent_stays_one(formula):
    """A power is a few multiplications, and no call of pow, though its literal also stands for a float."""
    points = np.float32([1.5, -7.25, 1e-20])
    np.testing.assert_allclose(apply(formula, "float32", points), formula(points), rtol=1e-6)
    assert "pow" not in llvm_of(formula, "float32").replace("power", "")


@pytest.mark.parametrize("formula", [relu, relu6, lambda x: max(0, x), leaky_relu, lambda x: min(x, 1)])
def test_nan_goes_where_python_lets_it(formula):
    expected = float(formula(math.nan))
    for dtype in ("float32", "float64"):
        np.testing.assert_array_equal(apply(formula, dtype, [math.nan]), [expected])


def test_ieee_values_come_out():
    np.testing.assert_array_equal(apply(reciprocal, "float32", [0.0, -0.0, math.inf]), [math.inf, -math.inf, 0.0])
    np.testing.assert_array_equal(apply(lambda x: math.exp(x), "float32", [200.0, -200.0]), [math.inf, 0.0])


def test_a_literal_whose_load_needs_a_longer_argument():
    """The 300 in both its meanings, among so many constants that numbers of constants take two bytes."""
    scope = {}
    exec(f"def long(x): return {' + '.join(f'{n} * x' for n in range(1, 530))} + x**300", scope)
    code = scope["long"].__code__
    factor, exponent = (each.offset for each in dis.get_instructions(code) if each.argval == 300)
    new = patch(code, {("load", factor)}, float)
    found = {each.offset: each.argval for each in dis.get_instructions(new)}
    assert (found[factor], found[exponent]) == (300.0, 300)
    assert isinstance(found[factor], float)
    assert isinstance(found[exponent], int)
    scope["long"].__code__ = new
    assert scope["long"](1) == 529 * 530 / 2 + 1


def test_the_original_is_left_alone():
    code, before = helpers.__code__, (SLOPE, TWO, settings.gain, TABLE, GRID.dtype)
    specialise(helpers, "float32")
    specialise(module_numbers, "float32")
    assert helpers.__code__ is code
    assert helpers.__globals__["power"] is power
    assert (SLOPE, TWO, settings.gain, TABLE, GRID.dtype) == before


def test_a_formula_counts_in_the_key_of_the_cache():
    def key(formula, dtype):
        return jit.compile_c(kernel_of(formula, dtype)).key

    assert key(make_closure(2, 0.25), "float32") == key(make_closure(2, 0.25), "float32")
    others = {
        key(make_closure(2, 0.25), "float32"),
        key(make_closure(3, 0.25), "float32"),
        key(make_closure(2, 0.5), "float32"),
        key(make_closure(2, 0.25), "float64"),
        key(lambda x: x**2 + SLOPE * x, "float32"),
        key(lambda x: x * x + SLOPE * x, "float32"),
    }
    assert len(others) == 6
    before = key(module_numbers, "float32")
    settings.inner.scale = 1.75
    try:
        assert key(module_numbers, "float32") != before
    finally:
        settings.inner.scale = 1.5


def integer_variable(x):
    total = 1
    for i in range(1, 6):
        total *= x / i
    return total


def test_an_integer_variable_that_meets_a_float_is_explained():
    line = integer_variable.__code__.co_firstlineno + 3
    with pytest.raises(KernelError, match=rf"'integer_variable' gives float64 where float32.*line {line} .*float\(n\)"):
        apply(integer_variable, "float32", [1.0])
    assert apply(integer_variable, "float64", [1.0])[0] == pytest.approx(1 / 120)


def test_what_gives_no_number_is_explained():
    with pytest.raises(KernelError, match=r"'<lambda>' gives .*where float32 is expected"):
        apply(lambda x: (x, x), "float32", [1.0])


@pytest.mark.parametrize("formula", [3, "x + 1", [].append])
def test_what_is_no_function_is_refused(formula):
    with pytest.raises(KernelError, match="a formula is a Python function"):
        specialise(formula, "float32")
