"""Training goes on with the same bits after saving and loading, for every optimizer and every link of the chain."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import Variable, registry
from nbnet.layers import Dense
from nbnet.optimizers import Adam, Optimizer
from nbnet.schedules import CosineDecay
from tests.optimizers.applied import gradients, path, variables

CHAINS = [
    {"clipnorm": 0.5},
    {"clipvalue": 0.1},
    {"global_clipnorm": 0.5},
    {"weight_decay": 0.1, "exclude_from_weight_decay": ["bias"]},
    {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 3},
    {"groups": {"*/bias": {"lr_scale": 0.5, "weight_decay": 0.1}, "dense/*": {"lr_scale": 0.0}}},
    {"groups": {"*/bias": {"lr_scale": 0.5}}, "weight_decay": 0.1, "global_clipnorm": 0.5, "use_ema": True,
     "gradient_accumulation_steps": 3},
]  # fmt: skip
CASES = [(name, {}) for name in registry.optimizers.names()] + [("adam", chain) for chain in CHAINS]
CASES += [("sgd", {"use_ema": True}), ("sgd", {"gradient_accumulation_steps": 3}), ("rmsprop", {"momentum": 0.9})]


def resumed(optimizer, weights):
    """A new optimizer and new variables in the same state, by nothing but what is saved."""
    others, found = variables(), type(optimizer).from_config(optimizer.get_config())
    for weight, other in zip(weights, others, strict=True):
        other.assign(weight.numpy())
        if optimizer.has_slots(weight):
            assert set(optimizer.slots(weight)) == set(found.slots_for(other))
            for slot, value in optimizer.slots(weight).items():
                found.slots(other)[slot].assign(value.numpy())
    found.set_state(optimizer.get_state())
    return found, others


@pytest.mark.parametrize(("name", "chain"), CASES, ids=lambda item: str(item)[:40])
@pytest.mark.parametrize("at", [1, 4])
def test_the_same_bits(name, chain, at):
    optimizer, weights, grads = registry.optimizers.get(name)(CosineDecay(0.1, 10), **chain), variables(), gradients()
    path(optimizer, weights, grads[:at])
    found, others = resumed(optimizer, weights)
    for one, other in zip(path(optimizer, weights, grads[at:]), path(found, others, grads[at:]), strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    assert found.get_state() == optimizer.get_state()


def test_a_late_variable_goes_on():
    optimizer, weights, grads = Adam(0.1), variables(), gradients()
    path(optimizer, weights[:1], [given[:1] for given in grads[:3]])
    path(optimizer, weights, grads[3:5])
    assert optimizer.get_state() == {"iterations": 5, "first/dense/bias": 3}
    found, others = resumed(optimizer, weights)
    for one, other in zip(path(optimizer, weights, grads[5:]), path(found, others, grads[5:]), strict=True):
        np.testing.assert_array_equal(one[1], other[1])


def test_without_slots_a_variable_has_no_beginning():
    class Fading(Optimizer):
        def scalars(self, step, learning_rate):
            return {"learning_rate": learning_rate / (step + 1)}

        def update(self, param, grad, slots, scalars):
            return param - scalars["learning_rate"] * grad, {}

    optimizer, weights, grads = Fading(1.0), [Variable(np.zeros(1), name=name) for name in "ab"], [np.ones(1)] * 2
    optimizer.apply(0.0, grads[:1], weights[:1])
    optimizer.apply(0.0, grads, weights)
    assert [float(weight.numpy()[0]) for weight in weights] == [-1.5, -0.5]
    assert optimizer.get_state() == {"iterations": 2}


def test_a_state_is_kept_for_variables_that_come():
    found, weights = Adam(0.1), variables()
    found.set_state({"iterations": 9, "first/dense/bias": 4})
    path(found, weights, gradients(1))
    assert found.get_state() == {"iterations": 10, "first/dense/kernel": 9, "first/dense/bias": 4}


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "7", True, None])
def test_a_state_that_is_none(value):
    with pytest.raises(ValueError, match="The state of adam holds numbers >= 0; received iterations="):
        Adam().set_state({"iterations": value})


@pytest.mark.parametrize(("name", "chain"), CASES, ids=lambda item: str(item)[:40])
def test_a_model_goes_on_after_loading(name, chain, tmp_path, rng):
    x, y = rng.normal(size=(18, 3)).astype("float32"), rng.normal(size=(18, 2)).astype("float32")
    model = nbnet.Sequential([Dense(4, activation="tanh", input_shape=(3,), name="dense"), Dense(2, name="last")])
    model.compile(registry.optimizers.get(name)(0.01, **chain), "mse", run_eagerly=True)
    model.fit(x, y, batch_size=6, epochs=1, verbose=0)
    model.train_on_batch(x[:6], y[:6])
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet")
    for each in (model, found):
        each.fit(x, y, batch_size=6, epochs=1, verbose=0)
    for one, other in zip(model.weights, found.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert repr(found.optimizer) == repr(model.optimizer)
