"""Regularizers and constraints of layers: where they are kept, and what penalties of activities add to a loss."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Sequential, constraints, ops, regularizers
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.trace import Trace, tracing
from nbnet.layers import (
    ActivityRegularization,
    BatchNormalization,
    Dense,
    Embedding,
    Flatten,
    LayerNormalization,
)
from nbnet.layers.layer import Layer


def penalties(layer, x, training=True):
    """The numbers that a call adds to the loss."""
    leaf, trace = make_input(x.shape, x.dtype), Trace()
    with tracing(trace):
        layer(leaf, training=training)
    return [float(value) for value in evaluate(Graph((leaf,), tuple(trace.losses)), [x])]


def test_activity_is_penalised_by_the_sample(rng):
    x = rng.normal(size=(4, 5)).astype("float64")
    layer = ActivityRegularization(l1=0.1, l2=0.3, dtype="float64")
    expected = (0.1 * np.abs(x).sum() + 0.3 * np.square(x).sum()) / 4
    assert penalties(layer, x) == [pytest.approx(expected, rel=1e-12)]
    twice = np.concatenate([x, x])
    assert penalties(layer, twice) == [pytest.approx(expected, rel=1e-12)]
    assert penalties(ActivityRegularization(), x) == []


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (lambda regularizer: Dense(3, activation="relu", activity_regularizer=regularizer, dtype="float64"), None),
        (lambda regularizer: Embedding(6, 2, activity_regularizer=regularizer, dtype="float64"), [[0, 5], [1, 1]]),
    ],
)
def test_the_output_of_a_layer_is_penalised(make, x, rng):
    x = rng.normal(size=(4, 5)) if x is None else np.array(x)
    layer = make(regularizers.L2(0.3))
    y = layer(x)
    assert penalties(layer, x) == [pytest.approx(0.3 * np.square(y).sum() / len(x), rel=1e-12)]
    assert penalties(layer, x, training=False) == penalties(layer, x)
    assert penalties(make(None), x) == []


def test_penalties_of_inner_layers_come_with_those_of_the_outer(rng):
    class Two(Layer):
        def build(self, input_shape):
            self.first = Dense(3, activity_regularizer=lambda y: ops.sum(y))
            self.second = ActivityRegularization(l2=1.0)

        def call(self, x):
            return self.second(self.first(x))

    assert len(penalties(Two(), rng.normal(size=(4, 5)).astype("float32"))) == 2


def test_a_penalty_that_is_no_number_is_refused(rng):
    with pytest.raises(ValueError, match=r"Dense 'dense'\.add_loss expects one number; received shape \(4, 3\)"):
        penalties(Dense(3, activity_regularizer=lambda y: y), rng.normal(size=(4, 5)).astype("float32"))


KEPT = {
    "Dense": (Dense, (3,), {"kernel": "kernel", "bias": "bias"}),
    "BatchNormalization": (BatchNormalization, (), {"gamma": "gamma", "beta": "beta"}),
    "LayerNormalization": (LayerNormalization, (), {"gamma": "gamma", "beta": "beta"}),
    "Embedding": (Embedding, (4, 2), {"embeddings": "embeddings"}),
}


@pytest.mark.parametrize("name", KEPT)
def test_weights_carry_the_regularizer_and_constraint_they_were_given(name):
    layer_type, args, weights = KEPT[name]
    given = {f"{weight}_regularizer": regularizers.L2(0.1 * place) for place, weight in enumerate(weights, 1)}
    given |= {f"{weight}_constraint": constraints.MaxNorm(float(place)) for place, weight in enumerate(weights, 1)}
    layer = layer_type(*args, **given)
    layer = type(layer).from_config(layer.get_config())
    layer(np.ones((2, 3), "float32") if name != "Embedding" else np.zeros((2, 3), "int32"))
    for place, weight in enumerate(weights, 1):
        variable = getattr(layer, weight)
        assert variable.regularizer.l2 == pytest.approx(0.1 * place)
        assert variable.constraint.max_value == place
    others = [variable for variable in layer.weights if not variable.trainable]
    assert all(variable.regularizer is None and variable.constraint is None for variable in others)
    plain = layer_type(*args)
    plain(np.ones((2, 3), "float32") if name != "Embedding" else np.zeros((2, 3), "int32"))
    assert all(variable.regularizer is None and variable.constraint is None for variable in plain.weights)


def test_names_of_regularizers_and_constraints():
    layer = Dense(2, kernel_regularizer="l2", bias_constraint="non_neg")
    assert isinstance(layer.kernel_regularizer, regularizers.L2)
    assert isinstance(layer.bias_constraint, constraints.NonNeg)
    with pytest.raises(LookupError, match="Unknown regularizer 'l3'"):
        Dense(2, kernel_regularizer="l3")


@pytest.mark.parametrize("value", [-0.1, float("inf"), float("nan")])
def test_wrong_factors(value):
    with pytest.raises(ValueError, match="ActivityRegularization expects l1 to be a finite number >= 0"):
        ActivityRegularization(l1=value)


def test_layers_without_a_penalty_take_no_such_argument():
    with pytest.raises(TypeError, match="Flatten takes no argument 'kernel_regularizer'"):
        Flatten(kernel_regularizer="l2")


def test_training_makes_penalised_activities_and_weights_small(rng, seed):
    x = rng.normal(size=(32, 3)).astype("float32")

    def trained(**penalties):
        hidden = Dense(4, **penalties)
        model = Sequential([hidden, Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, x[:, :1], epochs=30, verbose=0)
        return np.square(hidden(x)).mean(), np.square(hidden.kernel.numpy()).mean()

    plain, active, heavy = trained(), trained(activity_regularizer="l2"), trained(kernel_regularizer="l2")
    assert active[0] < plain[0]
    assert heavy[1] < plain[1]
