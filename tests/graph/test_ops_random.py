"""Random ops: what a number depends on, and what it does not."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet.errors import DataError, DTypeError, ShapeError, TraceError
from nbnet.graph import ops
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.tensor import RuntimeScalar, Variable
from nbnet.graph.trace import Trace, layer_scope, tracing


def eager(seed=0, step=0):
    return Trace(RuntimeScalar("seed", lambda: seed, "int64"), RuntimeScalar("step", lambda: step, "int64"), eager=True)


def draws(seed=0, step=0, position=0, count=2):
    """Several draws of one layer."""
    with tracing(eager(seed, step)), layer_scope("layer", position, ("", 0)):
        return [ops.uniform((50,)).numpy() for _ in range(count)]


def test_a_number_is_a_function_of_seed_step_layer_and_draw():
    base = draws()
    for same, again in zip(base, draws(), strict=True):
        np.testing.assert_array_equal(same, again)
    others = [*draws(seed=1), *draws(step=1), *draws(position=1), *base]
    assert len({tuple(values) for values in others}) == len(others)


def test_draws_of_one_layer_leave_those_of_another_alone():
    def second(extra):
        with tracing(eager()):
            with layer_scope("a", 1, ("", 0)):
                for _ in range(1 + extra):
                    ops.uniform((3,))
            with layer_scope("b", 2, ("", 0)):
                return ops.uniform((3,)).numpy()

    np.testing.assert_array_equal(second(0), second(3))


def test_seed_and_step_are_read_when_the_graph_runs():
    state = {"seed": 1, "step": 0}
    trace = Trace(
        RuntimeScalar("seed", lambda: state["seed"], "int64"), RuntimeScalar("step", lambda: state["step"], "int64")
    )
    with tracing(trace):
        graph = Graph((), (ops.uniform((4,)), ops.normal((4,)), ops.bernoulli((40,), 0.5)))
    first = evaluate(graph, [])
    state["step"] = 1
    second = evaluate(graph, [])
    for a, b in zip(first, second, strict=True):
        assert (a != b).any()
    names = [(node.op.name, node.attrs.get("stream"), node.attrs.get("number")) for node in graph.outputs]
    assert names == [("random_uniform", 0, 0), ("random_normal", 0, 1), ("random_bernoulli", 0, 2)]


def test_ranges_and_moments():
    u = ops.uniform((20000,), seed=5)
    assert u.dtype == np.float32
    assert (u >= 0).all()
    assert (u < 1).all()
    assert abs(u.mean() - 0.5) < 0.01
    z = ops.normal((20000,), mean=3.0, stddev=2.0, seed=5)
    assert abs(z.mean() - 3.0) < 0.05
    assert abs(z.std() - 2.0) < 0.05
    assert abs(ops.bernoulli((20000,), 0.3, seed=5).mean() - 0.3) < 0.01


def test_low_and_high():
    u = ops.uniform((100,), seed=1)
    np.testing.assert_array_equal(ops.uniform((100,), -2, 6, seed=1), u * np.float32(8) - np.float32(2))
    bounds = np.array([0.0, 10.0], "float32"), np.array([1.0, 20.0], "float32")
    wide = ops.uniform((50, 2), *bounds, seed=1)
    assert (wide[:, 1] >= 10).all()
    assert (wide[:, 0] < 1).all()


def test_float64_holds_the_same_uniform_numbers():
    u = ops.uniform((20,), dtype="float64", seed=9)
    assert u.dtype == np.float64
    np.testing.assert_array_equal(u, ops.uniform((20,), seed=9).astype("float64"))
    np.testing.assert_allclose(ops.normal((20,), dtype="float64", seed=9), ops.normal((20,), seed=9), rtol=1e-6)


def test_certain_and_impossible_events():
    assert ops.bernoulli((1000,), 1.0, seed=0).all()
    assert not ops.bernoulli((1000,), 0, seed=0).any()


def test_probabilities_that_are_symbolic_or_arrays():
    with tracing(eager(seed=3)):
        number = ops.bernoulli((200,), Variable(0.25)).numpy()
    assert number.dtype == np.bool_
    np.testing.assert_array_equal(number, ops.bernoulli((200,), 0.25, seed=3))
    several = ops.bernoulli((300, 2), np.array([0.0, 1.0], "float32"), seed=0)
    np.testing.assert_array_equal(several, np.broadcast_to([False, True], (300, 2)))
    with pytest.raises(ShapeError, match="bernoulli expects shapes that broadcast"):
        ops.bernoulli((2, 3), np.zeros(2), seed=0)
    with pytest.raises(ShapeError, match=r"broadcast to \(1,\); received \(2,\)"):
        ops.bernoulli((1,), np.zeros(2), seed=0)


@pytest.mark.parametrize(
    ("rate", "bits", "k"),
    [
        (0.5, 16, 2**15), (0.1, 16, 58982), (0.9, 16, 6554), (2.0**-16, 16, 2**16 - 1), (1 - 2.0**-10, 16, 64),
        (0.003, 32, round(0.997 * 2**32)), (1 - 2.0**-20, 32, 2**12), (2.0**-20, 32, 2**32 - 2**12),
        (1e-17, 32, 2**32), (1 - 2.0**-53, 32, 1),
    ],
)  # fmt: skip
def test_how_finely_a_rate_is_resolved(rate, bits, k):
    trace = Trace(RuntimeScalar("seed", lambda: 0, "int64"), RuntimeScalar("step", lambda: 0, "int64"))
    with tracing(trace):
        dropped = ops.dropout(make_input((4,), np.dtype("float32")), rate)
    (mask,) = [node for node in Graph((), (dropped,)).nodes() if node.op.name == "random_mask"]
    assert (mask.attrs["bits"], mask.attrs["threshold"]) == (bits, k)
    for chance, wanted in ((k / 2**bits, 1 - rate), (1 - k / 2**bits, rate)):
        assert abs(chance - wanted) <= max(wanted / 1024, 2.0**-32)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9, 0.995])
def test_dropped_numbers_are_as_many_as_expected_and_spread_evenly(rate):
    n = 2**19
    y = ops.dropout(np.ones(n, "float32"), rate, seed=4)
    assert y.dtype == np.float32
    assert len(np.unique(y)) == 2
    kept, deviation = y != 0, np.sqrt(rate * (1 - rate))
    assert abs(kept.mean() - (1 - rate)) < 4 * deviation / np.sqrt(n)
    assert abs(y.mean(dtype="float64") - 1) < 4 * np.sqrt(rate / (1 - rate) / n)
    for place in kept.reshape(-1, 8).T:  # each part of a block
        assert abs(place.mean() - (1 - rate)) < 4.5 * deviation / np.sqrt(n / 8)
    centred = kept - kept.mean()
    for lag in (1, 2, 3, 4, 7, 8, 16):
        assert abs((centred[lag:] * centred[:-lag]).mean()) < 4.5 * deviation**2 / np.sqrt(n)


def test_dropout_of_other_inputs():
    assert ops.dropout([[1.0, 2.0]], 0.5, seed=0).shape == (1, 2)
    x = np.ones(9, "float64")
    np.testing.assert_array_equal(ops.dropout(x, 0.3, seed=1) != 0, ops.dropout(x.astype("f4"), 0.3, seed=1) != 0)
    assert ops.dropout(x, 0.3, seed=1).dtype == np.float64
    assert ops.dropout(x, 0) is x
    for rate in (-0.1, 1, 1.5, np.nan, np.float32(0.5), "0.5"):
        with pytest.raises(DataError, match=r"dropout expects a number in \[0, 1\) as rate; received"):
            ops.dropout(x, rate, seed=0)


@pytest.mark.parametrize(
    "function",
    [ops.uniform, ops.normal, lambda shape: ops.bernoulli(shape, 0.5), lambda shape: ops.dropout(np.ones(shape), 0.5)],
)
def test_outside_a_trace_a_seed_is_needed(function):
    with pytest.raises(TraceError, match=r"Pass seed=…"):
        function((2, 2))


def test_a_seed_of_ones_own_inside_a_trace():
    with tracing(eager(seed=1)):
        mine = ops.uniform((5,), seed=7).numpy()
    with tracing(eager(seed=2)):
        np.testing.assert_array_equal(ops.uniform((5,), seed=7).numpy(), mine)
    np.testing.assert_array_equal(ops.uniform((5,), seed=7), mine)
    with tracing(eager(step=1)):
        assert (ops.uniform((5,), seed=7).numpy() != mine).any()


def test_arguments_are_checked():
    with pytest.raises(DataError, match=r"p=1\.5"):
        ops.bernoulli((2,), 1.5, seed=0)
    with pytest.raises(DataError, match=r"an int of 64 bits as seed; received 0\.5"):
        ops.uniform((2,), seed=0.5)
    with pytest.raises(DataError, match="64 bits"):
        ops.uniform((2,), seed=2**63)
    with pytest.raises(DTypeError, match="float32 or float64"):
        ops.normal((2,), dtype="int32", seed=0)
    with pytest.raises(ShapeError, match="expects a shape"):
        ops.uniform("ab", seed=0)
    with pytest.raises(ShapeError, match="0 or more"):
        ops.uniform((-1,), seed=0)


def test_shapes():
    assert ops.uniform(3, seed=0).shape == (3,)
    assert ops.uniform((), seed=0).shape == ()
    assert ops.normal((0, 2), seed=0).shape == (0, 2)
    x = make_input((2,), np.dtype("float32"))
    with tracing(Trace()):
        assert (x * ops.uniform((3, 2))).shape == (3, 2)
