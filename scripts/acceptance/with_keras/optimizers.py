"""Optimizers beside those of Keras: weights and slots after each of ten steps, and a model that is saved half-way."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

import nbnet
from acceptance import own, samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry, Known
from acceptance.with_keras import peer
from nbnet import optimizers as nb
from nbnet import schedules

ko = keras.optimizers
STEPS = 10
SHAPES = {"kernel": (4, 3), "bias": (3,)}

Slots = Mapping[str, str]
"""A slot of nbnet → the attribute of Keras' optimizer that holds it for each variable."""

AVERAGES = {"average": "_model_variables_moving_average"}
SUMS = {"accumulated_gradient": "_accumulated_gradients"}

CALLS = Known(
    "Keras moves the averages at each call, also where gradients are only accumulated; nbnet moves them at each "
    "update, and has none before the first.",
    within=1.0,
)


def case(name: str, slots: Slots, known: Known | None = None, label: str = "", **arguments: Any) -> Case:
    """Ten steps by the same gradients."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        ours = getattr(nb, name)(**{key: _schedule(value, schedules) for key, value in arguments.items()})
        theirs = getattr(ko, name)(**{key: _schedule(value, ko.schedules) for key, value in _for_keras(arguments)})
        _exclude(theirs, arguments)
        weights = {key: samples.normal(shape, dtype, 7) for key, shape in SHAPES.items()}
        own_variables = [nbnet.Variable(value.copy(), name=key) for key, value in weights.items()]
        variables = [keras.Variable(value, dtype=dtype, name=key) for key, value in weights.items()]
        step = own.stepper(ours, own_variables)
        found, expected = [], []
        for index in range(STEPS):
            grads = [samples.normal(shape, dtype, 8, index) for shape in SHAPES.values()]
            step(*grads)
            theirs.apply(grads, variables)
            for place, (variable, other) in enumerate(zip(own_variables, variables, strict=True)):
                held = ours.slots(variable)
                if set(held) != set(slots):
                    raise AssertionError(f"{name} has slots {set(held)}; compared are {set(slots)}.")
                found += [variable.numpy(), *(held[slot].numpy() for slot in slots)]
                expected += [np.asarray(other), *(np.asarray(getattr(theirs, slots[slot])[place]) for slot in slots)]
        return {"steps": errors(found, expected)}

    told = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return Case(label or f"{name}({told})", compare, known)


def _schedule(value: Any, library: Any) -> Any:
    """The learning rate that falls, of one library."""
    return library.ExponentialDecay(0.1, 3, 0.5) if value == "falling" else value


def _for_keras(arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Without what Keras has as a method."""
    return [item for item in arguments.items() if item[0] != "exclude_from_weight_decay"]


def _exclude(optimizer: Any, arguments: Mapping[str, Any]) -> None:
    """Exclude variables from weight decay where that is asked for."""
    if "exclude_from_weight_decay" in arguments:
        optimizer.exclude_from_weight_decay(var_names=arguments["exclude_from_weight_decay"])


def through_a_file(name: str, **arguments: Any) -> Case:
    """Five steps of a model, saving and loading it, and five more, beside ten of Keras without a stop."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        x, y = samples.normal((STEPS, 6, 4), dtype, 1), samples.normal((STEPS, 6, 3), dtype, 2)
        ours = nbnet.Sequential([nbnet.Input((4,), dtype), nbnet.layers.Dense(3, dtype=dtype)])
        theirs = keras.Sequential([keras.Input((4,), dtype=dtype), keras.layers.Dense(3)])
        theirs.set_weights(ours.get_weights())
        ours.compile(getattr(nb, name)(**arguments), "mse")
        theirs.compile(getattr(ko, name)(**arguments), "mse")
        found, expected = [], []
        for index in range(STEPS):
            if index == STEPS // 2:
                with tempfile.TemporaryDirectory() as folder:
                    ours.save(Path(folder) / "half.nbnet")
                    ours = nbnet.load(Path(folder) / "half.nbnet")
            found.append(ours.train_on_batch(x[index], y[index]))
            expected.append(theirs.train_on_batch(x[index], y[index]))
        after = errors(ours.get_weights(), theirs.get_weights())
        return {"restored": max(after, error(np.array(found, dtype), np.array(expected, dtype)))}

    return Case(f"{name}, saved and loaded after five of ten steps", compare)


def every(name: str, slots: Slots, *variants: Mapping[str, Any], **arguments: Any) -> list[Case]:
    """The defaults, variants, and each link of the chain around the formula."""
    fast = {"learning_rate": 0.05, **arguments}
    return [
        case(name, slots, **arguments),
        *(case(name, {**slots, **item.get("slots", {})}, **{**fast, **item["with"]}) for item in variants),
        case(name, slots, **{"learning_rate": "falling", **arguments}),
        case(name, slots, **{**fast, "weight_decay": 0.1, "exclude_from_weight_decay": ["bias"], "clipvalue": 0.7}),
        case(name, {**slots, **AVERAGES}, **{**fast, "clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.8}),
        case(
            name,
            {**slots, **AVERAGES},
            **{**fast, "weight_decay": 0.1, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 4},
        ),
        case(name, {**slots, **SUMS}, **{**fast, "global_clipnorm": 0.5, "gradient_accumulation_steps": 3}),
        through_a_file(name, **fast),
    ]


MEANS = {"momentum": "_momentums", "velocity": "_velocities"}

TABLE: Mapping[str, Entry] = {
    "sgd": [
        *every("SGD", {}),
        case("SGD", {"velocity": "momentums"}, learning_rate=0.05, momentum=0.9),
        case("SGD", {"velocity": "momentums"}, learning_rate=0.05, momentum=0.9, nesterov=True),
        through_a_file("SGD", learning_rate=0.05, momentum=0.9),
        case(
            "SGD",
            {**AVERAGES, **SUMS},
            CALLS,
            learning_rate=0.05,
            use_ema=True,
            ema_momentum=0.5,
            gradient_accumulation_steps=3,
        ),
    ],
    "rmsprop": [
        *every("RMSprop", {"mean_square": "_velocities"}),
        case("RMSprop", {"mean_square": "_velocities", "velocity": "_momentums"}, momentum=0.9, learning_rate=0.01),
        case(
            "RMSprop",
            {"mean_square": "_velocities", "velocity": "_momentums", "mean_gradient": "_average_gradients"},
            momentum=0.5,
            centered=True,
            rho=0.8,
            epsilon=1e-3,
            learning_rate=0.01,
        ),
    ],
    "adam": [
        *every("Adam", MEANS),
        case("Adam", {**MEANS, "largest": "_velocity_hats"}, learning_rate=0.05, amsgrad=True, beta_2=0.5),
        case("Adam", MEANS, learning_rate=0.05, beta_1=0.5, beta_2=0.9, epsilon=1e-2),
    ],
    "adamw": [
        case("AdamW", MEANS),
        case("AdamW", MEANS, learning_rate=0.05, weight_decay=0.1),
        case("AdamW", MEANS, learning_rate=0.05, weight_decay=0.1, exclude_from_weight_decay=["bias"]),
        case("AdamW", {**MEANS, "largest": "_velocity_hats"}, learning_rate="falling", amsgrad=True, clipnorm=0.5),
        case("AdamW", {**MEANS, **SUMS}, learning_rate=0.05, gradient_accumulation_steps=2),
        through_a_file("AdamW", learning_rate=0.05),
    ],
    "adagrad": [
        *every("Adagrad", {"sum_of_squares": "_accumulators"}),
        case("Adagrad", {"sum_of_squares": "_accumulators"}, initial_accumulator_value=0.0, epsilon=1e-3),
    ],
    "adadelta": [
        *every("Adadelta", {"mean_square": "_accumulated_grads", "mean_square_step": "_accumulated_delta_vars"}),
        case(
            "Adadelta",
            {"mean_square": "_accumulated_grads", "mean_square_step": "_accumulated_delta_vars"},
            learning_rate=1.0,
            rho=0.5,
            epsilon=1e-3,
        ),
    ],
    "adamax": every("Adamax", {"momentum": "_m", "norm": "_u"}),
    "nadam": every("Nadam", MEANS),
    "lion": every("Lion", {"momentum": "_momentums"}),
}
