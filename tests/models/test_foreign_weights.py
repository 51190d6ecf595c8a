"""Weights of Keras and nbnet: what lies where in their files, and that the right layer gets it."""

from __future__ import annotations

import zipfile

import h5py
import numpy as np
import pytest

import nbnet
from nbnet import Model, Sequential
from nbnet.errors import MissingPackageError, NotBuiltError, SavedModelError
from nbnet.layers import (
    Add,
    BatchNormalization,
    Dense,
    Dropout,
    Layer,
    LayerNormalization,
    Normalization,
    PReLU,
)
from tests.models.foreign_files import dense, keras2_file, keras_archive, keras_file, numbers, row, same
from tests.models.saved import trained


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.weights.h5"


# -- Keras ------------------------------------------------------------------------------------------------------------


def every_layer():
    inner = Sequential([Dense(3, use_bias=False), LayerNormalization()])
    return Sequential([
        nbnet.Input((4,)), Normalization(), Dense(5, activation="tanh", name="first"), BatchNormalization(), PReLU(),
        Dropout(0.5), inner, Dense(2),
    ])  # fmt: skip


def every_array():
    """Place → arrays, as Keras 3.15 wrote them for that model."""
    return {
        "layers/normalization": [numbers(4), numbers(4), np.int32(8)],
        "layers/dense": dense(4, 5),
        "layers/batch_normalization": [numbers(5) for _ in range(4)],
        "layers/p_re_lu": [numbers(5)],
        "layers/dropout": [],
        "layers/sequential/layers/dense": [numbers(5, 3)],
        "layers/sequential/layers/layer_normalization": [numbers(3), numbers(3)],
        "layers/dense_1": dense(3, 2),
        "optimizer": [np.int64(7), np.float32(0.001), numbers(4, 5)],
        "layers/dropout/seed_generator": [np.array([1, 2], "uint32")],
    }


def by_formula(layers, x):
    """What that model predicts, in float64."""
    norm, first, batch, slope, _, inner, layer, last = ([np.float64(a) for a in arrays] for arrays in layers)
    x = np.tanh((x - norm[0]) / np.sqrt(norm[1]) @ first[0] + first[1])
    x = (x - batch[2]) / np.sqrt(batch[3] + 1e-3) * batch[0] + batch[1]
    x = np.where(x < 0, slope[0] * x, x) @ inner[0]
    x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-3) * layer[0] + layer[1]
    return x @ last[0] + last[1]


def test_every_layer_of_a_keras_file(path):
    layers = every_array()
    model = every_layer()
    x = numbers(6, 4, low=-3, high=3)
    before = model.predict(x)
    model.load_weights(keras_file(path, layers))
    expected = by_formula(list(layers.values())[:8], x.astype("float64"))
    np.testing.assert_allclose(model.predict(x), expected, rtol=2e-5, atol=2e-5)
    assert np.abs(before - expected).max() > 0.1


def test_a_keras_archive_is_read_for_its_weights_alone(tmp_path):
    layers, model = every_array(), every_layer()
    model.load_weights(keras_archive(tmp_path / "m.keras", layers))
    assert same(model.layers[1].get_weights(), layers["layers/dense"])


def test_keras_2_13_has_other_names_for_layers(path):
    layers = {place.replace("layers/", "_layer_checkpoint_dependencies/"): a for place, a in every_array().items()}
    model = every_layer()
    model.load_weights(keras_file(path, layers, names=False))
    assert same(model.layers[5].get_weights(), [
        *layers["_layer_checkpoint_dependencies/sequential/_layer_checkpoint_dependencies/dense"],
        *layers["_layer_checkpoint_dependencies/sequential/_layer_checkpoint_dependencies/layer_normalization"],
    ])  # fmt: skip


def test_more_than_ten_layers_and_weights_go_by_number(path):
    layers = {f"layers/dense_{n}" if n else "layers/dense": dense(2, 2) for n in range(12)}
    model = row(12)
    model.load_weights(keras_file(path, layers))
    assert same(model.get_weights(), [array for arrays in layers.values() for array in arrays])

    class Many(Layer):
        def build(self, input_shape):
            self.parts = [self.add_weight((2,), "zeros", f"part_{n}") for n in range(11)]

        def call(self, x):
            return sum(self.parts, start=x)

    model = Sequential([Many(input_shape=(2,))])
    arrays = [numbers(2) for _ in range(11)]
    model.load_weights(keras_file(path, {"layers/many": arrays}))
    assert same(model.get_weights(), arrays)


def test_functional_layers_stand_by_their_distance_from_the_output(path):
    x = nbnet.Input((4,))
    near = Dense(3, name="near")(x)
    far = Dense(3, name="middle")(Dense(3, name="far")(x))
    inner = Model(x, Add()([far, near]))
    start = nbnet.Input((4,))
    model = Model(start, Dense(1, name="out")(inner(Dense(4, name="in")(start))))
    layers = {
        "layers/dense": dense(4, 4),
        "layers/functional/layers/dense": dense(4, 3),
        "layers/functional/layers/dense_1": dense(3, 3),
        "layers/functional/layers/dense_2": dense(4, 3),
        "layers/dense_1": dense(3, 1),
    }
    model.load_weights(keras_file(path, layers))
    expected = dict(zip(("in", "far", "middle", "near", "out"), layers.values(), strict=True))
    for layer in (model.get_layer("in"), model.get_layer("out"), *inner.layers[:2], inner.get_layer("far")):
        assert same(layer.get_weights(), expected[layer.name])


class Own(Model):
    def __init__(self):
        super().__init__()
        self.out = Dense(2)
        self.fc1 = Dense(3)
        self.blocks = [Dense(3), Dense(3)]
        self._hidden = Dense(3)
        self.table = {"a": [Dense(3)]}

    def call(self, x):
        for layer in (self.fc1, *self.blocks, self._hidden, *self.table["a"]):
            x = layer(x)
        return self.out(x)


OWN = {  # as Keras 3.15 wrote it: attributes from a to z, of which `layers` is one
    "fc1": dense(4, 3),
    "blocks/dense": dense(3, 3),
    "blocks/dense_1": dense(3, 3),
    "layers/dense_4": dense(3, 3),
    "layers/dense_5": dense(3, 3),
    "layers/dense": dense(3, 2),
}


def test_a_model_of_ones_own_has_its_layers_under_attributes(path):
    model = Own()
    model.build((None, 4))
    model.load_weights(keras_file(path, OWN))
    for layer, arrays in zip(
        (model.fc1, *model.blocks, model._hidden, *model.table["a"], model.out), OWN.values(), strict=True
    ):
        assert same(layer.get_weights(), arrays)


@pytest.mark.parametrize("group", ["model_weights", None])
@pytest.mark.parametrize("chunked", [False, True])
def test_keras_2_files_go_by_order_and_take_nested_models_apart(path, group, chunked):
    layers = {
        "normalization": {"normalization/mean:0": numbers(4), "normalization/variance:0": numbers(4),
                          "normalization/count:0": np.int64(3)},
        "first": {"first/kernel:0": numbers(4, 5), "first/bias:0": numbers(5)},
        "bn": {f"bn/{name}:0": numbers(5) for name in ("gamma", "beta", "moving_mean", "moving_variance")},
        "p_re_lu": {"p_re_lu/alpha:0": numbers(5)},
        "dropout": {},
        "nested": {"dense/kernel:0": numbers(5, 3), "ln/gamma:0": numbers(3), "ln/beta:0": numbers(3)},
        "last": {"last/kernel:0": numbers(3, 2), "last/bias:0": numbers(2)},
    }  # fmt: skip
    model = every_layer()
    model.load_weights(keras2_file(path, layers, group, chunked))
    arrays = [array for weights in layers.values() for array in weights.values() if array.shape]
    assert same(model.get_weights(), arrays)


def test_keras_2_puts_frozen_layers_of_a_nested_model_last(path):
    inner = Sequential([Dense(2), Dense(2), Dense(2)])
    model = Sequential([nbnet.Input((2,)), inner])
    inner.layers[1].trainable = False
    parts = [dense(2, 2) for _ in range(3)]
    names = {f"{name}/{kind}": array for name, part in zip("abc", (parts[0], parts[2], parts[1]), strict=True)
             for kind, array in zip(("kernel:0", "bias:0"), part, strict=True)}  # fmt: skip
    model.load_weights(keras2_file(path, {"inner": names}))
    for layer, part in zip(inner.layers, parts, strict=True):
        assert same(layer.get_weights(), part)


def test_names_decide_where_they_are_told_or_all_agree(path):
    layers = {"layers/dense": dense(2, 2), "layers/dense_1": dense(2, 2)}
    swapped = {"layers/dense": "dense_1", "layers/dense_1": "dense"}
    keras_file(path, layers, swapped)
    model = row(2)
    before = model.get_weights()
    with pytest.raises(SavedModelError, match=r"not clear which weights 'dense' .*by_name=True or by_name=False"):
        model.load_weights(path)
    assert same(model.get_weights(), before)
    model.load_weights(path, by_name=False)
    assert same(model.get_weights(), [*layers["layers/dense"], *layers["layers/dense_1"]])
    model.load_weights(path, by_name=True)
    assert same(model.get_weights(), [*layers["layers/dense_1"], *layers["layers/dense"]])
    keras_file(
        path, {"encoder": dense(2, 2), "decoder": layers["layers/dense"]}, {"encoder": "dense_1", "decoder": "dense"}
    )
    model.load_weights(path)
    assert same(model.layers[0].get_weights(), layers["layers/dense"])


def test_names_of_inner_layers_are_whole_paths(path):
    layers = {"a": [], "a/x": dense(2, 2), "b": [], "b/x": dense(2, 2)}
    names = {"a": "second", "a/x": "dense", "b": "first", "b/x": "dense"}
    model = Sequential([
        nbnet.Input((2,)), Sequential([Dense(2)], name="first"), Sequential([Dense(2)], name="second"),
    ])  # fmt: skip
    model.load_weights(keras_file(path, layers, names))
    assert same(model.get_weights(), [*layers["b/x"], *layers["a/x"]])


def test_a_name_map_for_keras(path):
    layers = {"layers/dense": dense(2, 2), "layers/dense_1": dense(2, 2), "layers/dense_2": dense(2, 3)}
    keras_file(path, layers, {"layers/dense": "one", "layers/dense_1": "two", "layers/dense_2": "head"})
    model = row(2)
    model.load_weights(path, name_map={"two": "dense", "layers/dense": "dense_1", "head": None})
    assert same(model.get_weights(), [*layers["layers/dense_1"], *layers["layers/dense"]])
    with pytest.raises(SavedModelError, match=r"has no 'tow'.*Did you mean 'two'"):
        model.load_weights(path, name_map={"tow": "dense"})
    with pytest.raises(SavedModelError, match=r"no layer 'dens'.*Did you mean 'dense'"):
        model.load_weights(path, name_map={"two": "dens"})
    with pytest.raises(SavedModelError, match="'dense' twice"):
        model.load_weights(path, name_map={"two": "dense", "one": "dense"})


@pytest.mark.parametrize("dtype", ["float16", "float64", "bfloat16", "int32"])
def test_other_dtypes_are_brought_to_the_layers(path, dtype):
    values = np.array([[1, -2], [3, 0.5]], "float32")
    stored = (values.view("uint32") >> 16).astype("uint16").view("V2") if dtype == "bfloat16" else values.astype(dtype)
    with h5py.File(keras_file(path, {"layers/dense": []}), "a") as root:
        root["layers/dense/vars/0"] = stored
        if dtype == "bfloat16":
            root["layers/dense/vars/0"].attrs["dtype"] = "bfloat16"
    model = Sequential([Dense(2, use_bias=False, input_shape=(2,))])
    model.load_weights(path)
    np.testing.assert_array_equal(model.get_weights()[0], np.trunc(values) if dtype == "int32" else values)
    assert model.get_weights()[0].dtype == "float32"


def test_numbers_that_do_not_fit_the_dtype(path):
    keras_file(path, {"layers/dense": [np.full((2, 2), 1e300), np.zeros(2)]})
    with pytest.raises(SavedModelError, match="does not fit float32"):
        row(1).load_weights(path)


# -- what does not fit ------------------------------------------------------------------------------------------------


def test_all_weights_are_set_or_none(path):
    keras_file(path, {"layers/dense": dense(2, 2), "layers/dense_1": dense(2, 3)})
    model = row(2)
    before = model.get_weights()
    with pytest.raises(SavedModelError) as caught:
        model.load_weights(path)
    for part in (
        f"'{path}' cannot be loaded into model 'sequential'",
        "Dense 'dense_1' (kernel (2, 2), bias (2,)) does not take 'layers/dense_1' 'dense_1_of_keras' (0 (2, 3), ",
        "Nothing was loaded",
        "name_map=",
        "skip_mismatch=True",
    ):
        assert part in str(caught.value)
    assert same(model.get_weights(), before)
    with pytest.warns(UserWarning, match=r"Not all weights were loaded\. Dense 'dense_1'"):
        model.load_weights(path, skip_mismatch=True)
    assert same(model.layers[1].get_weights(), before[2:])
    assert np.abs(model.get_weights()[0] - before[0]).max() > 0.01


@pytest.mark.parametrize(("ours", "theirs", "message"), [
    (3, 2, "The file has nothing for Dense 'dense_2'"), (2, 3, "No layer takes 'layers/dense_2'"),
    (9, 1, "and 2 more"),
])  # fmt: skip
def test_too_few_and_too_many(path, ours, theirs, message):
    keras_file(path, {f"layers/dense_{n}" if n else "layers/dense": dense(2, 2) for n in range(theirs)})
    with pytest.raises(SavedModelError, match=message):
        row(ours).load_weights(path)


def test_another_model_altogether(path):
    keras_file(path, {"layers/dense": dense(7, 7)})
    for skip in (False, True):
        with pytest.raises(SavedModelError, match="Nothing fits: is it the file you mean"):
            row(1).load_weights(path, skip_mismatch=skip)
    with pytest.raises(NotBuiltError, match="no weights yet to load into"):
        Sequential([Dense(3)]).load_weights(path)
    with pytest.raises(NotBuiltError, match="no weights yet to save"):
        Sequential([Dense(3)]).save_weights(path)


# -- nbnet's own ------------------------------------------------------------------------------------------------------


def test_weights_of_nbnet_round_trip(tmp_path):
    model, other = trained(), trained(optimizer="sgd")
    path = tmp_path / "w.safetensors"
    model.save_weights(path)
    other.load_weights(path)
    assert same(other.get_weights(), model.get_weights())
    other.save_weights(tmp_path / "again.safetensors")
    assert path.read_bytes() == (tmp_path / "again.safetensors").read_bytes()
    model.save(tmp_path / "m.nbnet")
    other = trained(optimizer="sgd")
    other.load_weights(tmp_path / "m.nbnet")
    assert same(other.get_weights(), model.get_weights())
    with pytest.raises(SavedModelError, match=r"\.safetensors, or for Keras to \.weights\.h5"):
        model.save_weights(tmp_path / "w.h5")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["again.safetensors", "m.nbnet", "w.safetensors"]


def test_a_name_map_for_weights_of_nbnet(tmp_path):
    path = tmp_path / "w.safetensors"
    source = Sequential([Dense(2, name="old", input_shape=(2,)), Dense(2)])
    source.save_weights(path)
    model = Sequential([Dense(2, name="new", input_shape=(2,)), Dense(2)])
    with pytest.raises(SavedModelError, match=r"nothing for Dense 'new' .*No layer takes 'old'|'old'"):
        model.load_weights(path)
    model.load_weights(path, name_map={"old": "new"})
    assert same(model.get_weights(), source.get_weights())


def test_the_file_for_keras_is_laid_out_as_keras_does(path):
    layers = every_array()
    model = every_layer()
    model.load_weights(keras_file(path, layers))
    model.save_weights(path)
    with h5py.File(path) as root:
        for place, arrays in layers.items():
            if place.startswith("layers") and not place.endswith("seed_generator"):
                assert sorted(root[f"{place}/vars"]) == [str(number) for number in range(len(arrays))]
                for number, array in enumerate(arrays[:2]):
                    np.testing.assert_array_equal(root[f"{place}/vars/{number}"][()], array)
        assert root["layers/dense/vars"].attrs["name"] == "first"
    again = every_layer()
    again.load_weights(path)
    assert same(again.get_weights(), model.get_weights())
    model = Own()
    model.build((None, 4))
    model.save_weights(path)
    with h5py.File(path) as root:
        assert {place for place in OWN if place in root} == set(OWN)


def test_compiled_steps_see_loaded_weights_and_the_optimizer_stays(path):
    layers = {"layers/dense": dense(2, 2)}
    model = row(1)
    model.compile("adam", "mse")
    x = numbers(4, 2)
    model.fit(x, x, verbose=0)
    model.predict(x)
    iterations, slots = (
        model.optimizer.iterations,
        [s.numpy() for s in model.optimizer.slots(model.weights[0]).values()],
    )
    model.load_weights(keras_file(path, layers))
    np.testing.assert_allclose(model.predict(x), x @ layers["layers/dense"][0] + layers["layers/dense"][1], rtol=1e-5)
    assert model.optimizer.iterations == iterations
    assert same([s.numpy() for s in model.optimizer.slots(model.weights[0]).values()], slots)


def test_without_h5py_it_is_said_how_to_get_it(path, monkeypatch):
    keras_file(path, {"layers/dense": dense(2, 2)})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for use in (row(1).load_weights, row(1).save_weights):
        with pytest.raises(MissingPackageError, match=r"pip install nbnet\[keras\]"):
            use(path)
    assert zipfile.is_zipfile(path) is False
    assert [item.name for item in path.parent.iterdir()] == [path.name]
