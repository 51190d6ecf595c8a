"""Groups of variables, frozen ones, and layers that are trained later than others."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import Variable, ops, registry
from nbnet.errors import ArgumentError
from nbnet.graph.gradient import gradients as gradients_of
from nbnet.layers import Dense
from nbnet.optimizers import SGD, Adam, AdamW
from tests.naive import optimizers as naive
from tests.optimizers.applied import agree, by_variable, gradients, path, variables


@pytest.mark.parametrize(
    ("name", "eager"), [*((name, True) for name in registry.optimizers.names()), ("adam", False), ("nadam", False)]
)
def test_scale_and_decay(name, eager):
    groups = {"*/bias": {"lr_scale": 0.1, "weight_decay": 0.0}, "dense*": {"lr_scale": 2.0}}
    dtype = "float64" if eager else "float32"
    optimizer, weights, grads = (
        registry.optimizers.get(name)(0.1, weight_decay=0.5, groups=groups), variables(dtype), gradients()
    )  # fmt: skip
    starts = [weight.numpy().astype("float64") for weight in weights]
    formula = naive.adam if name == "adamw" else naive.FORMULAS[name]
    expected = by_variable(
        formula(start, [g[i] for g in grads], (0.2, 0.01)[i], before=lambda w, rate, i=i: w * (1 - rate * (0.5, 0)[i]))
        for i, start in enumerate(starts)
    )
    agree(path(optimizer, weights, grads, eager), expected, 1e-12 if eager else 2e-6)
    loaded = type(optimizer).from_config(optimizer.get_config())
    agree(path(loaded, variables(dtype), grads, eager), expected, 1e-12 if eager else 2e-6)


def test_the_first_match_counts():
    groups = SGD(groups={"a/*": {"lr_scale": 2.0}, "*": {"lr_scale": 3.0}, "a/b": {"lr_scale": 4.0}}).groups
    assert [groups.of(name).lr_scale for name in ("a/b", "a/c/d", "b/a")] == [2.0, 2.0, 3.0]
    assert SGD().groups.of("a").lr_scale == 1.0


def test_a_group_may_decay_where_the_optimizer_does_not():
    weights = variables()
    optimizer = SGD(0.5, groups={"*/kernel": {"weight_decay": 0.5}})
    zeros = [[np.zeros(weight.shape) for weight in weights]]
    before = [weight.numpy() for weight in weights]
    path(optimizer, weights, zeros)
    np.testing.assert_allclose(weights[0].numpy(), 0.75 * before[0])
    np.testing.assert_array_equal(weights[1].numpy(), before[1])


@pytest.mark.parametrize("eager", [True, False])
def test_a_scale_of_zero_freezes(eager):
    weights, grads = variables("float32"), gradients(3)
    weights[1].constraint = lambda w: w * 0
    before = [weight.numpy() for weight in weights]
    optimizer = Adam(0.1, weight_decay=0.1, global_clipnorm=1.0, use_ema=True, groups={"*bias": {"lr_scale": 0}})
    alone = Adam(0.1, weight_decay=0.1, global_clipnorm=1.0)
    other = Variable(before[0])
    path(optimizer, weights, grads, eager)
    path(alone, [other], [given[:1] for given in grads], eager)
    np.testing.assert_array_equal(weights[1].numpy(), before[1])
    np.testing.assert_array_equal(weights[0].numpy(), other.numpy())  # the frozen gradient is not in the norm
    assert optimizer.has_slots(weights[0])
    assert not optimizer.has_slots(weights[1])
    optimizer.finalize_variable_values(weights)
    np.testing.assert_array_equal(weights[1].numpy(), before[1])


def test_a_schedule_is_scaled():
    weight = Variable(np.zeros(1), name="w")
    optimizer = SGD(registry.schedules.get("step_decay")(1.0, 0.5, 1), groups={"w": {"lr_scale": 0.5}})
    for expected in (-0.5, -0.75, -0.875):
        optimizer.apply(0.0, [np.ones(1)], [weight])
        assert weight.numpy()[0] == expected
    assert optimizer.learning_rate == 0.125


REFUSED = [
    ({"a": {"lr": 0.1}}, ArgumentError, "SGD has a group 'a' with the unknown attribute 'lr'"),
    ({"a": {"lr_scale": -1}}, ValueError, "lr_scale of group 'a' >= 0; received -1"),
    ({"a": {"weight_decay": "no"}}, ValueError, "weight_decay of group 'a' >= 0; received 'no'"),
    ({"a": 0.1}, ValueError, "expects groups such as"),
    ([("a", {})], ValueError, "expects groups such as"),
]


@pytest.mark.parametrize(("groups", "error", "message"), REFUSED, ids=[message for _, _, message in REFUSED])
def test_what_is_refused(groups, error, message):
    with pytest.raises(error, match=message):
        SGD(groups=groups)


def test_a_pattern_that_matches_nothing():
    optimizer = SGD(groups={"*/bias": {}, "dens/*": {"lr_scale": 0.1}})
    with pytest.raises(ArgumentError, match=r"group 'dens/\*' that matches no variable.*dense/kernel, dense/bias"):
        path(optimizer, variables(), gradients(1))


def network():
    """Two layers, the second of which is trained first."""
    return nbnet.Sequential([Dense(4, activation="tanh", name="base", input_shape=(3,)), Dense(2, name="head")])


@pytest.fixture
def data(rng):
    return rng.normal(size=(24, 3)).astype("float32"), rng.normal(size=(24, 2)).astype("float32")


def test_fine_tuning(data):
    model = network()
    base, head = model.layers
    optimizer = Adam(0.01, groups={"base/*": {"lr_scale": 0.1}})
    model.compile(optimizer, "mse")
    base.trainable = False
    before = [weight.numpy() for weight in base.weights]
    model.fit(*data, batch_size=8, epochs=4, verbose=0)
    for weight, value in zip(base.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
        assert not optimizer.has_slots(weight)
    slots = {weight.name: optimizer.slots(weight)["momentum"].numpy() for weight in head.weights}
    assert all(slot.any() for slot in slots.values())

    base.trainable = True
    model.train_on_batch(data[0][:8], data[1][:8])
    assert optimizer.iterations == 13
    for weight in head.weights:  # these went on where they were
        assert not np.array_equal(optimizer.slots(weight)["momentum"].numpy(), slots[weight.name])
    # Adam's first step is as long as the learning rate, here a tenth of it, however late it comes.
    for weight, value in zip(base.weights, before, strict=True):
        np.testing.assert_allclose(np.abs(weight.numpy() - value), 0.001, rtol=1e-2)
    assert optimizer.get_state() == {"iterations": 13, "first/base/kernel": 12, "first/base/bias": 12}

    base.trainable = False
    kept = [weight.numpy() for weight in base.weights]
    moments = [optimizer.slots(weight)["momentum"].numpy() for weight in base.weights]
    model.fit(*data, batch_size=8, verbose=0)
    for weight, value, moment in zip(base.weights, kept, moments, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
        np.testing.assert_array_equal(optimizer.slots(weight)["momentum"].numpy(), moment)


def test_a_late_variable_is_updated_as_an_early_one():
    first, second = Variable(np.zeros(2), name="a"), Variable(np.zeros(2), name="b")
    optimizer, fresh, other = Adam(0.1, use_ema=True), Adam(0.1, use_ema=True), Variable(np.zeros(2))
    for _ in range(5):
        optimizer.apply(0.0, [np.ones(2)], [first])
    for value in (1.0, -2.0, 3.0):
        optimizer.apply(0.0, [np.ones(2), np.full(2, value)], [first, second])
        fresh.apply(0.0, [np.full(2, value)], [other])
        np.testing.assert_array_equal(second.numpy(), other.numpy())
        average = optimizer.slots(second)["average"].numpy()
        np.testing.assert_array_equal(average, fresh.slots(other)["average"].numpy())


def test_gradients_of_frozen_variables_are_not_computed():
    weights = [Variable(np.ones((64, 64), "float32"), name=name) for name in ("a", "b")]
    x = np.ones((8, 64), "float32")

    def products(**arguments):
        optimizer = AdamW(**arguments)

        def step(x):
            loss = ops.mean(ops.tanh(ops.matmul(ops.matmul(x, weights[0]), weights[1])))
            optimizer.apply(loss, gradients_of(loss, weights), weights)

        return sum(entry.spec.family == "matmul" for entry in nbnet.function(step).explain(x).entries)

    assert products(groups={"a": {"lr_scale": 0.0}}) == products() - 2
