import ctypes
import math
import os
import platform
import re
import subprocess
import sys

import llvmlite.binding as llvm
import numpy as np
import pytest

from nbnet.kernels import codegen, jit
from nbnet.kernels.memory import view_float32, view_float64, wide, word
from nbnet.kernels.scalars import specialise
from nbnet.kernels.vmath import FLOAT32, FLOAT64
from nbnet.kernels.vmath.bits import scale
from nbnet.kernels.vmath.trigonometric import turn

INF, NAN = np.inf, np.nan
TINY, SUBNORMAL, LARGEST = 1.17549435e-38, 1e-45, 3.4028235e38
CALL = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
X86 = platform.machine().lower() in ("x86_64", "amd64")
ULP = {
    "exp": 1.2,
    "expm1": 1.7,
    "log": 1.3,
    "log1p": 1.9,
    "tanh": 1.4,
    "sigmoid": 2.0,
    "softplus": 2.1,
    "pow": 1.5,
    "erf": 1.6,
    "sin": 1.7,
    "cos": 1.7,
    "sqrt": 0.5000001,
    "rsqrt": 1.6,
}
MACHINES = {
    "SSE": ("x86-64", "+sse,+sse2"),
    "AVX2": ("haswell", "+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+avx,+avx2,+fma,+bmi,+bmi2,+popcnt,+f16c"),
}


def loop(fn, view):
    """A kernel y[i] = fn(x[i]) or fn(x[i], z[i]) over words [y, x, z]."""

    def one(words, start, stop):
        wide()
        y, x = view(word(words, 0), stop), view(word(words, 1), stop)
        for i in range(stop):
            y[i] = fn(x[i])

    def two(words, start, stop):
        wide()
        y, x, z = view(word(words, 0), stop), view(word(words, 1), stop), view(word(words, 2), stop)
        for i in range(stop):
            y[i] = fn(x[i], z[i])

    return two if fn.py_func.__code__.co_argcount == 2 else one


def call(name, *arrays, table=FLOAT32):
    """The function of a table over arrays, as a compiled kernel runs it."""
    arrays = np.broadcast_arrays(*arrays)
    dtype, view = (np.float64, view_float64) if table is FLOAT64 else (np.float32, view_float32)
    arrays = [np.ascontiguousarray(array, dtype) for array in arrays]
    out = np.empty_like(arrays[0])
    kernel = jit.compile_c(loop(table[name], view), options=jit.EXACT, name=f"test_{name}")
    words = np.array([out.ctypes.data, *(array.ctypes.data for array in arrays)])
    CALL(kernel.address)(words.ctypes.data, 0, out.size)
    return out


def exact_softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def exact_sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


EXACT = {name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "sqrt")}
EXACT |= {
    "sigmoid": exact_sigmoid,
    "softplus": exact_softplus,
    "pow": np.power,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "erf": lambda x: np.fromiter(map(math.erf, x), np.float64, x.size),
}


def exact(name, *arrays):
    with np.errstate(all="ignore"):
        return EXACT[name](*(np.asarray(array, np.float64) for array in arrays))


def errors(found, expected):
    """Error in units in the last place of float32, and relative error where the result is normal."""
    assert found.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    with np.errstate(all="ignore"):
        overflow = np.abs(expected) >= LARGEST * (1 + 2.0**-25)
        np.testing.assert_array_equal(found[overflow], np.sign(expected[overflow]) * INF)
        known = ~(np.isnan(expected) | overflow)
        found, expected = found[known].astype(np.float64), expected[known]
        unit = np.spacing(np.minimum(np.abs(expected).astype(np.float32), np.float32(LARGEST))).astype(np.float64)
        difference = np.abs(found - expected)
        normal = np.abs(expected) > TINY
    return np.max(difference / unit), np.max(difference[normal] / np.abs(expected[normal]))


def sweep(name):
    """Arguments over the whole range of bit patterns, and densely where the function is interesting."""
    step = 80_021 if name == "erf" else 3_203
    bits = np.arange(0, 2**32, step, np.uint64).astype(np.uint32).view(np.float32)
    near, far = (np.linspace(-end, end, bits.size // 4, dtype=np.float32) for end in (1.5, 20))
    x = np.concatenate([bits, near, far])
    return x[np.abs(x) <= 1e6] if name in ("sin", "cos") else x


@pytest.mark.parametrize("name", [name for name in FLOAT32 if name != "pow"])
def test_accuracy(name):
    x = sweep(name)
    ulp, relative = errors(call(name, x), exact(name, x))
    assert ulp < ULP[name]
    assert relative < 2e-7


def test_accuracy_of_pow(rng):
    n = 300_000
    bits = rng.integers(0, 2**32, (2, n), np.uint32).view(np.float32)
    whole = rng.integers(-30, 30, n)
    cases = [
        bits,
        (np.exp(rng.uniform(-80, 80, n)), rng.uniform(-3, 3, n)),
        (1 + rng.uniform(-0.5, 0.5, n), rng.uniform(-300, 300, n)),
        (1 + rng.uniform(-1e-3, 1e-3, n), rng.uniform(-1e5, 1e5, n)),
        (-np.exp(rng.uniform(-4, 4, n)), whole),
        (-1 + rng.uniform(-1e-6, 1e-6, n), rng.integers(0, 2**26, n)),
    ]
    for x, y in cases:
        x, y = np.asarray(x, np.float32), np.asarray(y, np.float32)
        ulp, _ = errors(call("pow", x, y), exact("pow", x, y))
        assert ulp < ULP["pow"]


def test_accuracy_of_turn():
    def points(words, start, stop):
        c, s, u = (
            view_float32(word(words, 0), stop),
            view_float32(word(words, 1), stop),
            view_float32(word(words, 2), stop),
        )
        for i in range(stop):
            c[i], s[i] = turn(u[i])

    u = np.arange(0, 2**24 + 1, 64) / 2**24
    arrays = [np.empty(u.size, np.float32), np.empty(u.size, np.float32), u.astype(np.float32)]
    words = np.array([array.ctypes.data for array in arrays])
    CALL(jit.compile_c(points, options=jit.EXACT).address)(words.ctypes.data, 0, u.size)
    for found, expected, zeros in (
        (arrays[0], np.cos(2 * np.pi * u), (1, 3)),
        (arrays[1], np.sin(2 * np.pi * u), (2, 4)),
    ):
        for quarter in zeros:
            expected[u == quarter / 4] = 0
        assert errors(found, expected)[0] < 2.1


def test_accuracy_of_scale():
    """By an instruction or by two products: the bits of p 2^k, rounded once."""

    def scaled(words, start, stop):
        wide()
        y, p, k = view_float32(word(words, 0), stop), view_float32(word(words, 1), stop), word(words, 2)
        for i in range(stop):
            y[i] = scale(p[i], np.int32(k))

    p = np.array(
        [0.5, 0.75, 1, np.nextafter(np.float32(1), np.float32(2)), 1.3333334, 1.9999999, 2, NAN] * 9, np.float32
    )
    found = np.empty_like(p)
    kernel = CALL(jit.compile_c(scaled, options=jit.EXACT).address)
    for k in range(-252, 255):
        kernel(np.array([found.ctypes.data, p.ctypes.data, k]).ctypes.data, 0, p.size)
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(found, np.ldexp(p.astype(np.float64), k).astype(np.float32))


def test_accuracy_of_gelu():
    """A formula over erf: within 2 ulp or, where 1 + erf cancels, within 2e-7."""
    gelu = specialise(lambda x: 0.5 * x * (1.0 + math.erf(x * 0.7071067811865476)), "float32")
    x = np.linspace(-8, 8, 200_001, dtype=np.float32)
    found = call("gelu", x, table={"gelu": gelu})
    expected = np.array([0.5 * value * math.erfc(-value / math.sqrt(2)) for value in x.astype(np.float64)])
    difference = np.abs(found - expected)
    assert np.max(np.minimum(difference / np.spacing(np.abs(expected).astype(np.float32)) / 2, difference / 2e-7)) < 1


SPECIAL = {
    "exp": [(0, 1), (-0.0, 1), (INF, INF), (-INF, 0), (88.8, INF), (-104, 0), (-103.9, SUBNORMAL), (SUBNORMAL, 1)],
    "expm1": [(0, 0), (-0.0, -0.0), (INF, INF), (-INF, -1), (88.8, INF), (-40, -1), (SUBNORMAL, SUBNORMAL)],
    "log": [(0, -INF), (-0.0, -INF), (1, 0), (INF, INF), (-INF, NAN), (-1, NAN), (-SUBNORMAL, NAN)],
    "log1p": [(0, 0), (-0.0, -0.0), (-1, -INF), (-1.1, NAN), (INF, INF), (-INF, NAN), (-SUBNORMAL, -SUBNORMAL)],
    "tanh": [(0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (30, 1), (LARGEST, 1), (-SUBNORMAL, -SUBNORMAL)],
    "sigmoid": [(0, 0.5), (-0.0, 0.5), (INF, 1), (-INF, 0), (-103.9, SUBNORMAL), (LARGEST, 1), (-LARGEST, 0)],
    "softplus": [(0, np.log(2)), (INF, INF), (-INF, 0), (-103.9, SUBNORMAL), (LARGEST, LARGEST), (-LARGEST, 0)],
    "erf": [(0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (LARGEST, 1), (-5, -1), (-SUBNORMAL, -SUBNORMAL)],
    "sin": [(0, 0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (LARGEST, NAN), (-6e8, NAN), (-SUBNORMAL, -SUBNORMAL)],
    "cos": [(0, 1), (-0.0, 1), (INF, NAN), (-INF, NAN), (LARGEST, NAN), (6e8, NAN), (SUBNORMAL, 1)],
    "sqrt": [(0, 0), (-0.0, -0.0), (INF, INF), (-1, NAN), (-INF, NAN)],
    "rsqrt": [(0, INF), (-0.0, -INF), (INF, 0), (-1, NAN), (-INF, NAN), (4, 0.5)],
}


def assert_same(found, expected):
    """Equal, signs of zeros included, and NaN where NaN is expected."""
    np.testing.assert_array_equal(found, expected)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))


@pytest.mark.parametrize("name", SPECIAL)
def test_special_values(name):
    cases = [*SPECIAL[name], (NAN, NAN)] * 9  # enough for the vector loop, and a rest for the scalar one
    x, expected = np.array(cases, np.float32).T
    assert_same(call(name, x), expected)


def test_special_values_of_pow():
    values = [0, 1, 2, 3, 0.5, 1.5, 2.5, INF, SUBNORMAL, 1e-40, LARGEST, 16777215, 16777216, 8388607.5, 2.0**31, 1e20]
    values = np.array([*values, 0.99999994, 1.0000001, 127, 128, 149, 150], np.float32)
    values = np.concatenate([values, -values, [np.float32(NAN)]])
    x, y = np.repeat(values, values.size), np.tile(values, values.size)
    expected = exact("pow", x, y)
    with np.errstate(over="ignore"):
        rounded = expected.astype(np.float32)
    found = call("pow", x, y)
    simple = ~np.isfinite(rounded) | np.isin(np.abs(rounded), (0, 1, SUBNORMAL))
    assert_same(found[simple], rounded[simple])
    assert errors(found, expected)[0] < ULP["pow"]


def test_special_values_of_float64():
    for name, cases in SPECIAL.items():
        large = {88.8, -104, -103.9, 30, LARGEST, -LARGEST, -SUBNORMAL, SUBNORMAL, -40, -5, 6e8, -6e8}
        x, expected = np.array([case for case in [*cases, (NAN, NAN)] if case[0] not in large], np.float64).T
        assert_same(call(name, x, table=FLOAT64), expected)
    x, y = np.array([(0, 0), (NAN, 0), (1, NAN), (-1, INF), (-8, 1 / 3), (-0.0, -3), (-2, 3), (2, 1024), (2, -1080)]).T
    assert_same(call("pow", x, y, table=FLOAT64), np.array([1, 1, 1, 1, NAN, -INF, -8, INF, 0.0]))


@pytest.mark.parametrize("name", FLOAT64)
def test_float64(name, rng):
    x = rng.uniform(0.01 if name in ("log", "sqrt", "rsqrt", "pow") else -0.9, 30, 2000)
    x = np.concatenate([x, -30 * x if name in ("sigmoid", "softplus", "tanh", "exp", "expm1", "erf") else x])
    arguments = (x, rng.uniform(-5, 5, x.size)) if name == "pow" else (x,)
    found = call(name, *arguments, table=FLOAT64)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, exact(name, *arguments), rtol=1e-15, atol=0)


@pytest.mark.parametrize("name", FLOAT32)
def test_a_value_does_not_depend_on_its_place(name, rng):
    arguments = [rng.uniform(-3, 6, 150).astype(np.float32) for _ in range(2 if name == "pow" else 1)]
    whole = call(name, *arguments)
    for start, stop in [(i, i + 1) for i in range(0, 150, 7)] + [(1, 150), (3, 20), (64, 99)]:
        part = call(name, *(array[start:stop] for array in arguments))
        assert part.tobytes() == whole[start:stop].tobytes()


@pytest.mark.parametrize("name", FLOAT32)
def test_float32_code(name):
    fn = FLOAT32[name]
    fn(*[np.float32(0.5)] * fn.py_func.__code__.co_argcount)
    for signature in fn.dispatcher.nopython_signatures:
        assert {kind.name for kind in (*signature.args, signature.return_type)} == {"float32"}
    built = codegen.compile_object(loop(fn, view_float32), jit.KERNEL, jit.OPTIONS, name, f"code_{name}", assembly=True)
    # Numba writes sqrt as a call of the C library's, which LLVM replaces by an instruction
    assert set(built.imports) <= {"sqrtf"}
    assert not re.search(r"call\S*\s+\S*sqrtf", built.assembly)
    if X86 and name not in ("pow", "sin", "cos"):
        assert not re.search(r"cvt(ss2sd|ps2pd|sd2ss|pd2ps)", built.assembly)
    if X86 and "NUMBA_CPU_NAME" not in os.environ and llvm.get_host_cpu_features().get("avx2"):
        packed = {"sqrt": r"sqrtps", "rsqrt": r"divps"}.get(name, r"mulps|vfn?m(add|sub)\d+ps")
        assert re.search(packed, built.assembly)
        assert "zmm" in built.assembly or not llvm.get_host_cpu_features().get("avx512f")


@pytest.mark.skipif(not X86, reason="the older machines are x86")
@pytest.mark.parametrize("machine", MACHINES)
def test_older_machines(machine):
    cpu, features = MACHINES[machine]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "accuracy or special_values or place",
    ]
    environment = {**os.environ, "NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features}
    done = subprocess.run([*command, __file__], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
