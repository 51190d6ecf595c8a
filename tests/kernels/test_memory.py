"""Words, views, scoped loads and stores, and that loops over them vectorise."""

import ctypes

import numpy as np
import pytest

from nbnet.kernels import codegen, jit, memory
from nbnet.kernels.memory import ITEMSIZE, make_load, make_store, pack, view_float32, wide, word, word_float32

DTYPES = sorted(ITEMSIZE)
VALUES = {
    "float32": [0.0, -0.0, 1.5, -3.25, float("inf"), float("nan")],
    "float64": [0.1, -1e300, 5e-324, float("-inf")],
    "int32": [0, -1, 2**31 - 1, -(2**31)],
    "int64": [0, -1, 2**63 - 1, -(2**63)],
    "uint8": [0, 1, 255],
    "bool": [True, False],
}


def call(kernel, words, start, stop):
    """Compile a kernel and run it over [start, stop)."""
    compiled = jit.compile_c(kernel)
    ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 3)(compiled.address)(words.ctypes.data, start, stop)


def addresses(*arrays):
    return np.array([array.ctypes.data for array in arrays], np.int64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_packed_number_comes_back_as_it_went(dtype):
    values = np.array(VALUES[dtype], dtype)
    out = np.zeros_like(values)
    word_as, store = memory.WORD[dtype], make_store(dtype, 0, 1)

    def kernel(words, start, stop):
        for i in range(start, stop):
            store(word(words, 0), i, word_as(words, i + 1))

    words = np.array([out.ctypes.data, *(pack(value, dtype) for value in values)], np.int64)
    call(kernel, words, 0, len(values))
    assert out.tobytes() == values.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_views_read_and_write_their_elements_only(dtype):
    numbers = np.arange(1, 12).astype(dtype)
    before = numbers.copy()
    view = memory.VIEW[dtype]

    def kernel(words, start, stop):
        array = view(word(words, 0), word(words, 1))
        for i in range(array.size):
            array[i] = array[i] * 0

    call(kernel, np.array([numbers[3:].ctypes.data, 5], np.int64), 0, 1)
    before[3:8] = 0
    np.testing.assert_array_equal(numbers, before)


@pytest.mark.parametrize("dtype", DTYPES)
def test_loads_and_stores_copy_an_unaligned_range(dtype):
    source = np.array([value % 2 if dtype == "bool" else value for value in range(50)]).astype(dtype)
    target = np.full_like(source, 1)
    load, store = make_load(dtype, 0), make_store(dtype, 1, 2)

    def kernel(words, start, stop):
        a, b = word(words, 0), word(words, 1)
        for i in range(stop - start):
            store(b, start + i, load(a, start + i))

    call(kernel, addresses(source, target), 3, 41)
    expected = np.full_like(source, 1)
    expected[3:41] = source[3:41]
    np.testing.assert_array_equal(target, expected)


def test_any_byte_that_is_not_zero_is_true_and_stored_as_one():
    source, target = np.array([0, 1, 2, 255], np.uint8), np.full(4, 9, np.uint8)
    load, store = make_load("bool", 0), make_store("bool", 1, 2)

    def kernel(words, start, stop):
        for i in range(start, stop):
            store(word(words, 1), i, load(word(words, 0), i))

    call(kernel, addresses(source, target), 0, 4)
    assert target.tolist() == [0, 1, 1, 1]


def test_a_scope_outside_the_scopes_is_refused():
    with pytest.raises(ValueError, match="scope 3 of 3"):
        make_store("float32", 3, 3)


def six_buffers(outputs, scopes):
    """A kernel of three inputs and three outputs; `outputs` are their scopes, `scopes` how many are declared."""
    load0, load1, load2 = (make_load("float32", scope, scopes) for scope in range(3))
    store0, store1, store2 = (make_store("float32", scope, max(scopes, scope + 1)) for scope in outputs)

    def kernel(words, start, stop):
        wide()
        a, b, c = word(words, 0), word(words, 1), word(words, 2)
        x, y, z, factor = word(words, 3), word(words, 4), word(words, 5), word_float32(words, 6)
        for i in range(stop - start):
            p, q, r = load0(a, i), load1(b, i), load2(c, i)
            store0(a if outputs[0] == 0 else x, i, p * q + r * factor)
            store1(y, i, p - q)
            store2(z, i, r * q)

    return kernel


def compiled_text(kernel):
    return codegen.compile_object(kernel, jit.KERNEL, jit.OPTIONS, "six", "six", assembly=True)


@pytest.mark.parametrize("outputs", [(3, 4, 5), (0, 4, 5)], ids=["distinct", "in place"])
def test_a_loop_over_six_buffers_vectorises_without_alias_checks(outputs):
    ir = compiled_text(six_buffers(outputs, 6)).ir
    assert "vector.body" in ir
    assert "memcheck" not in ir


def test_without_scopes_the_same_loop_needs_alias_checks():
    ir = compiled_text(six_buffers((0, 4, 5), 0)).ir
    assert "vector.body" not in ir or "memcheck" in ir


def test_wide_reaches_the_compiled_function():
    with_wide = compiled_text(six_buffers((3, 4, 5), 6))
    assert '"prefer-vector-width"="512"' in with_wide.ir

    def narrow(words, start, stop):
        view_float32(word(words, 0), 1)[0] = 1

    assert "prefer-vector-width" not in compiled_text(narrow).ir


@pytest.mark.parametrize("outputs", [(3, 4, 5), (0, 4, 5)], ids=["distinct", "in place"])
@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 100])
def test_six_buffers_are_computed_right(outputs, n, rng):
    arrays = [rng.random(n + 1).astype("f4") for _ in range(6)]
    a, b, c = (array.copy() for array in arrays[:3])
    words = np.append(addresses(*arrays), pack(0.5, "float32"))
    call(six_buffers(outputs, 6), words, 0, n)
    first = arrays[0] if outputs[0] == 0 else arrays[3]
    np.testing.assert_allclose(first[:n], (a * b + c * np.float32(0.5))[:n], rtol=1e-6)
    np.testing.assert_array_equal(arrays[4][:n], (a - b)[:n])
    np.testing.assert_array_equal(arrays[5][:n], (c * b)[:n])
    assert outputs[0] != 0 or arrays[0][n] == a[n]
