"""Models made of symbols: layers in several models, ops on the batch, one output in a list, targets and weights."""

from __future__ import annotations

import copy
import pickle
from collections import namedtuple

import numpy as np
import pytest

import nbnet
from nbnet import Input, Model, Sequential, ops
from nbnet.errors import DataError, ShapeError
from nbnet.layers import Add, Dense, Embedding, Layer


@pytest.fixture
def x(rng):
    return rng.normal(size=(12, 4)).astype("f")


def names(model):
    return [layer.name for layer in model.layers]


@pytest.mark.parametrize("form", [list, tuple])
def test_one_output_in_a_list_is_that_output(x, form):
    symbol = Input((4,))
    model = Model(form([symbol]), form([Dense(2)(symbol)]))
    model.compile("sgd", "mse")
    assert model.output_shape == (None, 2)
    assert model.predict(x).shape == (12, 2)
    assert isinstance(model.evaluate(x, x[:, :2]), float)


def test_one_output_in_a_dict_takes_targets_alone(x):
    symbol = Input((4,))
    model = Model({"a": symbol}, {"o": Dense(2)(symbol)})
    model.compile("sgd", "mse")
    assert model.evaluate(x, x[:, :2]) == model.evaluate({"a": x}, {"o": x[:, :2]})
    with pytest.raises(DataError, match="inputs of the model are called a; received b"):
        model.predict({"b": x})


def test_layers_of_two_models_meet_in_a_third(x):
    symbol = Input((4,))
    one, other = Dense(3), Dense(3)
    first, second = Model(symbol, one(symbol)), Model(symbol, other(symbol))
    assert names(first) == names(second) == ["dense"]
    both = Model(symbol, Add()([one(symbol), other(symbol)]))
    assert names(both) == ["dense", "dense_1", "add"]
    assert [weight.name for weight in both.weights] == ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]
    np.testing.assert_allclose(both.predict(x), first.predict(x) + second.predict(x), rtol=1e-5, atol=1e-6)


def test_a_new_name_is_free_in_every_model_of_the_layer():
    one, other, third = Dense(3, input_shape=(4,)), Dense(3), Dense(3)
    first, second = Sequential([one]), Sequential([other, third])
    assert names(second) == ["dense", "dense_1"]
    both = Sequential([one, other])
    assert len(set(names(both))) == 2
    assert len(set(names(second))) == 2
    assert names(first) == ["dense"]
    with pytest.raises(ValueError, match="Two layers"):
        Sequential([Dense(1, name="a"), Dense(1, name="a")])


def test_weights_of_a_model_in_a_model_are_called_after_both(x):
    base = Sequential([Dense(3, input_shape=(4,))], name="base")
    model = Sequential([base, Dense(2)])
    assert [weight.name for weight in model.weights] == [
        "base/dense/kernel", "base/dense/bias", "dense/kernel", "dense/bias"
    ]  # fmt: skip
    before = base.get_weights()[0]
    model.compile(nbnet.optimizers.SGD(0.1, groups={"base/*": {"lr_scale": 0.0}}), "mse")
    model.train_on_batch(x, x[:, :2])
    np.testing.assert_array_equal(base.get_weights()[0], before)
    Sequential([base, Dense(1)])
    assert base.weights[0].name == "base/dense/kernel"  # once


def test_slices_and_margins_keep_the_batch(x, tmp_path):
    symbol = Input((4,))
    parts = [symbol[:, 1:3], symbol[:, ::-1], symbol[:, 0][:, None], ops.pad(symbol, ((0, 0), (1, 2)))]
    model = Model(symbol, ops.concatenate(parts, axis=1))
    model.save(tmp_path / "m.nbnet")
    for size in (1, 2, 5):
        data = x[:size]
        expected = np.concatenate([data[:, 1:3], data[:, ::-1], data[:, :1], np.pad(data, ((0, 0), (1, 2)))], axis=1)
        np.testing.assert_array_equal(model.predict(data), expected)
        np.testing.assert_array_equal(nbnet.load(tmp_path / "m.nbnet").predict(data), expected)
    for cut in (symbol[0:1], symbol[1:], symbol[::-1]):
        with pytest.raises(ShapeError, match="batch size"):
            Model(symbol, cut)


def test_every_kind_of_op_between_layers_is_saved(x, tmp_path):
    symbol = Input((4,))
    numbers = ops.argmax(symbol, axis=-1)
    table = ops.gather(np.arange(12, dtype="f").reshape(4, 3), numbers)
    square = ops.reshape(symbol, (-1, 2, 2))
    parts = [
        table, ops.one_hot(numbers, 4), ops.softmax(symbol, axis=-1), ops.cast(symbol > 0, "float32"),
        ops.sum(ops.transpose(square, (0, 2, 1)) @ square, axis=2), ops.where(symbol > 0, symbol, 0.5),
        *(op(symbol, axis=1, keepdims=True) for op in (ops.mean, ops.max, ops.min, ops.logsumexp)),
        ops.broadcast_to(symbol[:, :1], (2, 3)),
    ]  # fmt: skip
    model = Model(symbol, ops.concatenate(parts, axis=1))
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet").predict(x)
    np.testing.assert_array_equal(found, model.predict(x))
    np.testing.assert_array_equal(found[:, :3], np.arange(12).reshape(4, 3)[x.argmax(1)])
    np.testing.assert_allclose(found[:, -7], x.mean(1), rtol=1e-5, atol=1e-6)


def test_whole_numbers_do_not_wrap_between_layers():
    symbol = Input((2,))
    model = Model(symbol, symbol + symbol)
    np.testing.assert_array_equal(model.predict(np.full((1, 2), 200, "uint8")), [[400.0, 400.0]])
    whole = Input((2,), "uint8")
    assert Model(whole, whole + whole).predict(np.full((1, 2), 200, "uint8")).dtype == np.uint8


def test_numbers_from_other_layers_as_input(tmp_path):
    numbers = ops.argmax(Input((4,)), axis=-1)
    model = Model(numbers, Embedding(4, 3)(numbers))
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet")
    np.testing.assert_array_equal(found.predict(np.array([1, 2])), model.predict(np.array([1, 2])))
    assert found.inputs[0].dtype == np.int64


def test_a_layer_in_two_inner_models_stays_one_when_saved(x, tmp_path):
    symbol, shared = Input((4,)), Dense(4)
    one, other = Model(symbol, shared(symbol), name="one"), Model(symbol, ops.tanh(shared(symbol)), name="other")
    model = Model(symbol, Add()([one(symbol), other(symbol)]))
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.nbnet")
    for found in (nbnet.load(tmp_path / "m.nbnet"), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert len(found.weights) == 2
        assert found.layers[0].layers[0] is found.layers[1].layers[0]
        np.testing.assert_array_equal(found.predict(x), model.predict(x))


class Made(Layer):
    """Makes a model of symbols where it is built."""

    def build(self, input_shape):
        symbol = Input(input_shape[1:])
        self.network = Model(symbol, Dense(3)(symbol))

    def call(self, x):
        return self.network(x)


class Growing(Layer):
    """Adds to a list where it is built."""

    def __init__(self):
        super().__init__()
        self.blocks = []

    def build(self, input_shape):
        self.blocks.extend([Dense(3), Dense(2)])

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def test_build_may_make_models_and_lists(x):
    model = Sequential([Made(input_shape=(4,))])
    assert model.predict(x).shape == (12, 3)
    assert [weight.name for weight in model.weights] == ["made/model/dense/kernel", "made/model/dense/bias"]
    symbol, layer = Input((4,)), Growing()
    assert len(Model(symbol, layer(symbol)).weights) == 4
    assert len(layer.blocks) == 2


def test_copies_of_layers_have_memory_of_their_own(x):
    symbol, layer = Input((4,)), Dense(2)
    Model(symbol, layer(symbol))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.kernel.address == other.kernel.storage.ctypes.data != layer.kernel.address
        assert other.kernel.address % 64 == 0
        before = layer.kernel.numpy(), other.kernel.numpy()
        model = Sequential([other])
        model.compile("sgd", "mse")
        model.train_on_batch(x, x[:, :2])
        np.testing.assert_array_equal(layer.kernel.numpy(), before[0])
        assert not np.array_equal(other.kernel.numpy(), before[1])


Pair = namedtuple("Pair", "left right")


class Paired(Model):
    def __init__(self):
        super().__init__()
        self.left = Dense(2)

    def call(self, x):
        return Pair(self.left(x), x * 2.0)


def test_named_tuples_of_outputs(x):
    model = Paired()
    found = model.predict(x, batch_size=5)
    assert isinstance(found, Pair)
    np.testing.assert_array_equal(found.right, x * 2)


@pytest.fixture
def pair():
    symbol = Input((4,))
    model = Model(symbol, [Dense(1, name="a")(symbol), Dense(1, name="b")(symbol)])
    model.compile("sgd", "mse", loss_weights=[np.float32(1), np.float64(2)], weighted_metrics=["mae"])
    return model


def test_weights_for_some_outputs(pair, x):
    y, weights = [x[:, :1], x[:, 1:2]], np.linspace(0, 2, 12)
    expected = pair.evaluate(x, y, sample_weight={"a": weights}, return_dict=True)
    assert expected["loss"] == pytest.approx(expected["a_loss"] + 2 * expected["b_loss"], rel=1e-5)
    assert expected["a_loss"] != pytest.approx(pair.evaluate(x, y, return_dict=True)["a_loss"], rel=1e-3)
    for given in ([weights, None], {"a": weights, "b": None}, [list(weights), [1.0] * 12]):
        assert pair.evaluate(x, y, sample_weight=given, return_dict=True) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(DataError, match="weight for each of 12 samples"):
        pair.evaluate(x, y, sample_weight=[1.0, 2.0])


def test_metrics_for_each_output_in_a_plain_list(pair, x):
    y = [x[:, :1], x[:, 1:2]]
    pair.compile("sgd", "mse", metrics=["mae", "mse"])
    assert list(pair.evaluate(x, y, return_dict=True))[3:] == ["a_mae", "b_mse"]
    pair.compile("sgd", "mse", metrics=["mae"])
    assert list(pair.evaluate(x, y, return_dict=True))[3:] == ["a_mae", "b_mae"]


class Scored(Model):
    """Outputs in a dict, whose names nobody knows before the first call."""

    def __init__(self):
        super().__init__()
        self.score = Dense(1, kernel_initializer="ones")

    def call(self, x):
        return {"k": self.score(x), "s": self.score(x)}


def test_metrics_by_name_adapt_to_the_loss_also_after_loading(x, tmp_path):
    model = Scored()
    model.compile("sgd", {"k": nbnet.losses.BinaryCrossentropy(from_logits=True)}, metrics={"k": ["accuracy"]})
    model.build((None, 4))
    model.save(tmp_path / "m.nbnet")
    found = nbnet.load(tmp_path / "m.nbnet", custom_objects={"Scored": Scored})
    y = {"k": (x.sum(1) > 0).astype("f")}
    assert found.evaluate(x, y, return_dict=True)["k_accuracy"] == 1.0
    assert found.evaluate(x, y) == model.evaluate(x, y)


def test_outputs_within_outputs_are_predicted_and_not_trained(x):
    symbol = Input((4,))
    model = Model(symbol, {"a": [Dense(1)(symbol), Dense(2)(symbol)], "b": Dense(3)(symbol)})
    assert [part.shape for part in model.predict(x)["a"]] == [(12, 1), (12, 2)]
    model.compile("sgd", "mse")
    with pytest.raises(ShapeError, match="output 'a' of model 'model' is a list of outputs"):
        model.evaluate(x, {"a": [x[:, :1], x[:, :2]], "b": x[:, :3]})
