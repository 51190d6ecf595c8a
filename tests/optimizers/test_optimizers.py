"""Optimizers against plain loops, schedules, settable learning rates and guarded updates."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Variable, optimizers, registry
from nbnet.errors import NonFiniteError, ShapeError, UnknownNameError
from nbnet.graph import ops
from nbnet.optimizers import SGD, Adam, RMSprop
from nbnet.runtime.function import Function
from nbnet.schedules import ExponentialDecay
from tests.naive import optimizers as naive

GRADS = [0.5, -1.0, 0.25, 3.0, -0.125, 0.0, 1e-3]
CASES = [
    (SGD(0.1), naive.sgd, {"rate": 0.1}),
    (SGD(0.1, momentum=0.9), naive.sgd, {"rate": 0.1, "momentum": 0.9}),
    (SGD(0.1, momentum=0.9, nesterov=True), naive.sgd, {"rate": 0.1, "momentum": 0.9, "nesterov": True}),
    (RMSprop(0.01), naive.rmsprop, {"rate": 0.01}),
    (RMSprop(0.01, rho=0.8, momentum=0.5), naive.rmsprop, {"rate": 0.01, "rho": 0.8, "momentum": 0.5}),
    (RMSprop(0.01, centered=True, epsilon=1e-3), naive.rmsprop, {"rate": 0.01, "centered": True, "epsilon": 1e-3}),
    (Adam(0.01), naive.adam, {"rate": 0.01}),
    (Adam(0.01, beta_1=0.5, beta_2=0.9, epsilon=1e-3), naive.adam,
     {"rate": 0.01, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}),
    (Adam(0.01, amsgrad=True), naive.adam, {"rate": 0.01, "amsgrad": True}),
]  # fmt: skip


def apply(optimizer, variables, eager=True):
    """A step with given gradients."""

    def step(loss, *grads):
        optimizer.apply(loss, grads, variables)

    return Function(step, eager=eager)


@pytest.mark.parametrize(("optimizer", "formula", "arguments"), CASES, ids=lambda item: str(item)[:40])
def test_against_plain_loop(optimizer, formula, arguments):
    optimizer = type(optimizer).from_config(optimizer.get_config())
    weight = Variable(np.full((2, 3), 1.5), name="w")
    step = apply(optimizer, [weight])
    for expected, grad in zip(formula(1.5, GRADS, **arguments), GRADS, strict=True):
        step(0.0, np.full((2, 3), grad))
        np.testing.assert_allclose(weight.numpy(), np.full((2, 3), expected), rtol=1e-6)
    assert optimizer.iterations == len(GRADS)


@pytest.mark.parametrize("eager", [True, False])
def test_centered_rmsprop_survives_a_constant_gradient(eager):
    # The variance of such a gradient is 0, and below it by rounding: more than epsilon for large gradients.
    weight = Variable(np.zeros(64, "float32"))
    step = apply(RMSprop(0.01, centered=True), [weight], eager)
    for _ in range(200):
        step(np.float32(0), np.linspace(1, 1000, 64, dtype="float32"))
    assert np.isfinite(weight.numpy()).all()


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_compiled_equals_eager(name):
    values = []
    for eager in (True, False):
        rng = np.random.default_rng(0)
        weights = [Variable(rng.normal(size=shape).astype("float32")) for shape in ((5, 3), (3,))]
        step = apply(optimizers.get(name), weights, eager)
        for _ in range(3):
            step(np.float32(0), *(rng.normal(size=weight.shape).astype("float32") for weight in weights))
        values.append([weight.numpy() for weight in weights])
    for one, other in zip(*values, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_minimises_a_parabola(name):
    weight = Variable(np.array([3.0, -2.0], "float32"))
    optimizer = optimizers.get(name)
    optimizer.learning_rate = {"adadelta": 30.0, "adagrad": 0.5}.get(name, 0.05)  # these two take small steps

    def step():
        from nbnet.graph.gradient import gradients

        loss = ops.sum(ops.square(weight))
        optimizer.apply(loss, gradients(loss, [weight]), [weight])
        return loss

    run = Function(step, eager=True)
    values = [float(run()) for _ in range(300)]
    assert values[-1] < 1e-2 * values[0]


def test_learning_rate_changes_without_a_new_plan():
    weight = Variable(np.zeros(2, "float32"))
    optimizer = SGD(1.0)
    step = apply(optimizer, [weight], eager=False)
    step(np.float32(0), np.ones(2, "float32"))
    optimizer.learning_rate = 0.25
    step(np.float32(0), np.ones(2, "float32"))
    np.testing.assert_array_equal(weight.numpy(), [-1.25, -1.25])
    assert len(step._plans) == 1


def test_schedule():
    decay = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    assert decay(0) == 0.1
    assert decay(5) == pytest.approx(0.1 * 0.5**0.5)
    assert ExponentialDecay(0.1, 10, 0.5, staircase=True)(19) == 0.05
    weight = Variable(np.zeros(1, "float64"))
    optimizer = SGD(ExponentialDecay(1.0, 1, 0.5))
    step = apply(optimizer, [weight])
    for _ in range(3):
        step(0.0, np.ones(1))
    assert weight.numpy()[0] == -1.75
    assert optimizer.learning_rate == 0.125
    with pytest.raises(ValueError, match="decay_steps > 0"):
        ExponentialDecay(0.1, 0, 0.5)
    with pytest.raises(ValueError, match="decay_rate > 0"):
        ExponentialDecay(0.1, 1, -0.5)


@pytest.mark.parametrize("eager", [True, False])
def test_a_gradient_that_is_not_finite_changes_nothing(eager):
    weights = [Variable(np.ones(3, "float32"), name="a"), Variable(np.ones(2, "float32"), name="b")]
    optimizer = Adam(0.1)
    step = apply(optimizer, weights, eager)
    step(np.float32(0), np.ones(3, "float32"), np.ones(2, "float32"))
    before = [weight.numpy() for weight in weights]
    slots = [slot.numpy() for weight in weights for slot in optimizer.slots(weight).values()]
    with pytest.raises(NonFiniteError, match="'adam' was not written"):
        step(np.float32(0), np.ones(3, "float32"), np.array([1, np.inf], "float32"))
    with pytest.raises(NonFiniteError):
        step(np.float32("nan"), np.ones(3, "float32"), np.ones(2, "float32"))
    for weight, value in zip(weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    for slot, value in zip((s for w in weights for s in optimizer.slots(w).values()), slots, strict=True):
        np.testing.assert_array_equal(slot.numpy(), value)
    assert optimizer.iterations == 1


def test_two_optimizers_in_a_step_keep_their_own_count():
    first, second = Variable(np.ones(2)), Variable(np.ones(2))
    a, b = SGD(0.5), SGD(0.25)

    def step(x):
        a.apply(ops.sum(x), [x], [first])
        b.apply(ops.sum(x), [x], [second])
        b.apply(ops.sum(x), [x], [second])

    Function(step, eager=True)(np.ones(2))
    np.testing.assert_array_equal(first.numpy(), [0.5, 0.5])
    np.testing.assert_array_equal(second.numpy(), [0.5, 0.5])
    assert (a.iterations, b.iterations) == (1, 2)


def test_outside_a_trace_it_applies_at_once():
    weight = Variable(np.ones(2))
    optimizer = SGD(0.5, momentum=0.5)
    optimizer.apply(np.float64(0), [np.ones(2)], [weight])
    np.testing.assert_array_equal(weight.numpy(), [0.5, 0.5])
    assert optimizer.iterations == 1


def test_arguments():
    assert isinstance(optimizers.get("Adam"), Adam)
    assert isinstance(optimizers.get("RMSprop"), RMSprop)
    assert isinstance(optimizers.get(SGD), SGD)
    with pytest.raises(UnknownNameError, match="adam"):
        optimizers.get("adm")
    with pytest.raises(ValueError, match=r"momentum in \[0, 1\)"):
        SGD(momentum=1.0)
    for rate in (-1, float("nan"), "fast", True):
        with pytest.raises(ValueError, match="learning rate"):
            SGD(rate)
    with pytest.raises(ShapeError, match=r"gradient of shape \(2,\) for variable 'w'"):
        SGD().apply(0.0, [np.ones(3)], [Variable(np.ones(2), name="w")])
    with pytest.raises(ShapeError, match="a gradient for each of 1 variables; received 0"):
        SGD().apply(0.0, [], [Variable(np.ones(2))])


def test_repr_shows_all_arguments():
    text = repr(RMSprop(rho=0.5))
    assert text == "RMSprop(learning_rate=0.001, rho=0.5, momentum=0.0, epsilon=1e-07, centered=False)"
