"""Whole models beside those of Keras: fit, evaluate and predict, then a file, then some more training."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

import nbnet
from acceptance import samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry
from acceptance.with_keras import peer

Build = Callable[[Any, str], Any]
"""From a library and a dtype to a compiled model: both have the same names."""

SAMPLES = 45  # batches of 16, 16 and 13
CLASSES = 4


def case(label: str, build: Build, data: Callable[[str], Mapping[str, Any]], **options: Any) -> Case:
    """Three epochs in the given order, a file, and two epochs of the loaded models."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        ours, theirs = build(nbnet, dtype), build(keras, dtype)
        for layer in ours.layers:
            other = theirs.get_layer(layer.name)
            if layer.weights:
                named = {weight.name.rpartition("/")[2]: weight.numpy() for weight in layer.weights}
                other.set_weights([named[variable.name] for variable in other.weights])
        given = {**data(dtype), "batch_size": 16, "shuffle": False, "verbose": 0, **options}
        steps = trained(ours, theirs, given, 3)
        with tempfile.TemporaryDirectory() as folder:
            ours.save(Path(folder) / "own.nbnet")
            theirs.save(Path(folder) / "peer.keras")
            ours, theirs = nbnet.load(Path(folder) / "own.nbnet"), keras.models.load_model(Path(folder) / "peer.keras")
        x = given["x"]
        forward = errors(listed(ours.predict(x, verbose=0)), listed(theirs.predict(x, verbose=0)))
        return {"forward": forward, "steps": steps, "restored": trained(ours, theirs, given, 2)}

    return Case(label, compare)


def trained(ours: Any, theirs: Any, given: Mapping[str, Any], epochs: int) -> float:
    """The largest error of the history, of what evaluate gives, and of all weights, after training both."""
    told, expected = (dict(model.fit(**given, epochs=epochs).history) for model in (ours, theirs))
    for variable in theirs.trainable_variables:  # with averages they share memory, which JAX gives away later
        variable.assign(np.array(variable))
    told.pop("seconds", None)
    if set(told) != set(expected):
        raise AssertionError(f"nbnet's history has {sorted(told)}, that of Keras {sorted(expected)}.")
    worst = [error(np.array(told[key]), np.array(expected[key])) for key in expected]
    x, y = given["x"], given["y"]
    results, wanted = (model.evaluate(x, y, verbose=0, return_dict=True) for model in (ours, theirs))
    worst += [error(results[key], wanted[key]) for key in wanted]
    for layer in ours.layers:
        if layer.weights:
            named = {variable.name: np.asarray(variable) for variable in theirs.get_layer(layer.name).weights}
            worst += [error(weight.numpy(), named[weight.name.rpartition("/")[2]]) for weight in layer.weights]
    return max(worst)


def listed(nest: Any) -> list[np.ndarray]:
    """One array or several as a list."""
    return [np.asarray(item) for item in nest] if isinstance(nest, (list, tuple)) else [np.asarray(nest)]


def classified(dtype: str) -> Mapping[str, Any]:
    """Class numbers that depend on the input."""
    x = samples.normal((SAMPLES, 6), dtype, 1)
    return {"x": x, "y": np.abs(x[:, :CLASSES]).argmax(axis=1).astype("int32")}


def weighted(dtype: str) -> Mapping[str, Any]:
    """The same with weights of samples, which nbnet takes as float32."""
    return {**classified(dtype), "sample_weight": samples.generator(2).uniform(0.2, 2, SAMPLES).astype("float32")}


def balanced(dtype: str) -> Mapping[str, Any]:
    """The same with weights of classes."""
    return {**classified(dtype), "class_weight": {0: 1.0, 1: 2.0, 2: 0.5, 3: 1.5}}


def measured(dtype: str) -> Mapping[str, Any]:
    """Three numbers that depend on the input."""
    x = samples.normal((SAMPLES, 6), dtype, 3)
    return {"x": x, "y": np.tanh(x[:, :3] + x[:, 3:]).astype(dtype)}


def rated(dtype: str) -> Mapping[str, Any]:
    """Two inputs, one of them numbers of rows, and two targets."""
    rng = samples.generator(4)
    rows, x = rng.integers(0, 9, (SAMPLES, 2)).astype("int32"), samples.normal((SAMPLES, 3), dtype, 5)
    return {"x": [rows, x], "y": [(rows[:, :1] % 2).astype(dtype), (x[:, :1] + rows[:, 1:] / 9).astype(dtype)]}


def classifier(normalization: str, optimizer: str, **arguments: Any) -> Build:
    """Dense layers with a normalization between them, and a softmax."""

    def build(library: Any, dtype: str) -> Any:
        layers = library.layers
        model = library.Sequential([
            library.Input((6,), dtype=dtype),
            layers.Dense(8, use_bias=False, name="first", dtype=dtype),
            getattr(layers, normalization)(name="normal", dtype=dtype),
            layers.Activation("relu", name="bent", dtype=dtype),
            layers.Dropout(0.0, name="kept", dtype=dtype),
            layers.Dense(CLASSES, activation="softmax", name="last", dtype=dtype),
        ])  # fmt: skip
        made = getattr(library.optimizers, optimizer)(**arguments)
        model.compile(made, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return build


def penalised(library: Any, dtype: str) -> Any:
    """Penalties of weights and activities, constraints and learned slopes."""
    layers = library.layers
    model = library.Sequential([
        library.Input((6,), dtype=dtype),
        layers.Dense(7, kernel_regularizer="l2", bias_regularizer="l1", bias_initializer="ones",
            activity_regularizer="l2", name="a", dtype=dtype),
        layers.PReLU(name="slopes", dtype=dtype),
        layers.Dense(5, activation="gelu", kernel_constraint="non_neg", name="b", dtype=dtype),
        layers.ActivityRegularization(l1=0.01, name="small", dtype=dtype),
        layers.Dense(3, name="c", dtype=dtype),
    ])  # fmt: skip
    optimizer = library.optimizers.SGD(0.05, momentum=0.9, nesterov=True, clipnorm=1.0, weight_decay=0.01)
    model.compile(optimizer, "huber", metrics=["mae", "mse"])
    return model


def averaged(library: Any, dtype: str) -> Any:
    """Weights that become their moving averages at the end of training."""
    layers = library.layers
    model = library.Sequential([
        library.Input((6,), dtype=dtype),
        layers.Dense(7, activation="tanh", name="a", dtype=dtype),
        layers.Dense(3, name="b", dtype=dtype),
    ])  # fmt: skip
    model.compile(library.optimizers.RMSprop(0.01, use_ema=True, ema_momentum=0.9), "mse")
    return model


def several(library: Any, dtype: str) -> Any:
    """Two inputs, a shared layer, two outputs with losses, weights and metrics of their own."""
    layers = library.layers
    rows, x = library.Input((2,), dtype="int32", name="rows"), library.Input((3,), dtype=dtype, name="x")
    vectors = layers.Flatten(name="flat", dtype=dtype)(layers.Embedding(9, 3, name="table", dtype=dtype)(rows))
    shared = layers.Dense(4, activation="tanh", name="shared", dtype=dtype)
    narrow = layers.Dense(3, name="narrow", dtype=dtype)
    both = layers.Concatenate(name="both", dtype=dtype)([shared(narrow(vectors)), shared(x)])
    chance = layers.Dense(1, activation="sigmoid", name="chance", dtype=dtype)(both)
    amount = layers.Dense(1, name="amount", dtype=dtype)(layers.LayerNormalization(name="normal", dtype=dtype)(both))
    model = library.Model([rows, x], [chance, amount])
    model.compile(
        library.optimizers.Adam(0.01),
        ["binary_crossentropy", "mse"],
        loss_weights=[0.3, 2.0],
        metrics=[["accuracy"], ["mae"]],
    )
    return model


TABLE: Mapping[str, Entry] = {
    "batch normalization": [
        case("Adam", classifier("BatchNormalization", "Adam", learning_rate=0.01), classified),
        case("SGD, weighted", classifier("BatchNormalization", "SGD", learning_rate=0.1), weighted),
        case(
            "Nadam, a fifth for validation",
            classifier("BatchNormalization", "Nadam", learning_rate=0.01),
            classified,
            validation_split=0.2,
        ),
    ],
    "layer normalization": [
        case("AdamW, weights of classes", classifier("LayerNormalization", "AdamW", learning_rate=0.01), balanced)
    ],
    "penalties and constraints": [case("SGD with momentum", penalised, measured)],
    "moving averages of weights": [case("RMSprop", averaged, measured)],
    "several inputs and outputs": [case("Adam", several, rated)],
}
