"""Sequential: making, naming, building, summary, weights."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import Input, Sequential, set_seed
from nbnet.errors import NotBuiltError, ShapeError
from nbnet.layers import Activation, BatchNormalization, Dense, Dropout, Flatten


def batch_norm_model():
    return Sequential([
        Flatten(input_shape=(28, 28)),
        Dense(128),
        BatchNormalization(),
        Activation('relu'),
        Dense(64),
        BatchNormalization(),
        Activation('relu'),
        Dense(10, activation='softmax')
    ])  # fmt: skip


def dropout_model():
    return Sequential([
        Flatten(input_shape=(28, 28)),
        Dense(128, activation='relu'),
        Dropout(0.2),
        Dense(64, activation='relu'),
        Dropout(0.2),
        Dense(10, activation='softmax')
    ])  # fmt: skip


@pytest.mark.parametrize(("make", "params"), [(batch_norm_model, 109_386 + 4 * 192), (dropout_model, 109_386)])
def test_the_two_models_of_the_readme(make, params, rng):
    model = make()
    assert model.built
    assert model.count_params() == params
    assert (model.input_shape, model.output_shape) == ((None, 28, 28), (None, 10))
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=True)
    x, y = rng.integers(0, 256, (16, 28, 28)).astype("uint8"), rng.integers(0, 10, 16)
    history = model.fit(x, y, epochs=1, batch_size=8, verbose=0)
    assert set(history.history) == {"loss", "accuracy"}
    probabilities = model.predict(x)
    assert probabilities.shape == (16, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_names_are_unique_in_a_model():
    model = Sequential([Dense(3), Dense(2), Dense(1, name="dense_2"), Dense(1)])
    assert [layer.name for layer in model.layers] == ["dense", "dense_1", "dense_2", "dense_3"]
    assert model.get_layer("dense_2") is model.get_layer(index=2)
    with pytest.raises(ValueError, match="has no layer 'x'; it has dense, dense_1"):
        model.get_layer("x")
    with pytest.raises(ValueError, match="are called 'dense_2'"):
        model.add(Dense(4, name="dense_2"))


def test_ways_to_say_the_input_shape(seed):
    ways = [
        Sequential([Dense(3, input_shape=(4,)), Dense(2)]),
        Sequential([Dense(3, input_dim=4), Dense(2)]),
        Sequential([Input((4,)), Dense(3), Dense(2)]),
        Sequential([Dense(3), Dense(2)]),
    ]
    grown = Sequential()
    grown.add(Input((4,)))
    grown.add(Dense(3))
    grown.add(Dense(2))
    ways.append(grown)
    assert not ways[3].built
    ways[3].build((None, 4))
    for model in ways[1:]:
        assert len(model.layers) == 2
        for one, other in zip(model.get_weights(), ways[0].get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_weights_are_a_function_of_seed_and_place(seed):
    def weights():
        return Sequential([Dense(3, input_shape=(3,)), Dense(3)]).get_weights()

    first = weights()
    assert not np.array_equal(first[0], first[2])
    for one, other in zip(first, weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    set_seed(seed + 1)
    assert not np.array_equal(first[0], weights()[0])


def test_a_shape_error_comes_when_the_model_is_made():
    with pytest.raises(
        ShapeError, match=r"BatchNormalization 'batch_normalization' expects.*axis 2; received shape \(None, 3\)"
    ):
        Sequential([Dense(3, input_shape=(4,)), BatchNormalization(axis=2)])


def test_what_is_no_layer():
    with pytest.raises(TypeError, match=r"Write Dense\(…\)"):
        Sequential([Dense])
    with pytest.raises(TypeError, match="received 'relu'"):
        Sequential(["relu"])
    layer = Dense(1)
    with pytest.raises(ValueError, match="is in model"):
        Sequential([layer, layer])
    with pytest.raises(ValueError, match="first entry"):
        Sequential([Dense(1), Input((2,))])
    with pytest.raises(NotBuiltError, match="has no layers; add one"):
        Sequential().predict(np.ones((1, 2)))


def test_pop():
    model = Sequential([Dense(3, input_shape=(4,)), Dense(2)])
    model.pop()
    assert model.output_shape == (None, 3)
    assert len(model.weights) == 2
    model.pop()
    with pytest.raises(NotBuiltError, match="no layers to take away"):
        model.pop()


def test_a_model_inside_a_model(rng):
    inner = Sequential([Dense(3, activation="tanh"), Dense(2)], name="inner")
    model = Sequential([inner, Dense(1)])
    model.build((None, 4))
    assert [weight.name for weight in model.weights] == [
        "inner/dense/kernel", "inner/dense/bias", "inner/dense_1/kernel", "inner/dense_1/bias",
        "dense/kernel", "dense/bias",
    ]  # fmt: skip
    inner.trainable = False
    assert len(model.trainable_weights) == 2
    x = rng.normal(size=(5, 4)).astype("float32")
    a, b, c, d, e, f = model.get_weights()
    np.testing.assert_allclose(model(x), (np.tanh(x @ a + b) @ c + d) @ e + f, rtol=1e-5)


def test_summary(capsys):
    model = Sequential([Dense(3, input_shape=(4,)), BatchNormalization(), Dense(2)], name="small")
    model.layers[2].trainable = False
    model.summary(line_length=90)
    text = capsys.readouterr().out
    for expected in ('Model: "small"', "dense (Dense)", "(None, 3)", "15", "Total params: 35 (140 B)",
                     "Trainable params: 21", "Non-trainable params: 14", "dense_1 (Dense) (frozen)"):  # fmt: skip
        assert expected in text
    lines = []
    Sequential([Dense(3)]).summary(print_fn=lines.append)
    assert "Not built yet" in lines[0]
    assert "unbuilt" in lines[0]


def test_a_model_that_ends_at_a_layer_of_another(rng):
    model = Sequential([Dense(6, activation="relu", input_shape=(4,)), Dense(3), Dense(2)])
    features = nbnet.Model(model.inputs, model.layers[1].output)
    x = rng.normal(size=(5, 4)).astype("float32")
    expected = model.layers[1](model.layers[0](x))
    np.testing.assert_allclose(features.predict(x), expected, rtol=1e-5, atol=1e-6)
    assert features.layers == model.layers[:2]
    whole = nbnet.Model(model.inputs, model.outputs)
    np.testing.assert_array_equal(whole.predict(x), model.predict(x))
    assert Sequential([Dense(3)]).inputs == []
