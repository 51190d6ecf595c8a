"""The table of a model: chains, connections, models in models."""

from __future__ import annotations

import numpy as np

from nbnet import Input, Model, Sequential
from nbnet.layers import Concatenate, Dense, Dropout


def network():
    left, right, symbol = Input((4,), name="left"), Input((3,), name="right"), Input((4,))
    deep = Sequential([Dense(3, input_shape=(5,)), Dropout(0.1)], name="deep")
    inner = Model(symbol, deep(Dense(5)(symbol)), name="inner")
    joined = Concatenate()([inner(left), right * 2.0])
    return Model([left, right], [Dense(2, name="kind")(joined), Dense(1, name="size")(inner(left))])


def lines(model, **options):
    found = []
    model.summary(line_length=120, print_fn=found.append, **options)
    return [" ".join(line.split()) for line in found[0].splitlines()]


def test_connections_are_shown():
    text = lines(network())
    assert "Layer (type) Output shape Param # Connected to" in text
    for row in ("left (Input) (None, 4) 0 -", "inner (Model, 2 layers) (None, 3) 43 left",
                "concatenate (Concatenate) (None, 6) 0 inner, right", "kind (Dense) (None, 2) 14 concatenate",
                "size (Dense) (None, 1) 4 inner"):  # fmt: skip
        assert row in text
    assert not any("deep" in row for row in text)


def test_a_chain_has_no_connections():
    symbol = Input((4,))
    text = lines(Model(symbol, Dense(2)(Dense(3)(symbol))))
    assert "Layer (type) Output shape Param #" in text
    assert text[4:6] == ["dense (Dense) (None, 3) 15", "dense_1 (Dense) (None, 2) 8"]


def test_models_inside_are_opened():
    model = network()
    model.layers[0].layers[1].trainable = False
    text = lines(model, expand_nested=True, show_trainable=True)
    for row in ("inner (Model, 2 layers) (None, 3) 43 Y left", "└ dense (Dense) (None, 5) 25 Y",
                "└ deep (Sequential, 2 layers) (frozen) (None, 3) 18 N", "└ dense (Dense) (frozen) (None, 3) 18 N",
                "└ dropout (Dropout) (None, 3) 0 -", "Trainable params: 43"):  # fmt: skip
        assert row in text


def test_a_model_of_ones_own():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.encoder, self.head = Sequential([Dense(2)]), Dense(1)

        def call(self, x):
            return {"a": self.head(self.encoder(x))}

    model = Own()
    assert "encoder (Sequential, 1 layer) ? 0 (unbuilt)" in lines(model, expand_nested=True)
    model.predict(np.ones((2, 3), "f"))
    assert "└ dense (Dense) (None, 2) 8" in lines(model, expand_nested=True)
