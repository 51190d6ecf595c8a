"""Hints for LLVM at the innermost loops of a kernel."""

import textwrap

import numpy as np
import pytest

from nbnet.kernels import codegen, jit
from nbnet.kernels.loops import in_parts_of_vectors, make_in_vectors_only, make_late, mark_loops
from nbnet.kernels.memory import make_load, make_store, wide, word
from tests.kernels.guarded import call

HEAD = 'attributes #0 = { nounwind "nbnet-parts-of-vectors"="1" }\n'
CODE = textwrap.dedent(
    """
    define void @f(i64 %n) #0 {
    entry:
      br label %outer

    common.ret:
      ret void

    outer:
      br label %inner

    inner:
      %c = icmp eq i64 %n, 0
      br i1 %c, label %after, label %inner

    after:
      br i1 %c, label %common.ret, label %outer
    }

    """
)

load, store = make_load("float32", 0, 2), make_store("float32", 1, 2)
only, late = make_in_vectors_only(2), make_late(32)


def scaled(words, start, stop):
    """y[i] = 2 x[i] for 32 elements a row."""
    wide()
    only()
    x, y = word(words, 0), word(words, 1)
    for row in range(start, stop):
        for i in range(late()):
            store(y, row * 32 + i, load(x, row * 32 + i) * np.float32(2))


def shifted(words, start, stop):
    """y[i] = x[i] + 1 for a few elements."""
    wide()
    in_parts_of_vectors()
    x, y, n = word(words, 0), word(words, 1), word(words, 2)
    for _ in range(start, stop):
        for i in range(n):
            store(y, i, load(x, i) + np.float32(1))


def assembly(fn):
    """The machine code of a kernel as text."""
    return codegen.compile_object(fn, jit.KERNEL, jit.OPTIONS, "kernel", "kernel", assembly=True).ir


def test_the_innermost_loop_is_marked_and_no_other():
    marked = mark_loops(CODE + HEAD)
    lines = [line for line in marked.splitlines() if "!llvm.loop" in line]
    assert len(lines) == 1
    assert "label %inner, !llvm.loop !0" in lines[0]
    assert "!0 = distinct !{!0, !1, !2, !3}" in marked
    assert "predicate.enable" in marked


def test_numbers_follow_those_that_are_there():
    assert "!8 = distinct" in mark_loops(CODE + HEAD + "!7 = !{}\n")


def test_code_without_a_wish_stays():
    assert mark_loops(CODE + "attributes #0 = { nounwind }\n") == ""


def test_a_late_constant_is_put_in():
    code = CODE.replace("%c = icmp eq i64 %n, 0", "%l = tail call i64 @nbnet.late.32()\n  %c = icmp eq i64 %n, %l")
    marked = mark_loops(code + HEAD + "declare i64 @nbnet.late.32() #1\n")
    assert "%l = add i64 32, 0" in marked
    assert "call i64 @nbnet.late" not in marked


def test_loops_of_a_known_length_are_straight_vector_code():
    text = assembly(scaled)
    lanes = "<16 x float>" if "<16 x float>" in text else "<8 x float>" if "<8 x float>" in text else "<4 x float>"
    assert lanes in text
    assert "load float," not in text  # nothing is left for single numbers


@pytest.mark.parametrize("n", [0, 1, 7, 16, 17, 40])
def test_parts_of_vectors(n):
    x, y = np.arange(64, dtype="f4"), np.full(64, -5, "f4")
    table = np.array([x.ctypes.data, y.ctypes.data, n], np.int64)
    call(jit.compile_c(shifted), table, [(0, 1)])
    np.testing.assert_array_equal(y, np.where(np.arange(64) < n, x + 1, -5))


def test_straight_code_computes_the_same():
    x, y = np.arange(96, dtype="f4"), np.zeros(96, "f4")
    table = np.array([x.ctypes.data, y.ctypes.data], np.int64)
    call(jit.compile_c(scaled), table, [(0, 3)])
    np.testing.assert_array_equal(y, 2 * x)
