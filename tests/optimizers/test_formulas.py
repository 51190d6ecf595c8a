"""Every optimizer: ten steps on two variables against its definition, all its arguments, and its configuration."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Variable, registry
from nbnet.errors import ArgumentError
from nbnet.optimizers import Adagrad, Adam, AdamW, Lion, Nadam
from nbnet.optimizers.optimizer import Optimizer
from nbnet.schedules import CosineDecay
from tests.naive.optimizers import FORMULAS
from tests.optimizers.applied import agree, by_variable, gradients, path, variables

ARGUMENTS = {
    "adadelta": [{"rho": 0.8, "epsilon": 1e-3}],
    "adagrad": [{"initial_accumulator_value": 0.5, "epsilon": 1e-2}, {"initial_accumulator_value": 0.0}],
    "adam": [{"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}, {"amsgrad": True, "beta_2": 0.5}],
    "adamax": [{"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}],
    "adamw": [{"weight_decay": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}, {"amsgrad": True, "beta_2": 0.5}],
    "lion": [{"beta_1": 0.5, "beta_2": 0.7}],
    "nadam": [{"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}],
    "rmsprop": [{"rho": 0.8, "momentum": 0.5, "epsilon": 1e-2}, {"centered": True, "epsilon": 1e-2}],
    "sgd": [{"momentum": 0.8}, {"momentum": 0.8, "nesterov": True}],
}
CASES = [(name, arguments) for name, cases in ARGUMENTS.items() for arguments in ({}, *cases)]
KERAS_DEFAULTS = {
    "adadelta": {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7},
    "adagrad": {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
    "adam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
    "adamax": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    "adamw": {"learning_rate": 0.001, "weight_decay": 0.004, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7,
              "amsgrad": False},
    "lion": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.99},
    "nadam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    "rmsprop": {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    "sgd": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
}  # fmt: skip
SHARED = {
    "name": None, "weight_decay": None, "exclude_from_weight_decay": None, "clipnorm": None, "clipvalue": None,
    "global_clipnorm": None, "use_ema": False, "ema_momentum": 0.99, "ema_overwrite_frequency": None,
    "gradient_accumulation_steps": None, "groups": None,
}  # fmt: skip


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_every_optimizer_has_a_definition_and_cases(name):
    assert name in FORMULAS
    assert name in ARGUMENTS
    assert registry.optimizers.get(name)().get_config() == {**SHARED, **KERAS_DEFAULTS[name]}


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=[f"{name}-{list(given)}" for name, given in CASES])
def test_ten_steps(name, arguments):
    optimizer, weights, grads = registry.optimizers.get(name)(0.1, **arguments), variables(), gradients()
    expected = by_variable(
        FORMULAS[name](weight.numpy(), [given[index] for given in grads], 0.1, **arguments)
        for index, weight in enumerate(weights)
    )
    agree(path(optimizer, weights, grads), expected)
    assert optimizer.iterations == 10


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_ten_steps_of_a_schedule_compiled_in_float32(name):
    schedule = CosineDecay(0.1, 10, 0.1)
    optimizer, weights, grads = registry.optimizers.get(name)(schedule), variables("float32"), gradients()
    rates = [schedule(step) for step in range(10)]
    expected = by_variable(
        FORMULAS[name](weight.numpy().astype("float64"), [given[index] for given in grads], rates)
        for index, weight in enumerate(weights)
    )
    agree(path(optimizer, weights, grads, eager=False), expected, rtol=2e-6)


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_zero_gradients_leave_finite_numbers(name):
    weights = variables("float32")
    before = [weight.numpy() for weight in weights]
    zeros = [[np.zeros(weight.shape) for weight in weights]] * 3
    optimizer = registry.optimizers.get(name)(weight_decay=0.0)
    assert path(optimizer, weights, zeros)
    for weight, value in zip(weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=[f"{name}-{list(given)}" for name, given in CASES])
def test_config(name, arguments):
    optimizer = registry.optimizers.get(name)(
        CosineDecay(0.1, 10), **arguments, name="mine", clipnorm=2.0, use_ema=True, ema_momentum=0.5,
        ema_overwrite_frequency=3, gradient_accumulation_steps=2, groups={"*/bias": {"lr_scale": 0.5}},
    )  # fmt: skip
    optimizer.exclude_from_weight_decay(var_names=["gamma"])
    found = type(optimizer).from_config(optimizer.get_config())
    assert repr(found) == repr(optimizer)
    assert "exclude_from_weight_decay=['gamma']" in repr(found)
    assert found.slots_for(variables()[0]) == optimizer.slots_for(variables()[0])


def test_the_product_of_the_warmed_momenta_does_not_depend_on_the_way():
    walked, jumped = Nadam(), Nadam()
    for step in range(2000):
        last = walked.scalars(step, 0.1)
        if step in (0, 1, 17, 300, 500):
            assert jumped.scalars(step, 0.1) == last
            jumped.scalars(3, 0.1)
    assert jumped.scalars(1999, 0.1) == last
    assert last["mean_rate"] == pytest.approx(0.1 * 0.9)


def test_adagrad_sees_its_initial_value_in_each_slot():
    optimizer, weight = Adagrad(initial_accumulator_value=0.25), Variable(np.zeros((2, 2), "float32"))
    np.testing.assert_array_equal(optimizer.slots(weight)["sum_of_squares"].numpy(), np.full((2, 2), 0.25, "float32"))


def test_a_name_of_a_slot_is_taken_once():
    class Own(Optimizer):
        slot_names = ("average",)

        def update(self, param, grad, slots, scalars):
            return param, {}

    assert Own(0.1).slots_for(Variable(np.zeros(1))) == ("average",)
    with pytest.raises(ValueError, match="two slots of one name: average, average"):
        Own(0.1, use_ema=True).build([Variable(np.zeros(1))])


def test_an_optimizer_of_ones_own_takes_what_it_says():
    class Plain(Optimizer):
        def __init__(self, learning_rate=0.5):
            super().__init__(learning_rate)

        def update(self, param, grad, slots, scalars):
            return param - scalars["learning_rate"] * grad, {}

    weight = Variable(np.ones(2))
    Plain().apply(0.0, [np.ones(2)], [weight])
    np.testing.assert_array_equal(weight.numpy(), [0.5, 0.5])
    with pytest.raises(ArgumentError, match="Plain takes no argument 'use_ema'"):
        Plain(use_ema=True)
    with pytest.raises(NotImplementedError, match="Optimizer defines no update"):
        Optimizer().apply(0.0, [np.ones(2)], [weight])


REFUSED = [
    (lambda: AdamW(weight_decay=None), "AdamW expects weight_decay >= 0; received None"),
    (lambda: Adam(weight_decay=-1), "Adam expects weight_decay >= 0; received -1"),
    (lambda: Adagrad(initial_accumulator_value=-1), "initial_accumulator_value >= 0"),
    (lambda: Lion(beta_2=1.0), r"beta_2 in \[0, 1\)"),
    (lambda: Adam(use_ema=True, ema_momentum=1.5), r"ema_momentum in \[0, 1\]"),
    (lambda: Adam(use_ema=True, ema_overwrite_frequency=1.5), "ema_overwrite_frequency to be an integer >= 1"),
    (lambda: Adam(gradient_accumulation_steps=2.5), "gradient_accumulation_steps to be an integer >= 1"),
    (lambda: Adam(gradient_accumulation_steps=-1), "gradient_accumulation_steps to be an integer >= 1"),
    (lambda: Adam(clipnorm=0.0), "clipnorm > 0; received 0.0"),
    (lambda: Adam(clipvalue=float("nan")), "clipvalue > 0"),
    (lambda: Adam(clipnorm=1.0, global_clipnorm=2.0), "clips in one way.*received clipnorm=1.0, global_clipnorm=2.0"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_unknown_arguments():
    with pytest.raises(ArgumentError, match=r"Adam takes no argument 'clip_norm'\. Did you mean 'clipnorm'"):
        Adam(clip_norm=1.0)
    with pytest.raises(ArgumentError, match=r"Adam takes no argument 'loss_scale_factor'.* float32"):
        Adam(loss_scale_factor=128.0)
