"""Reshape, Permute, RepeatVector, Identity and Lambda: dtypes, errors, and functions in files."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Sequential, load
from nbnet.errors import ArgumentError, SavedModelError, ShapeError
from nbnet.layers import Dense, Identity, Lambda, Permute, RepeatVector, Reshape


@pytest.mark.parametrize("layer", [Reshape((3, 2)), Permute((1,)), RepeatVector(2), Identity()])
def test_what_computes_nothing_keeps_the_dtype(layer):
    x = np.arange(12, dtype="uint8").reshape(2, 6)
    assert layer(x).dtype == np.uint8


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (
            lambda: Reshape((2, 2), name="grid"),
            (5, 6),
            r"Reshape 'grid' makes samples of shape \(2, 2\);.*of 6 numbers",
        ),
        (lambda: Reshape((-1, 4)), (5, 6), "Give a shape of 6 numbers"),
        (lambda: Permute((2, 1)), (5, 6), r"Permute 'permute' orders 2 axes, \(2, 1\);.*samples have 1"),
        (lambda: RepeatVector(2), (5, 2, 3), "RepeatVector 'repeat_vector' expects input .batch, features.*Flatten"),
        (lambda: Lambda(lambda x: x, output_shape=(2,)), (5, 3), r"Lambda 'lambda' was given output_shape=\(2,\)"),
        (lambda: Lambda(lambda x: None), (5, 3), "Does it end with return"),
    ],
)
def test_wrong_input(make, shape, message):
    with pytest.raises(ShapeError, match=message):
        make()(np.ones(shape, "float32"))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Reshape((2, 0)), ShapeError, r"Reshape expects target_shape.*received \(2, 0\)"),
        (lambda: Reshape((-1, -1)), ShapeError, "at most one -1"),
        (lambda: Reshape((2.5,)), ShapeError, "positive sizes"),
        (lambda: Permute((0, 1)), ShapeError, r"counted from 1, such as \(2, 1\); received \(0, 1\)"),
        (lambda: Permute((1, 1)), ShapeError, "once"),
        (lambda: Permute((1, 3)), ShapeError, "once"),
        (lambda: RepeatVector(0), ShapeError, "RepeatVector expects a positive int as n; received 0"),
        (lambda: RepeatVector(1.0), ShapeError, "received 1.0"),
        (lambda: Lambda("relu"), ArgumentError, "Lambda expects a function of one tensor; received 'relu'"),
        (lambda: Lambda(abs, mask=abs), ArgumentError, "there are no masks"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


def doubled(x):
    return x * 2


def test_a_function_in_a_file_is_its_name(tmp_path):
    x = np.ones((2, 3), "float32")
    model = Sequential([Dense(2, input_shape=(3,)), Lambda(doubled)])
    model.save(tmp_path / "model.nbnet")
    with pytest.raises(SavedModelError, match=r"uses 'doubled', which is not part of nbnet. Pass it: .*custom_objects"):
        load(tmp_path / "model.nbnet")
    again = load(tmp_path / "model.nbnet", custom_objects={"doubled": doubled})
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_a_lambda_may_be_told_whether_it_trains():
    layer = Lambda(lambda x, training: x * (2 if training else 1))
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(layer(x, training=True), 2 * x)
    np.testing.assert_array_equal(layer(x), x)
