"""Layers of one's own: build and call suffice; what is set as an attribute belongs to the layer."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from nbnet import Variable, ops, set_seed
from nbnet.errors import NotBuiltError, ShapeError
from nbnet.graph.graph import make_input, topological
from nbnet.graph.trace import Trace, tracing
from nbnet.layers import Dense, Dropout, Layer
from nbnet.runtime.function import Function


class Scale(Layer):
    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", "factor")

    def call(self, x):
        return x * self.factor


class Block(Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.before = Dense(units, activation="relu")
        self.rest = [Dense(units), {"drop": Dropout(0.5)}]
        self.shift = Variable(np.zeros(units, "float32"), name="shift")

    def call(self, x, training=False):
        seen.append(training)
        x = self.rest[0](self.before(x))
        return self.rest[1]["drop"](x) + self.shift


class Lazy(Layer):
    """Does not call the base's constructor."""

    def __init__(self, units):
        self.inner = Dense(units)

    def call(self, x):
        return self.inner(x)


seen: list[bool] = []


def test_build_and_call_suffice():
    layer = Scale()
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(layer(x), x)
    assert layer.built
    assert layer.input_shape == layer.output_shape == (None, 3)
    assert layer.get_config() == {
        "name": "scale", "trainable": True, "dtype": "float32", "input_shape": None, "input_dim": None,
    }  # fmt: skip


def test_members_belong_to_the_layer():
    block = Block(4, name="block")
    block(np.ones((2, 3), "float32"))
    assert [weight.name for weight in block.weights] == [
        "shift", "block/before/kernel", "block/before/bias", "block/rest_0/kernel", "block/rest_0/bias",
    ]  # fmt: skip
    assert block.count_params() == 4 + 16 + 20
    block.before.trainable = False
    assert len(block.trainable_weights) == 3
    block.trainable = False
    assert block.trainable_weights == []
    assert not block.rest[0].trainable
    assert block.get_config()["units"] == 4


def test_training_reaches_the_layers_inside():
    block = Block(50)
    run = Function(lambda x, training: block(x, training=training), eager=True)
    x = np.ones((4, 3), "float32")
    seen.clear()
    quiet = run(x, False)
    np.testing.assert_array_equal(quiet, run(x, False))
    assert (run(x, True) == 0).mean() > 0.2
    assert seen == [False, False, True]


def test_weights_of_equal_layers_inside_differ():
    class Twins(Layer):
        def build(self, input_shape):
            self.a, self.b = Dense(4), Dense(4)

        def call(self, x):
            return self.a(x) + self.b(x)

    twins = Twins()
    twins(np.ones((1, 3)))
    assert not np.array_equal(twins.a.kernel.numpy(), twins.b.kernel.numpy())


def test_weights_are_a_function_of_the_seed(seed):
    def kernel():
        layer = Dense(3)
        layer(np.ones((1, 2)))
        return layer.kernel.numpy()

    first = kernel()
    np.testing.assert_array_equal(first, kernel())
    set_seed(seed + 1)
    assert not np.array_equal(first, kernel())


def test_a_constructor_need_not_call_the_base():
    layer = Lazy(2)
    assert layer(np.ones((1, 3))).shape == (1, 2)
    assert layer.get_config() == {"units": 2}


def test_calling_build_by_hand_does_not_double_the_weights():
    layer = Dense(2)
    layer.build((None, 3))
    layer(np.ones((1, 3)))
    assert len(layer.weights) == 2


def test_get_and_set_weights():
    layer = Dense(2)
    with pytest.raises(NotBuiltError, match="input_shape="):
        layer.set_weights([])
    layer(np.ones((1, 3)))
    kernel, bias = np.arange(6.0).reshape(3, 2), np.ones(2)
    layer.set_weights([kernel, bias])
    np.testing.assert_array_equal(layer.get_weights()[0], kernel)
    with pytest.raises(ShapeError, match="has 2 weights; received 1"):
        layer.set_weights([kernel])
    with pytest.raises(ShapeError, match=r"shape \(2,\); received an array of shape \(3,\)"):
        layer.set_weights([kernel + 1, np.ones(3)])
    np.testing.assert_array_equal(layer.get_weights()[0], kernel)  # nothing was set


def test_nodes_know_layer_and_line():
    layer = Scale(name="mine")
    dense = Dense(2, name="theirs")
    line = inspect.currentframe().f_lineno - 1
    leaf = make_input((2, 3), np.dtype("float32"))
    with tracing(Trace()):
        y = dense(layer(leaf))
    origins = {node.op.name: node.origin for node in topological([y]) if node.origin}
    assert origins["multiply"].layer == "mine"
    assert origins["multiply"].source == "return x * self.factor"
    assert (origins["matmul"].layer, origins["matmul"].line) == ("theirs", line)


def test_errors_name_the_innermost_layer():
    class Bad(Layer):
        def call(self, x):
            return ops.reshape(x, (7,))

    class Around(Layer):
        def build(self, input_shape):
            self.bad = Bad(name="crooked")

        def call(self, x):
            return self.bad(x)

    with pytest.raises(ShapeError, match=r"Bad 'crooked' \(test_custom_layer.py:\d+\), given input of shape \(2, 3\)"):
        Around()(np.ones((2, 3)))


def test_call_without_return():
    class Forgetful(Layer):
        def call(self, x):
            x + 1

    with pytest.raises(ShapeError, match="Does it end with return"):
        Forgetful()(np.ones((2, 3)))


def test_the_base_alone_computes_nothing():
    with pytest.raises(NotImplementedError, match="defines no call"):
        Layer()(np.ones((1, 1)))
