"""A trained model with every kind of part, and what is needed to look into its file and to change it."""

from __future__ import annotations

import json
import zipfile

import numpy as np

import nbnet
from nbnet import Sequential
from nbnet.layers import Activation, BatchNormalization, Dense, Dropout, Flatten, Input, Rescaling
from nbnet.optimizers import Adam


def trained(optimizer=None, loss="sparse_categorical_crossentropy", metrics=("accuracy",)):
    model = Sequential([
        Input((2, 3), dtype="float64"),
        Rescaling([0.5, 1.0, 2.0], offset=-0.25),
        Flatten(),
        Dense(5, activation="relu", kernel_initializer=nbnet.initializers.HeNormal(seed=3), name="first"),
        BatchNormalization(momentum=0.5),
        Dropout(0.1),
        Sequential([Dense(4, use_bias=False), Activation("tanh")], name="inner"),
        Dense(3, activation="softmax"),
    ], name="everything")  # fmt: skip
    model.layers[2].trainable = False
    model.compile(optimizer or Adam(0.01, amsgrad=True), loss, metrics, run_eagerly=True)
    x, y = samples()
    model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    return model


def samples():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 2, 3)), rng.integers(0, 3, 20)


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def members(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def write(path, content, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in content.items() if isinstance(content, dict) else content:
            opened.writestr(name, data)


def edited(path, change) -> None:
    """Change the description in a file."""
    content = members(path)
    description = json.loads(content["model.json"])
    change(description)
    content["model.json"] = json.dumps(description).encode()
    write(path, content)


def described(kind, name, **config):
    """An object as a file describes it."""
    return {"@object": {"kind": kind, "name": name, "config": config}}
