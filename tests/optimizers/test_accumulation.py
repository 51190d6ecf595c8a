"""Gradient accumulation: several small batches are one large one, the partial one at the end too."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import Variable, ops, registry
from nbnet.errors import NonFiniteError, TraceError
from nbnet.graph.gradient import gradients as gradients_of
from nbnet.layers import Dense
from nbnet.optimizers import SGD, Adam
from nbnet.runtime.function import Function
from nbnet.schedules import StepDecay
from tests.naive import optimizers as naive
from tests.optimizers.applied import agree, by_variable, gradients, path, stepper, variables


def chunks(grads, samples, sizes):
    """For each update the weighted mean of the gradients of its calls."""
    found, start = [], 0
    for size in sizes:
        part, weights = grads[start : start + size], samples[start : start + size]
        found.append([naive.weighted_mean([g[index] for g in part], weights) for index in range(2)])
        start += size
    return found


def run(optimizer, weights, grads, samples, finish, eager=True):
    """The values after each update; before the calls in `finish` the accumulation is asked to end."""

    def step(n, *given):
        optimizer.apply(ops.sum(given[0]), given, weights, n)

    function, found = Function(step, eager=eager), []
    for call, (given, n) in enumerate(zip(grads, samples, strict=True)):
        if call in finish:
            optimizer.finish_accumulation()
        before = optimizer.iterations
        function(np.asarray(n, weights[0].dtype), *(g.astype(w.dtype) for g, w in zip(given, weights, strict=True)))
        if optimizer.iterations > before:
            found.append([weight.numpy() for weight in weights])
    return found


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_updates_by_the_weighted_mean(name):
    grads, samples = gradients(11), [4, 1, 7, 2, 2, 2, 3, 8, 5, 6, 1]
    rates = StepDecay(0.1, 0.5, 2)
    optimizer, weights = registry.optimizers.get(name)(rates, gradient_accumulation_steps=3), variables()
    found = run(optimizer, weights, grads, samples, finish={6, 10})
    means = chunks(grads, samples, [3, 3, 1, 3, 1])
    expected = by_variable(
        naive.FORMULAS[name](w.numpy(), [g[index] for g in means], [rates(step) for step in range(5)])
        for index, w in enumerate(variables())
    )
    agree(found, expected)
    assert optimizer.iterations == 5


@pytest.mark.parametrize("eager", [True, False])
def test_it_stands_outside_the_whole_chain(eager):
    dtype = "float64" if eager else "float32"
    grads, samples = gradients(5), [1, 2, 3, 4, 5]
    arguments = {"momentum": 0.5, "weight_decay": 0.1, "global_clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.5}
    weights, others = variables(dtype), variables(dtype)
    optimizer, plain = SGD(0.1, gradient_accumulation_steps=2, **arguments), SGD(0.1, **arguments)
    found = run(optimizer, weights, grads, samples, {4}, eager)
    expected = path(plain, others, chunks(grads, samples, [2, 2, 1]), eager)
    tolerance = 1e-12 if eager else 2e-6
    agree(found, expected, tolerance)
    for weight, other in zip(weights, others, strict=True):
        for slot, value in plain.slots(other).items():
            np.testing.assert_allclose(optimizer.slots(weight)[slot].numpy(), value.numpy(), tolerance, tolerance)
        assert not optimizer.slots(weight)["accumulated_gradient"].numpy().any()


def test_between_updates_everything_stands_still():
    optimizer = Adam(
        StepDecay(0.1, 0.5, 1), gradient_accumulation_steps=3, use_ema=True, ema_overwrite_frequency=2, weight_decay=0.1
    )
    weights = variables("float32")
    step = stepper(optimizer, weights, eager=False)

    def state():
        slots = [s.numpy() for w in weights for name, s in optimizer.slots(w).items() if "accumulated" not in name]
        return [*(weight.numpy() for weight in weights), *slots]

    for call, given in enumerate(gradients(7)):
        before, rate = state(), optimizer.learning_rate
        step(*(item.astype("float32") for item in given))
        moved = call % 3 == 2
        assert optimizer.iterations == (call + 1) // 3
        assert (optimizer.learning_rate != rate) == moved
        assert all(np.array_equal(a, b) for a, b in zip(before, state(), strict=True)) != moved


def test_small_batches_equal_a_large_one(rng):
    x, y = rng.normal(size=(22, 3)), rng.normal(size=(22, 1))

    def trained(steps, sizes):
        weight = Variable(np.full((3, 1), 0.5))
        optimizer = SGD(0.1, momentum=0.9, gradient_accumulation_steps=steps)

        def step(x, y):
            loss = ops.mean(ops.square(ops.matmul(x, weight) - y))
            optimizer.apply(loss, gradients_of(loss, [weight]), [weight], samples=x.shape[0])

        function, start = Function(step, eager=True), 0
        for size in sizes:
            if start + size == len(x):
                optimizer.finish_accumulation()
            function(x[start : start + size], y[start : start + size])
            start += size
        return weight.numpy(), optimizer.iterations

    large, updates = trained(None, [8, 8, 6])
    small, same = trained(4, [2] * 11)
    np.testing.assert_allclose(small, large, rtol=1e-12)
    assert updates == same == 3
    uneven, _ = trained(3, [3, 3, 2, 3, 3, 2, 3, 3])
    np.testing.assert_allclose(uneven, large, rtol=1e-12)


def test_fit_applies_the_partial_accumulation_at_the_end_of_an_epoch(rng):
    x, y = rng.normal(size=(22, 3)).astype("float32"), rng.normal(size=(22, 1)).astype("float32")
    found = []
    for steps, batch_size in ((None, 8), (4, 2)):
        model = nbnet.Sequential([Dense(1, kernel_initializer="ones", input_shape=(3,))])
        model.compile(Adam(0.1, gradient_accumulation_steps=steps), "mse", run_eagerly=True)
        model.fit(x, y, batch_size=batch_size, epochs=2, shuffle=False, verbose=0)
        found.append([weight.numpy() for weight in model.weights])
        assert model.optimizer.iterations == 6
    agree(found[1:], found[:1], 1e-5)


def test_finishing_counts_for_one_call():
    weight = Variable(np.zeros(1))
    optimizer = SGD(1.0, gradient_accumulation_steps=3)
    for call, expected in enumerate([0, -1, -1, -1, -2]):
        if call == 1:
            optimizer.finish_accumulation()
        optimizer.apply(0.0, [np.ones(1)], [weight])
        assert weight.numpy()[0] == expected
    SGD().finish_accumulation()  # nothing to finish


def test_one_step_is_no_accumulation():
    assert SGD(gradient_accumulation_steps=1).slots_for(Variable(np.zeros(1))) == ()


def test_samples_of_no_weight_change_nothing():
    weight = Variable(np.ones(1))
    optimizer = SGD(1.0, gradient_accumulation_steps=2)
    for _ in range(2):
        optimizer.apply(0.0, [np.zeros(1)], [weight], samples=0)
    assert weight.numpy()[0] == 1


def test_a_bad_gradient_is_not_accumulated():
    weight = Variable(np.zeros(2, "float32"))
    optimizer = SGD(1.0, gradient_accumulation_steps=2)
    step = stepper(optimizer, [weight], eager=False, samples=3)
    step(np.ones(2, "float32"))
    state = optimizer.get_state()
    with pytest.raises(NonFiniteError):
        step(np.array([1, np.nan], "float32"))
    assert optimizer.get_state() == state == {"iterations": 0, "pending": 1, "accumulated_samples": 3.0}
    step(np.ones(2, "float32"))
    np.testing.assert_array_equal(weight.numpy(), [-1, -1])


def test_twice_in_a_step_is_refused():
    weight = Variable(np.zeros(2))
    optimizer = SGD(1.0, gradient_accumulation_steps=2)

    def step(x):
        optimizer.apply(ops.sum(x), [x], [weight])
        optimizer.apply(ops.sum(x), [x], [weight])

    with pytest.raises(TraceError, match="is applied once in a step"):
        nbnet.function(step)(np.ones(2))
