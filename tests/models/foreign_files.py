"""Files of weights as Keras 3.15, Keras 2 and PyTorch 2.13 lay them out, written without these."""

from __future__ import annotations

import io
import zipfile

import h5py
import numpy as np
from safetensors.numpy import save_file

import nbnet
from nbnet.layers import Dense

RNG = np.random.default_rng(0)


def numbers(*shape, low=0.2, high=0.9):
    """Weights that differ from each other and from every default."""
    return RNG.uniform(low, high, shape).astype("float32")


def dense(inputs, units):
    return [numbers(inputs, units), numbers(units)]


def keras_file(path, layers, names=None):
    """Place → arrays, each layer's under vars/0, vars/1, …; layers without weights have an empty vars."""
    with h5py.File(path, "w") as root:
        root.create_group("vars").attrs["name"] = "sequential_7"
        for place, arrays in layers.items():
            kept = root.create_group(f"{place}/vars")
            if names is not False:
                kept.attrs["name"] = (names or {}).get(place, f"{place.rpartition('/')[2]}_of_keras")
            for number, array in enumerate(arrays):
                kept[str(number)] = array
    return path


def keras_archive(path, layers, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    keras_file(file, layers)
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", '{"class_name": "Lambda", "config": {"function": "boom"}}')
        archive.writestr("model.weights.h5", file.getvalue())
    return path


def keras2_file(path, layers, group="model_weights", chunked=False):
    """Layer → {name of a weight → array}, in the order of the layers and of the names."""
    with h5py.File(path, "w") as file:
        root = file.create_group(group) if group else file
        names = [name.encode() for name in layers]
        if chunked:
            root.attrs["layer_names0"], root.attrs["layer_names1"] = names[:1], names[1:]
        else:
            root.attrs["layer_names"] = names
        for layer, weights in layers.items():
            inside = root.create_group(layer)
            inside.attrs["weight_names"] = [name.encode() for name in weights]
            for name, array in weights.items():
                inside[name] = array
    return path


def torch_file(path, arrays):
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path, {"format": "pt"})
    return path


def row(count, size=2):
    """Layers all of one shape."""
    return nbnet.Sequential([nbnet.Input((size,)), *(Dense(size) for _ in range(count))])


def same(weights, expected):
    """Whether weights are these arrays."""
    assert len(weights) == len(expected)
    for one, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    return True
