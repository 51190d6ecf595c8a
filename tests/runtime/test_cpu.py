"""Running plans: memory, addresses bound at each run, outputs, the progress report."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet.runtime.cpu as cpu
from nbnet.compiler.compile import compile_graph
from nbnet.graph import ops
from nbnet.graph.tensor import RuntimeScalar, Variable
from nbnet.runtime import threads
from nbnet.runtime.cpu import Executable
from nbnet.runtime.host import cpu_features, cpu_target
from nbnet.runtime.host import machine as host_machine
from tests.compiler.traced import record

X = np.arange(12, dtype="f4").reshape(3, 4)


def executable(function, *arrays):
    return Executable(compile_graph(record(function, *arrays), cpu_target()))


def test_addresses_follow_the_inputs_and_the_state():
    w = Variable(np.ones(4, "f4"))
    ready = executable(lambda x: ops.exp(x) * w, X)
    for k in range(3):
        x = X + k
        np.testing.assert_allclose(ready.run([x])[0], np.exp(x) * w.numpy(), rtol=1e-6)
        w.storage = np.full(4, k + 2, "f4")  # as loading a model does


@pytest.mark.parametrize(("rows", "writes"), [(5, 0), (2000, 3)])
def test_words_are_written_when_a_large_input_has_moved_and_never_for_a_small_one(rows, writes, monkeypatch):
    arrays = [np.arange(rows * 4, dtype="f4").reshape(rows, 4) + k for k in range(3)]
    ready = executable(lambda x: [ops.transpose(x), x, ops.exp(x[1:] * 0.0)], arrays[0])
    written = []
    point = ready._point
    monkeypatch.setattr(ready, "_point", lambda index, address: written.append(index) or point(index, address))
    arrays[2].setflags(write=False)
    for array in (arrays[0], arrays[0], arrays[1], arrays[2], arrays[2]):
        before = array.copy()
        turned, same, ones = ready.run([array])
        np.testing.assert_array_equal(turned, before.T)
        np.testing.assert_array_equal(same, before)
        same[:] = turned[:] = -1
        np.testing.assert_array_equal(array, before)
        assert (ones == 1).all()
    assert len(written) == writes


def test_inputs_without_elements():
    ready = executable(lambda x: [ops.sum(x), x], np.zeros((0, 3), "f4"))
    total, same = ready.run([np.zeros((0, 3), "f4")])
    assert total == 0
    assert same.shape == (0, 3)


@pytest.mark.parametrize(("rows", "wanted"), [(8, 1), (4000, 3)])
def test_a_plan_with_little_to_do_is_run_by_the_calling_thread(rows, wanted, monkeypatch):
    x = np.ones((rows, 64), "f4")
    ready = executable(lambda x: ops.exp(x) @ np.ones((64, 64), "f4"), x)
    counts = []
    run = ready._program.run
    monkeypatch.setattr(ready._program, "run", lambda count: counts.append(count) or run(count))
    with threads.limited(3):
        ready.run([x])
    assert counts == [wanted]


def test_plans_share_one_arena_that_grows():
    small = executable(lambda x: ops.sum(ops.transpose(x), axis=0) * 2.0, X)
    before = small.run([X])[0]
    size = 4 * len(cpu.arena.memory)
    large = np.ones((size // 16 + 5, 4), "f4")
    executable(lambda x: ops.transpose(ops.exp(x)), large).run([large])
    assert len(cpu.arena.memory) > size
    np.testing.assert_array_equal(small.run([X])[0], before)


def test_outputs_of_every_region():
    w, rate = Variable(np.full(2, 7, "f4")), RuntimeScalar("rate", lambda: 0.5)
    ready = executable(lambda x: [x, ops.reshape(x, (12,)), w * 1.0, rate + 0.0, x + 1.0], X)
    regions = {output.address.region for output in ready.plan.outputs}
    assert {"input", "state", "scalar", "arena"} <= regions
    found = ready.run([X])
    np.testing.assert_array_equal(found[0], X)
    np.testing.assert_array_equal(found[1], X.reshape(12))
    assert found[2].tolist() == [7, 7]
    assert found[3] == 0.5
    np.testing.assert_array_equal(found[4], X + 1)
    found[0][...] = found[2][...] = 0
    assert w.numpy().tolist() == [7, 7]
    assert X[0, 1] == 1


def test_a_constant_may_be_an_output():
    ready = executable(lambda x: ops.arange(5), X)
    (found,) = ready.run([X])
    assert found.tolist() == [0, 1, 2, 3, 4]
    found[:] = 0
    assert ready.run([X])[0].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["float32", "float64", "int64"])
def test_scalars_of_every_type(kind):
    values = iter([3, 2**40 + 1 if kind == "int64" else 0.1])
    scalar = RuntimeScalar("number", lambda: next(values), kind)
    ready = executable(lambda x: ops.stop_gradient(scalar) * 1, np.zeros((), kind))
    assert ready.run([np.zeros((), kind)])[0] == 3
    assert ready.run([np.zeros((), kind)])[0] == np.dtype(kind).type(2**40 + 1 if kind == "int64" else 0.1)


def test_an_empty_plan_runs():
    assert executable(lambda x: [], X).run([X]) == []


def test_compilations_are_reported(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(cpu, "on_compile", lambda done, total: seen.append((done, total)))
    monkeypatch.setenv("NBNET_CACHE_DIR", str(tmp_path))
    formula = ops.Formula(lambda x: x * 1.25 + 1.0)
    executable(lambda x: formula(x), X).run([X])
    assert seen == [(0, 1), (1, 1)]
    seen.clear()
    executable(lambda x: formula(x), X).run([X])
    assert seen == []


def test_no_report_without_a_terminal(capsys):
    cpu.report_compilation(0, 3)
    assert capsys.readouterr().err == ""


def test_the_report_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    cpu.report_compilation(1, 3)
    assert capsys.readouterr().err == "\rcompiling 1/3 kernels (first run only)"
    cpu.report_compilation(3, 3)
    assert capsys.readouterr().err.strip() == ""


@pytest.mark.parametrize(
    ("machine", "features", "wanted"),
    [
        ("x86_64", {"avx512f": True, "avx512vl": True, "avx2": True, "fma": True}, ("cpu avx512", 64, 32)),
        ("x86_64", {"avx512f": True, "avx512vl": False, "avx2": True, "fma": True}, ("cpu avx2", 32, 16)),
        ("AMD64", {"avx2": True, "fma": False}, ("cpu sse", 16, 16)),
        ("x86_64", {}, ("cpu sse", 16, 16)),
        ("aarch64", {"neon": True}, ("cpu neon", 16, 32)),
        ("arm64", {}, ("cpu neon", 16, 32)),
    ],
)
def test_targets(monkeypatch, machine, features, wanted):
    monkeypatch.setattr("nbnet.runtime.host.platform.machine", lambda: machine)
    monkeypatch.setattr("nbnet.runtime.host.cpu_features", lambda: features)
    found = host_machine.__wrapped__()
    assert (found.name, found.vector_bytes, found.registers) == wanted


def test_features_may_be_named(monkeypatch):
    monkeypatch.setenv("NUMBA_CPU_FEATURES", "+avx2,-fma, +sse2")
    assert cpu_features.__wrapped__() == {"avx2": True, "fma": False, "sse2": True}
    monkeypatch.delenv("NUMBA_CPU_FEATURES")
    assert all(isinstance(on, bool) for on in cpu_features.__wrapped__().values())
