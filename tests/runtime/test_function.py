"""Compiled functions: nests, signatures, state, guards, gradients, random numbers, several threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import nbnet
from nbnet.errors import DataError, GradientError, NonFiniteError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.tensor import RuntimeScalar, Tensor, Variable, active_trace
from nbnet.graph.trace import update_group
from nbnet.kernels import jit
from nbnet.runtime.function import Function, function, grad

X = np.arange(6, dtype="f4").reshape(2, 3)


def test_nests_in_and_out():
    @function
    def f(pair, *, options):
        x, y = pair
        return {"sum": x + y, "parts": [x * options["rate"], (y, None)], "name": "done", "number": 3.0}

    found = f((X, X[0]), options={"rate": 2.0})
    np.testing.assert_array_equal(found["sum"], X + X[0])
    np.testing.assert_array_equal(found["parts"][0], X * 2)
    assert found["parts"][1][1] is None
    assert found["name"] == "done"
    assert found["number"] == 3.0


def test_results_without_axes_are_numpy_scalars_and_the_callers_own():
    f = function(lambda x: (ops.sum(x), x, x * 1.5))
    total, same, scaled = f(X)
    assert isinstance(total, np.float32)
    assert total == 15
    same[:] = scaled[:] = 0
    again = f(X)
    assert again[1].tolist() == X.tolist()
    assert again[2].tolist() == (X * 1.5).tolist()


def test_static_arguments_are_python_values():
    seen = []

    @function
    def f(x, training, mode="sum"):
        seen.append((training, mode))
        return getattr(ops, mode)(x) if training else x

    assert f(X, True) == 15
    assert f(X, True, mode="mean") == 2.5
    assert f(X, False).shape == (2, 3)
    f(X + 1, True)
    assert seen == [(True, "sum"), (True, "mean"), (False, "sum")]


def test_a_function_is_traced_once_for_each_signature():
    traced = []

    @function
    def f(x):
        traced.append(x.shape)
        assert isinstance(x, Tensor)
        return ops.sum(x)

    for _ in range(3):
        f(X)
        f(X[:1])
    f(X.astype("f8"))
    assert traced == [(2, 3), (1, 3), (2, 3)]


def test_a_prepared_call_is_a_call(monkeypatch):
    count = Variable(np.float32(0))

    @function
    def f(pair, name, y):
        count.assign(count + 1.0)
        return {name: pair[0] * pair[1] + y}

    ready = f.prepared((X, X), "found", X[0])
    assert f.calls == 0
    monkeypatch.setattr("nbnet.runtime.function.flatten_call", None)
    for k in range(3):
        np.testing.assert_array_equal(ready(X + k, X, X[1])["found"], (X + k) * X + X[1])
    assert f.calls == 3
    assert count.numpy() == 3
    with pytest.raises(TypeError):
        f((X, X), "found", X[0])  # which does look at its arguments


def test_signatures_in_turn_keep_their_plans():
    traced = []

    @function
    def f(x, mode=None):
        traced.append((x.shape, x.dtype, mode))
        return x * 2.0 if mode else x

    for _ in range(2):
        for x in (X, X, X[:1], X, X.astype("f8"), X.T):
            np.testing.assert_array_equal(f(x), x)
            np.testing.assert_array_equal(f(x, True), x * 2)
    assert len(traced) == 8


def test_the_least_recently_used_plan_goes_first():
    traced = []

    @function
    def f(x):
        traced.append(x.shape[0])
        return x * 2.0

    for n in range(1, 9):
        f(np.ones(n, "f4"))
    f(np.ones(1, "f4"))  # used again, so 2 is the oldest
    f(np.ones(9, "f4"))
    f(np.ones(1, "f4"))
    assert traced == list(range(1, 10))
    f(np.ones(2, "f4"))
    assert traced[-1] == 2


def test_another_batch_size_compiles_no_kernel():
    w = Variable(np.ones((3, 4), "f4"))

    @function
    def step(x):
        loss = ops.mean(ops.square(ops.tanh(x @ w)))
        (slope,) = gradients(loss, [w])
        with update_group("sgd", (loss, slope)):
            w.assign(w - 0.1 * slope)
        return loss

    step(np.ones((8, 3), "f4"))
    before = jit.compilations() + jit.hits()
    for batch in (5, 1, 33):
        step(np.ones((batch, 3), "f4"))
    assert jit.compilations() + jit.hits() == before


def test_run_time_scalars_change_without_tracing_again():
    rates = iter([1.0, 0.5, 0.25])
    rate, traced = RuntimeScalar("rate", lambda: next(rates)), []

    @function
    def f(x):
        traced.append(1)
        return x * rate

    assert [f(np.float32(8)) for _ in range(3)] == [8, 4, 2]
    assert traced == [1]


def test_state_is_read_and_written():
    count, seen = Variable(np.float32(0), name="count"), Variable(np.zeros(3, "f4"))

    @function
    def f(x):
        before = count * 1.0
        count.assign(count + 1.0)
        seen.assign(x)
        return before, count

    assert [tuple(map(float, f(X[0] + k))) for k in range(3)] == [(0, 1), (1, 2), (2, 3)]
    assert count.numpy() == 3
    assert seen.numpy().tolist() == [2, 3, 4]
    count.assign(10.0)
    assert f(X[0])[0] == 10


def test_variables_may_be_arguments():
    f = function(lambda w, x: w.assign(w + x))
    one, two = Variable(np.zeros(3, "f4")), Variable(np.ones(3, "f4"))
    for w in (one, two, one):
        f(w, X[1])
    assert one.numpy().tolist() == [6, 8, 10]
    assert two.numpy().tolist() == [4, 5, 6]


def test_a_function_inside_another_is_inlined():
    inner = function(lambda x: x * 2.0)

    @function
    def outer(x):
        assert active_trace() is not None
        return inner(x) + 1.0

    assert outer(np.float32(3)) == 7
    assert len(inner._plans) == 0


@pytest.mark.parametrize("eager", [False, True])
def test_a_guard_names_the_op_and_keeps_the_state(eager):
    w, other = Variable(np.ones(3, "f4"), name="w"), Variable(np.zeros(3, "f4"), name="other")
    written = []

    def step(x):
        active_trace().after.append(lambda: written.append(1))
        other.assign(other + 1.0)
        loss = ops.sum(ops.log(x) * w)
        (slope,) = gradients(loss, [w])
        with update_group("sgd", (loss, slope)):
            w.assign(w - slope)
        return loss

    run = Function(step, eager=eager)
    run(np.ones(3, "f4"))
    assert (run.calls, written) == (1, [1])
    before = w.numpy(), other.numpy()
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError) as failed:
        run(np.array([1, -1, 2], "f4"))
    text = str(failed.value)
    assert "op 'log'" in text
    assert "test_function.py" in text
    assert "'sgd' was not written" in text
    assert np.array_equal(w.numpy(), before[0])
    assert np.array_equal(other.numpy(), before[1])
    assert (run.calls, written) == (1, [1])
    run(np.ones(3, "f4"))
    assert run.calls == 2


@pytest.mark.parametrize("eager", [False, True])
def test_earlier_groups_stay_written(eager):
    a, b, total = (Variable(np.zeros(2, "f4"), name=name) for name in ("a", "b", "total"))

    def step(x, y):
        with update_group("first", (ops.sum(x),)):
            a.assign(a + x)
        with update_group("second", (ops.sum(y),)):
            b.assign(b + y)
        total.assign(total + 1.0)

    run = Function(step, eager=eager)
    good, bad = np.ones(2, "f4"), np.full(2, np.nan, "f4")
    with pytest.raises(NonFiniteError, match="'second' was not written"):
        run(good, bad)
    assert (a.numpy()[0], b.numpy()[0], total.numpy()[0]) == (1, 0, 0)
    with pytest.raises(NonFiniteError, match="'first' was not written"):
        run(bad, good)
    assert (a.numpy()[0], b.numpy()[0], total.numpy()[0]) == (1, 0, 0)
    run(good, good)
    assert (a.numpy()[0], b.numpy()[0], total.numpy()[0]) == (2, 1, 1)


def test_large_finite_numbers_pass_the_guard():
    w = Variable(np.zeros(2, "f4"))

    @function
    def step(x):
        with update_group("sgd", (ops.sum(x),)):
            w.assign(x)

    step(np.full(2, 1e38, "f4"))
    assert w.numpy().tolist() == [np.float32(1e38)] * 2


def test_an_index_out_of_range_is_an_error():
    f = function(lambda x, i: ops.gather(x, i))
    assert f(X, np.array([1])).tolist() == [[3, 4, 5]]
    with pytest.raises(DataError, match="position 1 of the indices"):
        f(X, np.array([0, 2, 1]))
    assert f(X, np.array([0, -1, -2])).tolist() == [[0, 1, 2], [3, 4, 5], [0, 1, 2]]


def test_random_numbers_follow_the_seed_and_the_count_of_calls(seed):
    make = lambda: function(lambda x: x + ops.uniform((3,)))  # noqa: E731
    one, two = make(), make()
    first, second = one(np.zeros(3, "f4")), one(np.zeros(3, "f4"))
    assert np.array_equal(first, two(np.zeros(3, "f4")))
    assert np.array_equal(second, two(np.zeros(3, "f4")))
    assert not np.array_equal(first, second)
    nbnet.set_seed(seed + 1)
    assert not np.array_equal(first, make()(np.zeros(3, "f4")))
    fixed = Function(lambda x: x + ops.uniform((3,)), seed=lambda: 5, step=lambda: 0)
    assert np.array_equal(fixed(np.zeros(3, "f4")), fixed(np.zeros(3, "f4")))


def test_eager_and_compiled_give_the_same_random_numbers(seed):
    step = lambda x: (ops.bernoulli((40,), 0.3), x * ops.normal((40,)))  # noqa: E731
    compiled, eager = function(step)(np.ones(40, "f4")), function(step, eager=True)(np.ones(40, "f4"))
    assert np.array_equal(compiled[0], eager[0])
    np.testing.assert_allclose(compiled[1], eager[1], rtol=1e-6)


def test_gradients_of_functions():
    slope = grad(lambda x, y: ops.sum(x * x * y))
    np.testing.assert_allclose(slope(X, X + 1), 2 * X * (X + 1))
    both = grad(lambda x, y: ops.sum(x * x * y), argnums=(1, 0))
    np.testing.assert_allclose(both(X, X + 1)[0], X * X)
    np.testing.assert_allclose(both(X, X + 1)[1], 2 * X * (X + 1))
    assert float(grad(grad(lambda x: x**3.0))(2.0)) == pytest.approx(12)
    inside = function(lambda x: grad(lambda z: ops.sum(ops.exp(z)))(x) + 1.0)
    np.testing.assert_allclose(inside(X), np.exp(X) + 1, rtol=1e-6)


def test_gradients_that_cannot_be():
    with pytest.raises(GradientError, match="argument 0"):
        grad(lambda x: ops.sum(x))(np.arange(3))
    with pytest.raises(GradientError, match="positional argument 2"):
        grad(lambda x: ops.sum(x), argnums=2)(X)
    with pytest.raises(GradientError, match="shape"):
        grad(lambda x: x)(X)


def test_explain_and_graph_run_nothing():
    w = Variable(np.zeros(2, "f4"))
    f = function(lambda x: w.assign(w + ops.sum(x)))
    assert len(f.explain(X).entries) >= 1
    assert "assign" in str(f.graph(X))
    assert f.calls == 0
    assert w.numpy().tolist() == [0, 0]


def test_a_norm_beyond_float64_stops_and_says_so():
    w = Variable(np.zeros(2, "f8"))

    @function
    def step(x):
        with update_group("sgd", (x,)):
            w.assign(x)

    with pytest.raises(NonFiniteError, match="the sum of squares"):
        step(np.full(2, 1e200))
    assert w.numpy().tolist() == [0, 0]


def test_concurrent_calls_lose_no_update():
    total = Variable(np.zeros(500, "f4"))

    @function
    def add(x):
        total.assign(total + x)
        return ops.sum(x)

    wrong = []

    def work(k):
        for n in range(25):
            size = 500
            x = np.full(size, k + 1, "f4")
            if add(x) != size * (k + 1) or function(lambda y: y * 2.0)(np.float32(n)) != 2 * n:
                wrong.append(k)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong
    assert total.numpy().tolist() == [25 * sum(range(1, 7))] * 500
    assert add.calls == 150


def test_threads_may_bring_new_signatures_at_once():
    f = function(lambda x: ops.sum(x * 2.0))
    wrong = []

    def work(k):
        wrong.extend(n for n in range(1 + k, 25 + k) if f(np.ones(n, "f4")) != 2 * n)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong
    assert len(f._plans) == 8
