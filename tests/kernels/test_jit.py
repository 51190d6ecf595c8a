"""Compiling C functions: counters, the table of kernels, what must not compile, and the second process."""

import ctypes
import os
import subprocess
import sys
import textwrap
import threading
import types
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from nbnet.errors import KernelError, StructureError
from nbnet.kernels import jit
from nbnet.kernels.memory import make_store, view_float32, view_float64, word


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NBNET_CACHE_DIR", str(tmp_path))


def run(compiled, *words):
    """Run a kernel over one work item."""
    table = np.array(words, np.int64)
    ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 3)(compiled.address)(table.ctypes.data, 0, 1)


def make_kernel(value):
    """A kernel that writes a number."""

    def kernel(words, start, stop):
        view_float64(word(words, 0), 1)[0] = value

    return kernel


def result_of(compiled):
    out = np.zeros(1)
    run(compiled, out.ctypes.data)
    return out[0]


def test_a_kernel_is_compiled_once_and_then_found_on_the_disk():
    before = jit.compilations(), jit.hits()
    first, second = jit.compile_c(make_kernel(1.5)), jit.compile_c(make_kernel(1.5))
    assert (first.hit, second.hit) == (False, True)
    assert first.key == second.key
    assert result_of(first) == result_of(second) == 1.5
    assert (jit.compilations(), jit.hits()) == (before[0] + 1, before[1] + 1)


def test_other_constants_and_options_are_other_kernels():
    keys = {
        jit.compile_c(make_kernel(2.5)).key,
        jit.compile_c(make_kernel(3.5)).key,
        jit.compile_c(make_kernel(2.5), options=jit.EXACT).key,
    }
    assert len(keys) == 3
    assert result_of(jit.compile_c(make_kernel(3.5))) == 3.5


@pytest.mark.parametrize(
    ("setting", "value"),
    [("CPU_NAME", "generic"), ("CPU_FEATURES", ""), ("OPT", 1), ("LOOP_VECTORIZE", 0), ("SLP_VECTORIZE", 1)],
)
def test_the_settings_of_the_code_generator_are_part_of_the_key(setting, value, monkeypatch):
    import numba

    kernel = make_kernel(4.5)
    before = jit.compile_c(kernel).key
    monkeypatch.setattr(numba.core.config, setting, value)
    assert jit.compile_c(kernel).key != before


def test_helpers_are_compiled_into_kernels_and_run_from_python():
    @jit.njit_inline
    def square(x):
        return x * x

    @jit.njit_inline(**jit.EXACT)
    def shifted(x):
        return square(x) + np.float32(1)

    def kernel(words, start, stop):
        array = view_float32(word(words, 0), 3)
        for i in range(3):
            array[i] = shifted(array[i])

    numbers = np.array([1, 2, 3], "f4")
    run(jit.compile_c(kernel), numbers.ctypes.data)
    assert numbers.tolist() == [2, 5, 10]
    assert shifted(np.float32(3)) == 10
    assert shifted.options["fastmath"] == {"contract", "nsz"}
    assert square.__name__ == "square"


def test_a_kernel_that_could_raise_is_refused():
    def kernel(words, start, stop):
        for i in range(start, stop, word(words, 1)):
            view_float32(word(words, 0), 1)[i] = 0

    with pytest.raises(KernelError, match="'kernel' could raise"):
        jit.compile_c(kernel)


def test_a_kernel_that_allocates_is_refused():
    def kernel(words, start, stop):
        view_float64(word(words, 0), 1)[0] = np.arange(stop * 1.0).sum()

    with pytest.raises(KernelError, match="allocates memory"):
        jit.compile_c(kernel)


def test_a_kernel_with_a_mistake_is_named():
    def kernel(words, start, stop):
        return view_float32(word(words, 0), 1) + "text"

    with pytest.raises(KernelError, match="'adder' does not compile"):
        jit.compile_c(kernel, name="adder")


def test_a_missing_c_function_is_named():
    import numba

    absent = numba.types.ExternalFunction("no_such_function_anywhere", numba.types.void())

    def kernel(words, start, stop):
        absent()

    with pytest.raises(KernelError, match="no_such_function_anywhere"):
        jit.compile_c(kernel)


def test_an_object_that_has_no_description_is_refused():
    class Odd:
        pass

    odd = Odd()

    def kernel(words, start, stop):
        odd.x = 1

    with pytest.raises(StructureError, match="odd"):
        jit.compile_c(kernel)


def test_functions_of_the_c_library_are_found():
    import math

    def kernel(words, start, stop):
        array = view_float64(word(words, 0), 1)
        array[0] = math.erf(array[0]) + math.gamma(array[0])

    number = np.array([2.5])
    run(jit.compile_c(kernel), number.ctypes.data)
    run(jit.compile_c(kernel), (again := np.array([2.5])).ctypes.data)  # from the disk
    assert number[0] == again[0] == pytest.approx(math.erf(2.5) + math.gamma(2.5))


@dataclass(frozen=True)
class Spec:
    value: Any
    family: ClassVar[str] = "testfamily"


@pytest.fixture
def family(monkeypatch):
    """A kernel family that writes the value of its spec; counts its builds."""
    module = types.ModuleType("nbnet.kernels.testfamily.cpu")
    module.builds = 0

    def build(spec):
        module.builds += 1
        value, store = spec.value, make_store("float64", 0, 1)

        def kernel(words, start, stop):
            store(word(words, 0), 0, value * 0.5)

        return kernel

    module.build = build
    monkeypatch.setitem(sys.modules, "nbnet.kernels.testfamily", types.ModuleType("nbnet.kernels.testfamily"))
    monkeypatch.setitem(sys.modules, "nbnet.kernels.testfamily.cpu", module)
    monkeypatch.setattr(jit, "_jobs", {})
    return module


def test_a_specification_is_loaded_once(family):
    assert not jit.is_cached(Spec(7))
    first = jit.load(Spec(7))
    assert jit.load(Spec(7)) is first
    assert jit.is_cached(Spec(7))
    assert family.builds == 1
    assert result_of(first) == 3.5


def test_equal_specifications_of_other_types_are_other_kernels(family):
    assert len({jit.load(Spec(value)).key for value in (1, 1.0, True)}) == 3


def test_a_family_may_have_options_of_its_own(family):
    plain = jit.load(Spec(8)).key
    family.OPTIONS = jit.EXACT
    jit._jobs.clear()
    assert jit.load(Spec(8)).key != plain


def test_threads_that_want_the_same_kernel_compile_it_once(family):
    before, found = jit.compilations(), []
    threads = [threading.Thread(target=lambda: found.append(jit.load(Spec(9)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert jit.compilations() == before + 1
    assert len(found) == 4
    assert len({id(compiled) for compiled in found}) == 1


def python(code, cache_dir, **environment):
    """Start Python on a piece of code; the process."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**os.environ, "NBNET_CACHE_DIR": str(cache_dir), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.split()


KERNEL_IN_A_PROCESS = """
    import ctypes, sys
    import numpy as np
    from nbnet.kernels import jit
    from nbnet.kernels.memory import view_float64, word

    scale = 2.0

    @jit.njit_inline
    def scaled(x):
        return x * scale

    def kernel(words, start, stop):
        numbers = view_float64(word(words, 0), 1)
        numbers[0] = scaled(numbers[0])

    compiled = jit.compile_c(kernel)
    numbers = np.array([21.0])
    words = np.array([numbers.ctypes.data], np.int64)
    ctypes.CFUNCTYPE(None, *(ctypes.c_int64,) * 3)(compiled.address)(words.ctypes.data, 0, 1)
    registry = sys.modules["numba.core.registry"].cpu_target
    print(jit.compilations(), jit.hits(), numbers[0], "_toplevel_target_context" in vars(registry))
"""


def test_two_processes_race_on_an_empty_folder_and_a_third_compiles_nothing(tmp_path):
    racers = [python(KERNEL_IN_A_PROCESS, tmp_path, PYTHONHASHSEED=seed) for seed in "12"]
    for racer in racers:
        compiled, hits, value, initialised = output(racer)
        assert int(compiled) + int(hits) == 1
        assert value == "42.0"
        assert initialised == ("True" if compiled == "1" else "False")
    assert len(list(tmp_path.glob("kernels/*.nbk"))) == 1
    assert output(python(KERNEL_IN_A_PROCESS, tmp_path, PYTHONHASHSEED="3")) == ["0", "1", "42.0", "False"]
    edited = KERNEL_IN_A_PROCESS.replace("scale = 2.0", "scale = 3.0")
    assert output(python(edited, tmp_path))[:3] == ["1", "0", "63.0"]
