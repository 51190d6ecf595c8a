"""The runner: order, chunks, guards, and the same numbers for any number of threads and any threading layer."""

import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from nbnet.errors import KernelError, ThreadingError
from nbnet.kernels import jit
from nbnet.kernels.memory import view_float32, view_int64, word
from nbnet.runtime import runner, threads
from nbnet.runtime.atomics import fetch_add, load_shared, yield_core

COUNTS = [1, 2, 7]


def spread(words, start, stop):
    """out[i] = x[n - 1 - i] + i: each chunk reads what other chunks of the entry before wrote."""
    n = word(words, 2)
    x, out = view_float32(word(words, 0), n), view_float32(word(words, 1), n)
    for i in range(start, stop):
        out[i] = x[n - 1 - i] + np.float32(i)


def record(words, start, stop):
    """Note the limits of a chunk where it starts."""
    table = view_int64(word(words, 0), word(words, 1))
    table[start] = table[start] + stop


def guard(words, start, stop):
    """Raise the stop flag when a number is not finite."""
    control, x = view_int64(word(words, 0), 8), view_float32(word(words, 1), 1)
    control[0] = 0 if x[0] - x[0] == 0 else 3


def meet(words, start, stop):
    """Wait until two threads are in this kernel."""
    cell = word(words, 0)
    fetch_add(cell, 1)
    while load_shared(cell) < 2:
        yield_core()


class Tables:
    """The tables of a plan under construction."""

    def __init__(self):
        self.rows, self.alive, self.control = [], [], np.zeros(8, np.int64)

    def add(self, kernel, words, items, chunk, flags=0):
        """Append an entry; words are numbers or arrays."""
        self.alive.append(words)
        table = np.array([item.ctypes.data if isinstance(item, np.ndarray) else item for item in words], np.int64)
        self.alive.append(table)
        self.rows.append([jit.compile_c(kernel).address, table.ctypes.data, items, chunk, flags, 0, 0, 0])

    def run(self, count):
        """Run once in a fresh program."""
        entries = np.array(self.rows, np.int64).reshape(-1, 8)
        runner.run(entries, np.full((len(entries), 16), 99, np.int64), self.control, count)


def ladder(steps, n, chunk):
    """A plan of entries that each need the whole of the one before."""
    tables, buffers = Tables(), [np.zeros(n, "f4"), np.zeros(n, "f4")]
    for step in range(steps):
        tables.add(spread, [buffers[step % 2], buffers[1 - step % 2], n], n, chunk)
    return tables, buffers[steps % 2]


@pytest.mark.parametrize("count", COUNTS)
def test_an_entry_sees_all_that_the_entry_before_wrote(count):
    n, steps = 203, 25
    expected = np.zeros(n, "f4")
    for _ in range(steps):
        expected = expected[::-1] + np.arange(n, dtype="f4")
    for chunk in (1, 10, 64, 500):
        tables, result = ladder(steps, n, chunk)
        for _ in range(3):
            result[:] = 0
            tables.alive[0][0][:] = 0
            tables.run(count)
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(
    ("items", "chunk", "chunks"),
    [(0, 4, []), (1, 4, [1]), (4, 4, [4]), (5, 4, [4, 5]), (9, 3, [3, 6, 9]), (3, 1, [1, 2, 3])],
)
def test_chunks_cover_the_items_once_and_exactly(items, chunk, chunks, count):
    tables, noted = Tables(), np.zeros(16, np.int64)
    tables.add(record, [noted, 16], items, chunk)
    tables.run(count)
    expected = np.zeros(16, np.int64)
    expected[: len(chunks) * chunk : chunk] = chunks
    np.testing.assert_array_equal(noted, expected)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("number", [1.0, np.nan, np.inf])
def test_a_guard_ends_the_plan_after_its_entry(number, count):
    tables, x, before, after = Tables(), np.array([number], "f4"), np.zeros(40, np.int64), np.zeros(40, np.int64)
    tables.add(record, [before, 40], 40, 1)
    tables.add(guard, [tables.control, x], 1, 1, runner.GUARD)
    tables.add(record, [after, 40], 40, 1)
    for _ in range(3):  # the flag of the run before must not end this one
        before[:], after[:] = 0, 0
        tables.run(count)
        assert before.sum() == 40 * 41 // 2
        assert (after.sum() == 0) == (not np.isfinite(number))
        assert tables.control[0] == (0 if np.isfinite(number) else 3)


@pytest.mark.parametrize("count", COUNTS)
def test_only_guards_end_a_plan(count):
    tables, after = Tables(), np.zeros(4, np.int64)
    tables.add(guard, [tables.control, np.array([np.nan], "f4")], 1, 1)
    tables.add(record, [after, 4], 4, 1)
    tables.run(count)
    assert after.tolist() == [1, 2, 3, 4]


def test_an_empty_plan_runs():
    Tables().run(2)


def test_python_threads_may_run_plans_at_the_same_time():
    plans = [ladder(20, 50, 7) for _ in range(4)]

    def work(plan):
        for _ in range(20):
            plan[0].alive[0][0][:] = 0
            plan[0].run(2)

    workers = [threading.Thread(target=work, args=[plan]) for plan in plans]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for _, result in plans[1:]:
        np.testing.assert_array_equal(result, plans[0][1])


@pytest.mark.parametrize(
    ("entries", "counters", "control", "message"),
    [
        (np.zeros((2, 7), np.int64), np.zeros((2, 16), np.int64), np.zeros(8, np.int64), "entries"),
        (np.zeros((2, 8), np.int32), np.zeros((2, 16), np.int64), np.zeros(8, np.int64), "entries"),
        (np.ones((2, 8), np.int64), np.zeros((1, 16), np.int64), np.zeros(8, np.int64), "counters"),
        (np.ones((2, 8), np.int64), np.zeros((2, 32), np.int64)[:, ::2], np.zeros(8, np.int64), "counters"),
        (np.ones((2, 8), np.int64), np.zeros((2, 16), np.int64), np.zeros(7, np.int64), "control"),
        (np.zeros((2, 8), np.int64), np.zeros((2, 16), np.int64), np.zeros(8, np.int64), "at least 1 work item"),
    ],
)
def test_wrong_tables_are_refused(entries, counters, control, message):
    with pytest.raises(KernelError, match=message):
        runner.Program(entries, counters, control)


def test_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(threads, "_chosen", None)
    monkeypatch.delenv("NBNET_NUM_THREADS", raising=False)
    assert threads.get_num_threads() == threads.available_cores() >= 1
    monkeypatch.setenv("NBNET_NUM_THREADS", "3")
    assert threads.get_num_threads() == 3
    threads.set_num_threads(5)
    assert threads.get_num_threads() == 5


@pytest.mark.parametrize("count", [0, -1, 1.5, "two", None])
def test_a_wrong_number_of_threads_is_refused(count, monkeypatch):
    monkeypatch.setattr(threads, "_chosen", None)
    with pytest.raises(ThreadingError, match="set_num_threads expects"):
        threads.set_num_threads(count)
    if count is not None:
        monkeypatch.setenv("NBNET_NUM_THREADS", str(count))
        with pytest.raises(ThreadingError, match="NBNET_NUM_THREADS expects"):
            threads.get_num_threads()


BEGIN = """
    import os, sys
    sys.path.insert(0, {folder!r})
    from test_runner import ladder
    from nbnet.runtime import threads
"""
LADDER = """
    for count in (1, 2, 7):
        tables, result = ladder(25, 203, 10)
        for _ in range(20):
            tables.alive[0][0][:] = 0
            tables.run(count)
        print(result.tobytes().hex())
"""


def in_a_process(code, **environment):
    """What code prints in a process of its own."""
    code = textwrap.dedent(BEGIN).format(folder=os.path.dirname(__file__)) + textwrap.dedent(code)
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**inherited, **environment}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    "environment",
    [{"OMP_THREAD_LIMIT": "1"}, {"NUMBA_THREADING_LAYER": "workqueue", "NBNET_NUM_THREADS": "7"}],
    ids=["OpenMP limited to one thread", "workqueue"],
)
def test_the_same_bits_whatever_numba_is_told_about_threads(environment):
    tables, result = ladder(25, 203, 10)
    tables.run(1)
    results = in_a_process(LADDER, **environment)
    assert set(results) == {result.tobytes().hex()}
    assert len(results) == len(COUNTS)


FORKING = """
    tables, result = ladder(25, 203, 10)
    tables.run(2)
    expected = result.copy()
    child = os.fork()
    if child == 0:
        tables.alive[0][0][:] = 0
        tables.run(2)
        os._exit(7 if (result == expected).all() else 8)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    tables.alive[0][0][:] = 0
    tables.run(2)
    assert (result == expected).all()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_makes_threads_of_its_own():
    in_a_process(FORKING)


def test_helpers_sleep_and_wake():
    tables, result = ladder(25, 203, 10)
    tables.run(1)
    expected = result.copy()
    for _ in range(3):
        time.sleep(0.02)  # longer than helpers spin
        tables.alive[0][0][:] = 0
        tables.run(3)
        np.testing.assert_array_equal(result, expected)


def test_helpers_do_take_chunks():
    """Each chunk waits until another thread has begun one: alone, the calling thread would never finish."""
    tables, cell = Tables(), np.zeros(1, np.int64)
    tables.add(meet, [cell], 2, 1)
    tables.run(2)
    assert cell[0] == 2


def test_tables_may_go_as_soon_as_they_have_run():
    for _ in range(300):
        tables, result = ladder(5, 50, 5)
        tables.run(4)
        assert result.any()
        del tables


def halve(words, start, stop):
    """x[i] = x[i] / 2."""
    x = view_float32(word(words, 0), word(words, 1))
    for i in range(start, stop):
        x[i] = x[i] * np.float32(0.5)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("flush", [False, True])
def test_subnormal_numbers_count_as_zero_where_a_plan_says_so(flush, count):
    tables, x = Tables(), np.full(64, 1.5e-38, "f4")
    tables.add(halve, [x, 64], 64, 1)
    entries = np.array(tables.rows, np.int64)
    runner.Program(entries, np.zeros((1, 16), np.int64), tables.control, flush).run(count)
    np.testing.assert_array_equal(x, np.full(64, 0 if flush else np.float32(1.5e-38) / 2, "f4"))
    assert np.float32(1.5e-38) * np.float32(0.5) > 0  # outside the run nothing has changed


@pytest.mark.parametrize("count", COUNTS)
def test_entries_beside_each_other_need_not_wait(count):
    """With two threads each is in an entry of its own, and waits there for the other."""
    tables, cell, noted = Tables(), np.zeros(1, np.int64), np.zeros(4, np.int64)
    for _ in range(2):
        tables.add(meet if count == 2 else record, [cell if count == 2 else noted, 4], 1, 1)
    tables.add(record, [noted, 4], 4, 1)
    entries = np.array(tables.rows, np.int64)
    entries[1, 5] = 1
    runner.run(entries, np.zeros((3, 16), np.int64), tables.control, count)
    assert noted.tolist() == ([1, 2, 3, 4] if count == 2 else [3, 2, 3, 4])


@pytest.mark.parametrize(("row", "beside"), [(0, 1), (1, 2), (1, -1)])
def test_only_entries_before_can_be_beside(row, beside):
    tables = Tables()
    for _ in range(2):
        tables.add(record, [np.zeros(4, np.int64), 4], 1, 1)
    entries = np.array(tables.rows, np.int64)
    entries[row, 5] = beside
    with pytest.raises(KernelError, match="entries beside"):
        runner.run(entries, np.zeros((2, 16), np.int64), tables.control, 1)


def test_too_many_chunks_are_refused():
    tables = Tables()
    tables.add(record, [np.zeros(4, np.int64), 4], 1 << 16, 1)
    with pytest.raises(KernelError, match="65535 chunks"):
        tables.run(1)


@pytest.mark.parametrize("count", COUNTS)
def test_what_is_recorded(count):
    tables, _ = ladder(6, 100, 30)
    program = runner.Program(np.array(tables.rows, np.int64), np.zeros((6, 16), np.int64), tables.control)
    events = np.full((count, 40, 4), -1, np.int64)
    for _ in range(3):
        assert program.record(events, count) == events[:, 0, 0].sum() == 24
        rows = np.concatenate([table[1 : 1 + table[0, 0]] for table in events])
        assert sorted(map(tuple, rows[:, :2].tolist())) == [(entry, chunk) for entry in range(6) for chunk in range(4)]
        assert (rows[:, 2] <= rows[:, 3]).all()
        assert events[0, 0, 2] <= rows[:, 2].min() <= rows[:, 3].max() <= events[0, 0, 3]
        assert (events[:, 0, 1] == 0).all()
    small = np.zeros((count, 3, 4), np.int64)
    assert program.record(small, count) == min(24, small[:, 0, 0].sum())
    assert small[:, 0].sum(0)[0] + small[:, 0].sum(0)[1] == 24
    with pytest.raises(KernelError, match="a table for each"):
        program.record(np.zeros((count - 1, 40, 4), np.int64), count)


def test_a_plan_that_a_guard_has_ended_runs_again():
    """Entries behind the guard were not taken; the next run must not take them for an older one's."""
    tables, x, after = Tables(), np.zeros(1, "f4"), np.zeros(40, np.int64)
    tables.add(guard, [tables.control, x], 1, 1, runner.GUARD)
    tables.add(record, [after, 40], 40, 1)
    program = runner.Program(np.array(tables.rows, np.int64), np.zeros((2, 16), np.int64), tables.control)
    for number in [1.0, np.nan, 1.0, np.nan, np.nan, 1.0, 1.0]:
        x[0], after[:] = number, 0
        program.run(2)
        assert after.tolist() == (list(range(1, 41)) if np.isfinite(number) else [0] * 40)
