"""The structural digest: the same for the same code, another for any edit."""

import enum
import functools
import math
import os
import py_compile
import subprocess
import sys
import textwrap
import types
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
import pytest

from nbnet.errors import StructureError
from nbnet.kernels.jit import EXACT, njit_inline
from nbnet.kernels.memory import make_load, make_store, view_float32, view_float64
from nbnet.kernels.structure import digest


def define(source, **names):
    """The function `f` of a piece of source, as a fresh process would make it."""
    scope = {"__name__": "edited", "math": math, "np": np, **names}
    exec(textwrap.dedent(source), scope)
    return scope["f"]


def doubled(x):
    return x + x


def squared(x):
    return x * x


EDITS = {
    "bytecode": ("def f(x): return x + 1", "def f(x): return x - 1"),
    "constant": ("def f(x): return x + 1", "def f(x): return x + 2"),
    "type of a constant": ("def f(x): return x + 1", "def f(x): return x + 1.0"),
    "bool constant": ("def f(x): return x + 1", "def f(x): return x + True"),
    "sign of zero": ("def f(x): return x + 0.0", "def f(x): return x + -0.0"),
    "constant in a tuple": ("def f(x): return (1, 2, x)[0] + (5, 6)[x]", "def f(x): return (1, 2, x)[0] + (5, 7)[x]"),
    "default": ("def f(x, y=1): return y", "def f(x, y=2): return y"),
    "keyword default": ("def f(x, *, y=1): return y", "def f(x, *, y=2): return y"),
    "global": ("k = 1\ndef f(x): return x + k", "k = 2\ndef f(x): return x + k"),
    "type of a global": ("k = 1\ndef f(x): return x + k", "k = 1.0\ndef f(x): return x + k"),
    "library function": ("def f(x): return math.exp(x)", "def f(x): return math.tanh(x)"),
    "imported library function": (
        "from math import exp as g\ndef f(x): return g(x)",
        "from math import tanh as g\ndef f(x): return g(x)",
    ),
    "ufunc": ("g = np.exp\ndef f(x): return g(x)", "g = np.tanh\ndef f(x): return g(x)"),
    "callee": ("def g(x): return x\ndef f(x): return g(x)", "def g(x): return -x\ndef f(x): return g(x)"),
    "nested global": (
        "k = 1\ndef h(x): return x + k\ndef g(x): return h(x)\ndef f(x): return g(x)",
        "k = 2\ndef h(x): return x + k\ndef g(x): return h(x)\ndef f(x): return g(x)",
    ),
    "inner function": (
        "def f(x):\n    def g(y): return y + 1\n    return g(x)",
        "def f(x):\n    def g(y): return y + 2\n    return g(x)",
    ),
    "name of an attribute": ("def f(x): return x.real", "def f(x): return x.imag"),
    "order of a tuple": ("k = (1, 2)\ndef f(x): return k", "k = (2, 1)\ndef f(x): return k"),
    "array": ("k = np.arange(3)\ndef f(x): return k[x]", "k = np.arange(3) + 1\ndef f(x): return k[x]"),
    "dtype of an array": ("k = np.zeros(3)\ndef f(x): return k[x]", "k = np.zeros(3, 'f4')\ndef f(x): return k[x]"),
    "shape of an array": ("k = np.zeros((2, 3))\ndef f(x): return k", "k = np.zeros((3, 2))\ndef f(x): return k"),
    "NumPy scalar": ("k = np.float32(1)\ndef f(x): return k", "k = np.float64(1)\ndef f(x): return k"),
    "names of two helpers exchanged": (
        "def g(x): return x + 1\ndef h(x): return x + 2\ndef f(x): return g(h(x))",
        "def g(x): return x + 2\ndef h(x): return x + 1\ndef f(x): return g(h(x))",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_the_digest(edit):
    before, after = EDITS[edit]
    assert digest(define(before)) == digest(define(before))
    assert digest(define(before)) != digest(define(after))


def test_names_lines_and_files_do_not_count():
    plain = define("def f(x): return x + 1")
    moved = define("\n\n\nf = lambda x: x + 1")
    assert digest(plain) == digest(moved)


def test_whether_equal_constants_are_one_object_does_not_count():
    one = define("a = (1, 2)\nb = a\ndef f(x): return a, b")
    two = define("a = (1, 2)\nb = tuple([1, 2])\ndef f(x): return a, b")
    assert digest(one) == digest(two)


def compose(c, b, a):
    return lambda x: c(b(a(x)))


def test_which_function_stands_where_counts():
    g, h = doubled, squared
    digests = [digest(compose(*order)) for order in ((g, h, g), (g, h, h), (h, g, g), (g, g, h), (h, h, g))]
    assert len(set(digests)) == 5


def test_compiled_callees_count_as_their_source_and_options():
    def calling(helper):
        return lambda x: helper(x)

    makers = {
        "helper": lambda: njit_inline(doubled),
        "edited helper": lambda: njit_inline(squared),
        "exact helper": lambda: njit_inline(doubled, **EXACT),
        "dispatcher": lambda: numba.njit(fastmath={"nsz"})(doubled),
        "edited dispatcher": lambda: numba.njit(fastmath={"nsz"})(squared),
        "dispatcher with options": lambda: numba.njit(fastmath={"contract"})(doubled),
    }
    digests = [digest(calling(make())) for make in makers.values()]
    assert digests == [digest(calling(make())) for make in makers.values()]
    assert len(set(digests)) == len(makers)


def test_parameters_of_intrinsics_count():
    def calling(intrinsic):
        return lambda words: intrinsic(words, 0)

    makers = [
        lambda: make_load("float32", 0),
        lambda: make_load("float64", 0),
        lambda: make_load("float32", 1),
        lambda: make_load("float32", 1, 3),
        lambda: make_store("float32", 1, 3),
        lambda: make_store("float32", 1, 4),
        lambda: view_float32,
        lambda: view_float64,
    ]
    digests = [digest(calling(make())) for make in makers]
    assert digests == [digest(calling(make())) for make in makers]
    assert len(set(digests)) == len(makers)


def test_a_swapped_attribute_of_a_module_counts():
    module = types.ModuleType("formulas")
    module.activation = doubled
    module.unused = object()

    def kernel(x):
        return module.activation(x)

    before = digest(kernel)
    module.unused = 3
    assert digest(kernel) == before
    module.activation = squared
    assert digest(kernel) != before
    module.activation = doubled
    assert digest(kernel) == before


def test_attributes_are_followed_through_packages_and_aliases():
    package, inner = types.ModuleType("package"), types.ModuleType("package.inner")
    package.inner, inner.gain, inner.package = inner, 2, package

    def kernel(x):
        alias = package.inner
        return alias.gain * x + package.inner.package.inner.gain

    before = digest(kernel)
    inner.gain = 3
    assert digest(kernel) != before


def test_a_module_imported_inside_a_function_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "imported_inside.py").write_text("gain = 2\n")

    def kernel(x):
        from imported_inside import gain

        return gain * x

    before = digest(kernel)
    monkeypatch.setattr(sys.modules["imported_inside"], "gain", 3)
    assert digest(kernel) != before


def test_a_library_name_on_other_code_does_not_hide_it():
    @functools.wraps(math.exp)
    def exp(x):
        return x + 1

    @functools.wraps(math.exp)
    def edited(x):
        return x + 2

    assert len({digest(exp), digest(edited), digest(math.exp)}) == 3


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Pair(NamedTuple):
    left: int
    right: int


@dataclass(frozen=True)
class Tile:
    rows: int
    columns: int = 4

    def area(self):
        return self.rows * self.columns


def test_what_specifications_hold_can_be_described():
    values = [
        Tile(6), Tile(6, 2), Tile, Pair(1, 2), Pair(2, 1), (1, 2), [1, 2], Colour.RED, Colour.BLUE, {"a": 1}, {"a": 2},
        {1, 2}, frozenset({1, 2}), {1, 3}, np.dtype("f4"), np.dtype("f8"), numba.types.float32, numba.types.float64,
        numba.types.Array(numba.types.float32, 1, "C"), functools.partial(doubled, 1), functools.partial(doubled, 2),
        b"a", "a", None, ..., float("nan"), float("inf"), 1j,
    ]  # fmt: skip
    digests = [digest(value) for value in values]
    assert len(set(digests)) == len(values)
    assert digest(Tile(6)) == digest(Tile(6, 4))


def test_a_class_counts_with_its_methods():
    def make(gain):
        class Layer:
            scale = gain

            @property
            def shape(self):
                return gain

            @staticmethod
            def call(x):
                return x

        return Layer

    assert digest(make(1)) == digest(make(1)) != digest(make(2))


def test_a_function_that_calls_itself_can_be_described():
    first = define("def f(x): return f(x - 1) if x else 0")
    second = define("def f(x): return f(x - 1) if x else 1")
    assert digest(first) != digest(second)


class Odd:
    pass


@pytest.mark.parametrize("value", [Odd(), iter([]), np.array([object()])], ids=["object", "iterator", "array"])
def test_what_has_no_description_is_named(value):
    inner = define("def f(x): return strange", strange=value)
    with pytest.raises(StructureError, match="cannot describe") as raised:
        digest(define("def f(x): return g(x)", g=inner))
    assert "g → f → strange" in str(raised.value)
    assert isinstance(raised.value, TypeError)


def test_containers_in_themselves_end():
    inside, outside = {}, {}
    inside["loop"], outside["loop"] = (inside,), ({"loop": 1},)
    assert digest(inside) != digest(outside)


MODULE = """
    import math
    from nbnet.kernels.jit import njit_inline
    from nbnet.kernels.memory import make_load

    TABLE, NAMES, PAIRS = (1.5, 2.5), frozenset({"a", "b", "c", "d"}), {"x": (1, 2), "y": (1, 2)}
    load = make_load("float32", 1, 3)

    @njit_inline
    def helper(x):
        return math.exp(x) + TABLE[0] + (1, 2)[0]

    def kernel(words, start, stop, near=(1, 2)):
        for i in range(start, stop):
            load(words, i) + helper(TABLE[1]) + len(NAMES) + PAIRS["x"][0] + (1, 2)[1]
"""


def test_all_processes_agree_from_source_and_from_bytecode(tmp_path):
    source = tmp_path / "described.py"
    source.write_text(textwrap.dedent(MODULE))
    compiled = tmp_path / "bytecode" / "described.pyc"
    py_compile.compile(str(source), cfile=str(compiled))
    code = "from nbnet.kernels.structure import digest; import described; print(digest(described.kernel))"
    found = set()
    for folder, seed in ((tmp_path, "1"), (compiled.parent, "2")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
        environment["PYTHONPATH"] = os.pathsep.join([str(folder), *(path for path in sys.path if path)])
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        found.add(done.stdout.strip())
    assert len(found) == 1
