"""Models made of symbols: several inputs and outputs, shared layers, nested models, ops between layers."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import Input, Model, ops
from nbnet.errors import ArgumentError, DataError, NotBuiltError, SavedModelError, ShapeError
from nbnet.layers import Concatenate, Dense, Dropout, Embedding, Flatten, Layer


def two_in_two_out(named=True):
    """left (3,) and right (2,) → kind, softmax of 3, and size, one number."""
    left, right = Input((3,), name="left"), Input((2,), name="right")
    hidden = Dense(6, activation="relu")(Concatenate()([left, right]))
    kind, size = Dense(3, activation="softmax", name="kind")(hidden), Dense(1, name="size")(hidden)
    return Model([left, right], {"kind": kind, "size": size} if named else [kind, size])


@pytest.fixture
def samples(rng):
    x = {"left": rng.normal(size=(20, 3)).astype("f"), "right": rng.normal(size=(20, 2)).astype("f")}
    return x, {"kind": rng.integers(0, 3, 20), "size": rng.normal(size=20).astype("f")}


def dense(x, layer, activation=lambda z: z):
    kernel, bias = (weight.numpy().astype("float64") for weight in layer.weights)
    return activation(x @ kernel + bias)


def relu(z):
    return np.maximum(z, 0)


def test_a_model_computes_what_its_layers_do(rng):
    x = Input((4,))
    first, second = Dense(5, activation="relu"), Dense(2)
    model = Model(x, second(first(x)))
    data = rng.normal(size=(7, 4)).astype("f")
    expected = dense(dense(data, first, relu), second)
    np.testing.assert_allclose(model.predict(data), expected, rtol=1e-5, atol=1e-6)
    assert model.input_shape == (None, 4)
    assert model.output_shape == (None, 2)
    assert [layer.name for layer in model.layers] == ["dense", "dense_1"]
    assert [weight.name for weight in model.weights] == [
        "dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"
    ]  # fmt: skip


def test_weights_depend_on_the_place_in_the_model_alone(seed):
    def made():
        left, right = Input((4,)), Input((4,))
        return Model([left, right], Concatenate()([Dense(4)(left), Dense(4)(right)]))

    one, other = made(), made()
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    kernels = [weight for weight in one.get_weights() if weight.ndim == 2]
    assert not np.array_equal(*kernels)


def test_a_shared_layer_has_one_set_of_weights(rng):
    left, right = Input((3,)), Input((3,))
    shared = Dense(2)
    model = Model([left, right], ops.abs(shared(left) - shared(right)))
    assert len(model.weights) == 2
    a, b = (rng.normal(size=(5, 3)).astype("f") for _ in range(2))
    np.testing.assert_allclose(model.predict([a, b]), np.abs(dense(a, shared) - dense(b, shared)), rtol=1e-4, atol=1e-5)
    model.compile("sgd", "mse")
    before = shared.weights[0].numpy()
    model.train_on_batch([a, b], np.zeros((5, 2), "f"))
    assert not np.array_equal(before, shared.weights[0].numpy())


def test_a_model_in_a_model(rng):
    inner_x = Input((3,))
    inner = Model(inner_x, Dense(4, activation="tanh")(inner_x), name="encoder")
    x = Input((3,))
    model = Model(x, Dense(1)(inner(x)))
    assert [layer.name for layer in model.layers] == ["encoder", "dense"]
    assert len(model.weights) == 4
    data = rng.normal(size=(6, 3)).astype("f")
    np.testing.assert_allclose(model.predict(data), dense(inner.predict(data), model.layers[1]), rtol=1e-5, atol=1e-6)
    sequential = nbnet.Sequential([Dense(4, input_shape=(3,)), Dense(2)])
    again = Model(x, sequential(x))
    np.testing.assert_array_equal(again.predict(data), sequential.predict(data))


def test_ops_between_layers_are_saved_too(rng, tmp_path):
    x = Input((4,))
    hidden = Dense(4)(x)
    model = Model(x, ops.maximum(hidden * 2.0 + x, 0.5) @ np.ones((4, 2), "f"))
    data = rng.normal(size=(3, 4)).astype("f")
    expected = np.maximum(dense(data, model.layers[0]) * 2 + data, 0.5) @ np.ones((4, 2))
    np.testing.assert_allclose(model.predict(data), expected, rtol=1e-5)
    model.save(tmp_path / "m.nbnet")
    np.testing.assert_array_equal(nbnet.load(tmp_path / "m.nbnet").predict(data), model.predict(data))


@pytest.mark.parametrize("form", [dict, list, tuple])
def test_inputs_by_name_or_position(samples, form):
    x, _ = samples
    model = two_in_two_out()
    given = dict(reversed(x.items())) if form is dict else form(x.values())
    found = model.predict(given)
    assert set(found) == {"kind", "size"}
    assert found["kind"].shape == (20, 3)
    np.testing.assert_array_equal(found["size"], model.predict(x)["size"])
    np.testing.assert_allclose(model.predict(x, batch_size=6)["kind"], found["kind"], rtol=1e-5)


@pytest.mark.parametrize("named", [True, False])
def test_training_with_two_losses(samples, named, seed):
    x, y = samples
    model = two_in_two_out(named)
    model.compile(
        "sgd",
        loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.25},
        metrics={"kind": ["accuracy"]},
    )
    logs = model.evaluate(x, y, return_dict=True)
    assert list(logs) == ["loss", "kind_loss", "size_loss", "kind_accuracy"]
    assert logs["loss"] == pytest.approx(logs["kind_loss"] + 0.25 * logs["size_loss"], rel=1e-5)
    predicted = model.predict(x)
    kind, size = predicted.values() if named else predicted
    assert logs["size_loss"] == pytest.approx(np.mean((size[:, 0] - y["size"]) ** 2), rel=1e-5)
    assert logs["kind_accuracy"] == np.mean(kind.argmax(1) == y["kind"])
    history = model.fit(x, y if named else list(y.values()), epochs=30, batch_size=8, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] * 0.8
    assert {"kind_loss", "size_loss", "kind_accuracy"} < set(history)


def test_one_loss_for_all_outputs_and_metrics_for_each(samples):
    x, y = samples
    model = two_in_two_out(named=False)
    model.compile("sgd", loss=["sparse_categorical_crossentropy", "mse"], metrics=[["accuracy"], ["mae", "mse"]])
    logs = model.evaluate(x, list(y.values()), return_dict=True)
    assert list(logs) == ["loss", "kind_loss", "size_loss", "kind_accuracy", "size_mae", "size_mse"]  # fmt: skip
    assert logs["size_loss"] == pytest.approx(logs["size_mse"], rel=1e-5)


def test_an_output_without_a_loss_needs_no_targets(samples):
    x, y = samples
    model = two_in_two_out()
    model.compile("sgd", loss={"size": "mse"})
    logs = model.evaluate(x, {"size": y["size"]}, return_dict=True)
    assert logs["loss"] == logs["size_loss"]
    assert set(logs) == {"loss", "size_loss"}


def test_saved_and_loaded_with_its_training(samples, tmp_path, seed):
    x, y = samples
    model = two_in_two_out()
    model.compile("adam", loss={"kind": "sparse_categorical_crossentropy", "size": "mse"}, loss_weights={"size": 0.5},
                  metrics={"kind": ["accuracy"], "size": ["mae"]})  # fmt: skip
    model.fit(x, y, epochs=2, batch_size=8, verbose=0)
    model.save(tmp_path / "m.nbnet")
    again = nbnet.load(tmp_path / "m.nbnet")
    assert again.evaluate(x, y, return_dict=True) == model.evaluate(x, y, return_dict=True)
    one = model.fit(x, y, epochs=1, batch_size=8, verbose=0).history
    other = again.fit(x, y, epochs=1, batch_size=8, verbose=0).history
    assert one == other
    for first, second in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_shared_and_nested_models_are_saved(rng, tmp_path):
    inner_x = Input((3,))
    inner = Model(inner_x, Dense(4, activation="tanh")(inner_x), name="tower")
    left, right = Input((3,), name="left"), Input((3,), name="right")
    joined = Concatenate()([inner(left), inner(right)])
    model = Model({"left": left, "right": right}, Dropout(0.5)(Dense(2)(joined)))
    model.save(tmp_path / "m.nbnet")
    again = nbnet.load(tmp_path / "m.nbnet")
    assert len(again.weights) == 4
    data = {"right": rng.normal(size=(4, 3)).astype("f"), "left": rng.normal(size=(4, 3)).astype("f")}
    np.testing.assert_array_equal(again.predict(data), model.predict(data))


def test_indices_have_their_dtype(rng):
    user, item = Input((), "int64", name="user"), Input((), "int64", name="item")
    table = Embedding(5, 3), Embedding(7, 3)
    model = Model([user, item], ops.sum(table[0](user) * table[1](item), axis=-1, keepdims=True))
    ids = rng.integers(0, 5, 9), rng.integers(0, 7, 9)
    expected = (table[0].weights[0].numpy()[ids[0]] * table[1].weights[0].numpy()[ids[1]]).sum(1)
    np.testing.assert_allclose(model.predict(list(ids))[:, 0], expected, rtol=1e-5, atol=1e-6)


def test_a_model_that_ends_earlier(rng):
    x = Input((4,))
    hidden = Dense(3, activation="relu", name="hidden")
    model = Model(x, Dense(2)(hidden(x)))
    features = Model(model.inputs, hidden.output)
    data = rng.normal(size=(5, 4)).astype("f")
    np.testing.assert_allclose(features.predict(data), dense(data, hidden, relu), rtol=1e-5, atol=1e-6)
    with pytest.raises(NotBuiltError, match="no symbolic output"):
        _ = Dense(3).output


def test_a_subclass_with_several_inputs_and_outputs(samples):
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.kind, self.size = Dense(4, activation="relu"), Dense(3, activation="softmax"), Dense(1)

        def call(self, x, training=False):
            hidden = self.hidden(ops.concatenate([x["left"], x["right"]], axis=1))
            return {"kind": self.kind(hidden), "size": self.size(hidden)}

    x, y = samples
    model = Own()
    model.compile("adam", loss={"kind": "sparse_categorical_crossentropy", "size": "mse"})
    history = model.fit(x, y, epochs=2, verbose=0)
    assert {"loss", "kind_loss", "size_loss"} <= set(history.history)
    assert model.predict(x)["size"].shape == (20, 1)


def test_a_subclass_made_of_symbols(rng):
    class Own(Model):
        def __init__(self, units):
            x = Input((3,))
            super().__init__(x, Dense(units)(x))

    model = Own(4)
    assert model.predict(rng.normal(size=(2, 3)).astype("f")).shape == (2, 4)
    assert model.get_config() == {"units": 4}


def test_edges_name_who_gives_what_to_whom():
    model = two_in_two_out()
    assert model.network_edges() == [
        ("left", "concatenate"), ("right", "concatenate"), ("concatenate", "dense"), ("dense", "kind"),
        ("dense", "size"),
    ]  # fmt: skip
    assert nbnet.Sequential([Flatten(input_shape=(2, 2)), Dense(1)]).network_edges() == [
        ("input", "flatten"), ("flatten", "dense")
    ]  # fmt: skip


def test_a_baked_in_batch_size_is_refused():
    x = Input((4,))
    with pytest.raises(ShapeError, match="not with 3"):
        Model(x, Dense(2)(ops.reshape(ops.reshape(x, (8,)), (2, 4))))
    with pytest.raises(ShapeError, match="expected 2 rows"):
        Model(x, ops.sum(x, axis=0))


def test_wrong_models():
    x, other = Input((4,)), Input((4,), name="other")
    y = Dense(2)(x)
    with pytest.raises(ArgumentError, match="need the input 'other'"):
        Model(x, Concatenate()([y, Dense(2)(other)]))
    with pytest.raises(ArgumentError, match="inputs and outputs"):
        Model(x)
    with pytest.raises(ArgumentError, match="received the layer 'dense'"):
        Model(x, Dense(2))
    with pytest.raises(ArgumentError, match="same Input twice"):
        Model([x, x], y)
    with pytest.raises(ArgumentError, match="symbols"):
        Model(np.ones((2, 4)), y)
    with pytest.raises(ValueError, match="Two layers of model 'model' are called 'a'"):
        Model(x, Dense(2, name="a")(Dense(2, name="a")(x)))
    with pytest.raises(ArgumentError, match="Two inputs of the model are called 'a'"):
        Model([Input((1,), name="a"), Input((1,), name="a")], y)


def test_wrong_inputs_and_targets(samples):
    x, y = samples
    model = two_in_two_out()
    with pytest.raises(DataError, match=r"2 inputs \(left, right\); received ndarray"):
        model.predict(x["left"])
    with pytest.raises(DataError, match="received left"):
        model.predict({"left": x["left"]})
    with pytest.raises(DataError, match="as many samples in each input"):
        model.predict([x["left"], x["right"][:3]])
    with pytest.raises(ShapeError, match=r"input 'right' \(batch, 2\); received \(20, 3\)"):
        model.predict([x["left"], x["left"]])
    model.compile("sgd", "mse")
    with pytest.raises(DataError, match="2 outputs"):
        model.evaluate(x, y["size"])
    with pytest.raises(DataError, match="'sizes'"):
        model.evaluate(x, {"sizes": y["size"]})
    with pytest.raises(ArgumentError, match="names the output 'kinds'"):
        model.compile("sgd", {"kinds": "mse"})
    with pytest.raises(ArgumentError, match="each of the 2 outputs"):
        model.compile("sgd", ["mse", "mse", "mse"])
    with pytest.raises(ArgumentError, match="one metric for all outputs, or one entry for each of the 2"):
        model.compile("sgd", "mse", metrics=["mae", "mse", "mae"])
    assert isinstance(model.loss, nbnet.losses.MeanSquaredError)  # what was compiled before


def squared(v):
    return v * v


def test_a_formula_of_ones_own_between_layers(tmp_path, rng):
    x = Input((3,))
    formula = nbnet.elementwise(squared, lambda v, y: 2 * v)
    model = Model(x, Dense(1)(formula(x)))
    model.save(tmp_path / "m.nbnet")
    with pytest.raises(SavedModelError, match=r"custom_objects=\{'squared'"):
        nbnet.load(tmp_path / "m.nbnet")
    again = nbnet.load(tmp_path / "m.nbnet", custom_objects={"squared": formula})
    data = rng.normal(size=(2, 3)).astype("f")
    np.testing.assert_array_equal(again.predict(data), model.predict(data))


def test_new_axes_and_shapes_keep_the_batch(rng, tmp_path):
    x = Input((4,))
    model = Model(x, ops.reshape(ops.expand_dims(x, 1) * np.ones((3, 1), "f"), (-1, 12)))
    data = rng.normal(size=(5, 4)).astype("f")
    np.testing.assert_array_equal(model.predict(data), np.tile(data, (1, 3)))
    model.save(tmp_path / "m.nbnet")
    np.testing.assert_array_equal(nbnet.load(tmp_path / "m.nbnet").predict(data), np.tile(data, (1, 3)))


def test_a_layer_that_was_tried_is_built_for_its_model(rng):
    class Counted(Layer):
        built_times = 0

        def build(self, input_shape):
            self.built_times += 1
            self.scale = self.add_weight((input_shape[-1],), "ones", "scale")

        def call(self, x):
            return x * self.scale

    layer, x = Counted(), Input((3,))
    y = layer(x)
    assert not layer.built
    assert not layer.weights[:0]
    model = Model(x, y)
    assert layer.built
    assert [weight.name for weight in model.weights] == ["counted/scale"]
    assert layer.built_times == 1  # of the trial nothing is left
