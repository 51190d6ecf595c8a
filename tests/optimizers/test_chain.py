"""Clipping, weight decay, constraints and averages around the formulas, against float64 definitions."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Variable, ops, registry
from nbnet.errors import NonFiniteError, ShapeError
from nbnet.optimizers import SGD, Adam, AdamW, RMSprop
from nbnet.optimizers.clipping import by_global_norm
from nbnet.schedules import ExponentialDecay
from tests.naive import optimizers as naive
from tests.optimizers.applied import agree, by_variable, gradients, path, stepper, variables

CLIPS = [
    {"clipnorm": 1.0}, {"clipnorm": 1e6}, {"clipvalue": 0.25}, {"global_clipnorm": 1.5}, {"global_clipnorm": 1e6},
]  # fmt: skip


@pytest.mark.parametrize("clip", CLIPS, ids=str)
@pytest.mark.parametrize("eager", [True, False])
def test_clipping(clip, eager):
    weights, grads = variables("float64" if eager else "float32"), gradients()
    short = [naive.clipped(given, **clip) for given in grads]
    if min(clip.values()) < 10:
        assert any(not np.allclose(a, b) for a, b in zip(short[0], grads[0], strict=True))
    expected = by_variable(
        naive.rmsprop(weight.numpy().astype("float64"), [given[index] for given in short], 0.1, momentum=0.5)
        for index, weight in enumerate(weights)
    )
    found = path(RMSprop(0.1, momentum=0.5, **clip), weights, grads, eager)
    agree(found, expected, 1e-12 if eager else 2e-6)


@pytest.mark.parametrize("clip", CLIPS, ids=str)
def test_zeros_are_clipped_to_zeros(clip):
    weights = variables("float32")
    before = [weight.numpy() for weight in weights]
    path(SGD(0.1, **clip), weights, [[np.zeros(weight.shape) for weight in weights]])
    agree([[weight.numpy() for weight in weights]], [before], 0)


def test_nothing_is_clipped_of_nothing():
    assert by_global_norm([], 1.0) == []


def test_clipping_does_not_hide_a_gradient_that_is_not_finite():
    weights = [Variable(np.ones(2, "float32"))]
    with pytest.raises(NonFiniteError):
        path(SGD(0.1, clipvalue=1.0), weights, [[np.array([np.inf, 1.0])]])
    np.testing.assert_array_equal(weights[0].numpy(), [1, 1])


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_weight_decay(name):
    optimizer = registry.optimizers.get(name)(ExponentialDecay(0.1, 5, 0.5), weight_decay=0.25)
    weights, grads = variables(), gradients()
    rates = [0.1 * 0.5 ** (step / 5) for step in range(10)]
    formula = naive.adam if name == "adamw" else naive.FORMULAS[name]
    expected = by_variable(
        formula(weight.numpy(), [g[index] for g in grads], rates, before=lambda w, rate: w - rate * 0.25 * w)
        for index, weight in enumerate(weights)
    )
    agree(path(optimizer, weights, grads), expected)


@pytest.mark.parametrize("how", ["var_list", "var_names", "argument"])
def test_exclusions_from_weight_decay(how):
    def make():
        weights = variables()
        given = {"exclude_from_weight_decay": ["bias"]} if how == "argument" else {}
        optimizer = AdamW(0.1, weight_decay=0.5, **given)
        if how != "argument":
            optimizer.exclude_from_weight_decay(**{how: weights[1:] if how == "var_list" else ["b[ij]as$"]})
        return optimizer, weights

    grads = gradients(3)
    expected = by_variable(
        naive.adamw(weight.numpy(), [g[index] for g in grads], 0.1, weight_decay=(0.5, 0.0)[index])
        for index, weight in enumerate(variables())
    )
    optimizer, weights = make()
    loaded = AdamW.from_config(optimizer.get_config())
    agree(path(optimizer, weights, grads), expected)
    agree(path(loaded, variables(), grads), expected)
    with pytest.raises(ValueError, match="is called before the first step"):
        optimizer.exclude_from_weight_decay(var_names=["kernel"])


def test_what_is_no_exclusion():
    with pytest.raises(ValueError, match="regular expressions, such as 'bias'; received '\\['"):
        AdamW(exclude_from_weight_decay=["["])
    with pytest.raises(ValueError, match="a list of names to exclude from weight decay; received 'bias'"):
        AdamW().exclude_from_weight_decay(var_names="bias")
    optimizer = AdamW()
    optimizer.exclude_from_weight_decay(var_list=[Variable(np.ones(1), name="a.b")])
    assert optimizer.get_config()["exclude_from_weight_decay"] == [r"^a\.b$"]
    optimizer.exclude_from_weight_decay(var_names=[])
    assert optimizer.get_config()["exclude_from_weight_decay"] is None


@pytest.mark.parametrize("eager", [True, False])
def test_constraints_come_after_the_update_and_before_the_average(eager):
    dtype = "float64" if eager else "float32"
    weights, grads = variables(dtype), gradients()
    weights[0].constraint = lambda w: ops.maximum(w, 0.0)
    starts = [weight.numpy().astype("float64") for weight in weights]
    optimizer = SGD(0.5, momentum=0.5, weight_decay=0.1, use_ema=True, ema_momentum=0.75)
    found = path(optimizer, weights, grads, eager)
    expected = by_variable(
        naive.sgd(
            start, [g[index] for g in grads], 0.5, momentum=0.5, before=lambda w, rate: w * (1 - rate * 0.1),
            after=(lambda w, rate: np.maximum(w, 0.0)) if index == 0 else naive.same,
        )
        for index, start in enumerate(starts)
    )  # fmt: skip
    tolerance = 1e-12 if eager else 2e-6
    agree(found, expected, tolerance)
    assert (found[-1][0] == 0).any()
    averages = [optimizer.slots(weight)["average"].numpy() for weight in weights]
    agree([averages], [[naive.averages([e[i] for e in expected], 0.75)[-1] for i in range(2)]], tolerance)


def test_a_constraint_keeps_the_shape():
    weight = Variable(np.ones((2, 2)), name="w")
    weight.constraint = lambda w: ops.sum(w)
    with pytest.raises(ShapeError, match=r"of variable 'w' expects to give shape \(2, 2\).* gave \(\)"):
        SGD().apply(0.0, [np.ones((2, 2))], [weight])


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_moving_averages(name):
    optimizer = registry.optimizers.get(name)(0.1, use_ema=True, ema_momentum=0.9)
    weights, grads = variables(), gradients()
    steps = path(optimizer, weights, grads)
    last = [weight.numpy() for weight in weights]
    expected = [naive.averages([step[index] for step in steps], 0.9)[-1] for index in range(2)]
    with optimizer.averaged(weights):
        agree([[weight.numpy() for weight in weights]], [expected])
    agree([[weight.numpy() for weight in weights]], [last], 0)
    optimizer.finalize_variable_values(weights)
    agree([[weight.numpy() for weight in weights]], [expected])


@pytest.mark.parametrize("eager", [True, False])
def test_averages_overwrite_the_weights(eager):
    optimizer = SGD(0.5, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3)
    weights = [Variable(np.zeros(1, "float32"))]
    found = [float(step[0][0]) for step in path(optimizer, weights, [[np.ones(1)]] * 7, eager)]
    w, average, expected = 0.0, None, []
    for count in range(1, 8):
        w -= 0.5
        average = w if average is None else 0.5 * average + 0.5 * w
        if count % 3 == 0:
            w = average
        expected.append(w)
    assert found == expected
    assert expected[2] != -1.5


def test_averages_are_put_back_after_an_error():
    weight = Variable(np.zeros(2))
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    for _ in range(2):
        optimizer.apply(0.0, [np.ones(2)], [weight])
    seen = []

    def fail():
        seen.append(weight.numpy())
        raise KeyError

    with pytest.raises(KeyError), optimizer.averaged([weight]):
        fail()
    np.testing.assert_array_equal(seen, [[-1.5, -1.5]])
    np.testing.assert_array_equal(weight.numpy(), [-2, -2])


def test_averages_that_are_not_there():
    weight = Variable(np.ones(2))
    with pytest.raises(ValueError, match=r"Make it with use_ema=True, as in Adam\(use_ema=True\)"), Adam().averaged([]):
        pass
    Adam().finalize_variable_values([weight])
    optimizer = Adam(use_ema=True)
    optimizer.build([weight])
    weight.assign(np.full(2, 5.0))  # as when weights are loaded before the first step
    optimizer.finalize_variable_values([weight])
    with optimizer.averaged([weight]):
        np.testing.assert_array_equal(weight.numpy(), [5, 5])


def test_a_step_with_the_whole_chain_compiles_once():
    optimizer = Adam(
        0.1, weight_decay=0.1, global_clipnorm=1.0, use_ema=True, ema_overwrite_frequency=2,
        gradient_accumulation_steps=2,
    )  # fmt: skip
    weights = variables("float32")
    step = stepper(optimizer, weights, eager=False)
    for given in gradients():
        step(*(item.astype("float32") for item in given))
    assert len(step._plans) == 1
    assert optimizer.iterations == 5
