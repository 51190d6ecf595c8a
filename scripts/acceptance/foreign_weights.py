"""Weights of Keras and PyTorch in nbnet models: ``python -m acceptance.foreign_weights FOLDER``.

The same networks are made in each library, their weights go through files of each kind, and predictions are compared.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras
import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

import nbnet
from nbnet.layers import Activation, BatchNormalization, Dense, Embedding, Flatten, LayerNormalization, PReLU

TOLERANCE = 1e-5


def foreign_weights(folder: Path) -> str:
    """Compare predictions for each kind of file and model."""
    found = {**_from_keras(folder), **_to_keras(folder), **_from_torch(folder)}
    wrong = [f"{name}: {error:.2e}" for name, error in found.items() if not error <= TOLERANCE]
    if wrong:
        raise SystemExit("Predictions differ: " + ", ".join(wrong))
    return f"{len(found)} files, largest difference {max(found.values()):.1e}"


def _difference(one: Any, other: Any) -> float:
    """The largest difference, relative to the larger of 1 and the largest number."""
    one, other = np.asarray(one, "float64"), np.asarray(other, "float64")
    return float(np.max(np.abs(one - other)) / max(1.0, np.abs(other).max()))


def _shaken(model: Any, rng: np.random.Generator) -> None:
    """Weights none of which is a default."""
    model.set_weights(
        [w if w.dtype.kind != "f" else rng.uniform(0.2, 0.9, w.shape).astype(w.dtype) for w in model.get_weights()]
    )
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):  # Keras' Normalization keeps a copy
            layer.finalize_state()


def _networks(L: Any, Input: Any, Model: Any, Sequential: Any) -> dict[str, Callable[[], Any]]:
    """The same networks in either library; each with its input shape."""

    def sequential() -> Any:
        inner = Sequential([Input((5,)), L.Dense(3, use_bias=False), L.LayerNormalization()])
        return Sequential(
            [
                Input((4,)),
                L.Normalization(),
                L.Dense(5, activation="tanh"),
                L.BatchNormalization(),
                L.PReLU(),
                L.Dropout(0.3),
                inner,
                L.Dense(3, activation="gelu"),
                L.BatchNormalization(scale=False),
                L.Dense(3),
            ]
        )

    def functional() -> Any:
        x = Input((4,))
        a = L.Dense(3, activation="relu")(x)
        b = L.Dense(3, activation="elu")(L.Dense(3)(x))
        shared = L.Dense(3)
        y = shared(L.Add()([b, a])) + shared(a)
        inner_x = Input((3,))
        inner = Model(inner_x, L.Dense(3)(L.Dense(3, activation="selu")(inner_x)))
        return Model(x, L.Concatenate()([inner(y), L.Dense(3)(b), a]))

    def many() -> Any:
        return Sequential([Input((4,))] + [L.Dense(4, activation="tanh") for _ in range(12)])

    def embedding() -> Any:
        return Sequential([Input((6,), dtype="int32"), L.Embedding(10, 4), L.Flatten(), L.Dense(2)])

    class Own(Model):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.out = L.Dense(2)
            self.fc1 = L.Dense(3)
            self.blocks = [L.Dense(3, activation="relu"), L.Dense(3)]
            self._hidden = L.Dense(3)
            self.table = {"one": [L.Dense(3, activation="tanh")]}
            self.zz = L.BatchNormalization()

        def call(self, x: Any) -> Any:
            x = self.fc1(x)
            for block in self.blocks:
                x = block(x)
            return self.out(self.zz(self._hidden(self.table["one"][0](x))))

    class Block(L.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.second = L.Dense(4)
            self.first = L.Dense(4, activation="tanh")
            self.rest = [L.Dense(4), L.LayerNormalization()]

        def call(self, x: Any) -> Any:
            return self.rest[1](self.rest[0](self.second(self.first(x))))

    def blocks() -> Any:
        frozen = Sequential([Input((4,)), L.Dense(4), L.Dense(4), L.BatchNormalization(), L.Dense(4)])
        frozen.layers[1].trainable = False
        return Sequential(
            [
                Input((4,)),
                Block(),
                L.GaussianNoise(0.1),
                L.Reshape((2, 2)),
                L.PReLU(shared_axes=[1]),
                L.Flatten(),
                Block(),
                frozen,
                L.AlphaDropout(0.1),
                L.Dense(2),
            ]
        )

    return {
        "blocks": blocks,
        "sequential": sequential,
        "functional": functional,
        "many": many,
        "embedding": embedding,
        "subclass": Own,
    }


def _sides() -> tuple[dict[str, Callable[[], Any]], dict[str, Callable[[], Any]]]:
    """The networks of Keras and of nbnet."""
    theirs = _networks(keras.layers, keras.Input, keras.Model, keras.Sequential)
    ours = _networks(nbnet.layers, nbnet.Input, nbnet.Model, nbnet.Sequential)
    return theirs, ours


def _input(name: str, rng: np.random.Generator) -> np.ndarray:
    """A batch."""
    return (
        rng.integers(0, 10, (7, 6)).astype("int32")
        if name == "embedding"
        else rng.normal(size=(7, 4)).astype("float32")
    )


def _built(model: Any, x: np.ndarray) -> Any:
    """The model with its weights made."""
    if not model.built:
        model.build((None, *x.shape[1:]))
    return model


def _from_keras(folder: Path) -> dict[str, float]:
    """Files of Keras in nbnet."""
    rng = np.random.default_rng(0)
    theirs, ours = _sides()
    found = {}
    for name, make in theirs.items():
        source, x = make(), _input(name, rng)
        source(x)
        source.compile("adam", "mse", metrics=["mae"])
        source.fit(x, np.zeros_like(np.asarray(source(x))), verbose=0)  # an optimizer's state is in the files
        _shaken(source, rng)
        wanted = source.predict(x, verbose=0)
        endings = [".weights.h5", ".keras"] + ([".h5"] if name != "subclass" else [])
        for ending in endings:
            path = folder / f"{name}{ending}"
            source.save_weights(path) if ending == ".weights.h5" else source.save(path)
            model = _built(ours[name](), x)
            model.load_weights(path)
            found[path.name] = _difference(model.predict(x), wanted)
    return found


def _to_keras(folder: Path) -> dict[str, float]:
    """Files of nbnet in Keras."""
    rng = np.random.default_rng(1)
    theirs, ours = _sides()
    found = {}
    for name, make in ours.items():
        x = _input(name, rng)
        source, model = _built(make(), x), theirs[name]()
        model(x)
        _shaken(source, rng)
        path = folder / f"to_{name}.weights.h5"
        source.save_weights(path)
        model.load_weights(path)
        found[path.name] = _difference(model.predict(x, verbose=0), source.predict(x))
    return found


def _from_torch(folder: Path) -> dict[str, float]:
    """Files of PyTorch in nbnet."""
    rng = np.random.default_rng(2)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = nn.Linear(4, 5)
            self.norm = nn.BatchNorm1d(5)
            self.act = nn.PReLU()
            self.head = nn.Linear(5, 3)
            self.ln = nn.LayerNorm(3)

        def forward(self, x: Any) -> Any:
            return self.ln(self.head(self.act(self.norm(self.trunk(x)))))

    def net() -> list[Any]:
        return [Dense(5), BatchNormalization(epsilon=1e-5), PReLU(), Dense(3), LayerNormalization(epsilon=1e-5)]

    modules = []
    for _ in range(6):
        modules += [nn.Linear(4, 4), nn.Tanh()]
    cases = {
        "named": (Net(), lambda: nbnet.Sequential([nbnet.Input((4,)), *net()]), None),
        "wrapped": (nn.DataParallel(Net()), lambda: nbnet.Sequential([nbnet.Input((4,)), *net()]), None),
        "row": (
            nn.Sequential(*modules),
            lambda: nbnet.Sequential([nbnet.Input((4,)), *(Dense(4, activation="tanh") for _ in range(6))]),
            None,
        ),
        "channels": (
            nn.Sequential(nn.Linear(4, 4), nn.PReLU(4), nn.Linear(4, 2, bias=False)),
            lambda: nbnet.Sequential([nbnet.Input((4,)), Dense(4), PReLU(), Dense(2, use_bias=False)]),
            None,
        ),
        "mapped": (
            nn.ModuleDict({"second": nn.Linear(4, 4), "first": nn.Linear(4, 4)}),
            lambda: nbnet.Sequential([nbnet.Input((4,)), Dense(4), Activation("relu"), Dense(4)]),
            {"first": "dense", "second": "dense_1"},
        ),
        "half": (
            nn.Sequential(nn.Linear(4, 3)).bfloat16(),
            lambda: nbnet.Sequential([nbnet.Input((4,)), Dense(3)]),
            None,
        ),
    }
    found = {}
    for name, (source, make, name_map) in cases.items():
        for tensor in source.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.tensor(rng.uniform(0.2, 0.9, tuple(tensor.shape))))
        path = folder / f"{name}.safetensors"
        save_file(source.state_dict(), path)
        x = rng.normal(size=(7, 4)).astype("float32")
        source.eval().float()
        with torch.no_grad():
            given = torch.tensor(x)
            run = source.module if name == "wrapped" else source
            wanted = run["second"](torch.relu(run["first"](given))) if name == "mapped" else run(given)
        model = make()
        model.load_weights(path, name_map=name_map)
        found[path.name] = _difference(model.predict(x), wanted.numpy())
    rows = rng.integers(0, 10, (7, 3))
    source = nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(12, 2))
    save_file(source.state_dict(), folder / "embedding.safetensors")
    model = nbnet.Sequential([nbnet.Input((3,), dtype="int64"), Embedding(10, 4), Flatten(), Dense(2)])
    model.load_weights(folder / "embedding.safetensors")
    with torch.no_grad():
        found["embedding.safetensors"] = _difference(model.predict(rows), source(torch.tensor(rows)).numpy())
    return found


if __name__ == "__main__":
    print(foreign_weights(Path(sys.argv[1])))
