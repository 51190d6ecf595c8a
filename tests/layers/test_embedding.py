"""Embedding: which numbers it takes, what is said of the others, and what training changes."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Sequential, function
from nbnet.errors import ArgumentError, DataError, ShapeError
from nbnet.layers import Dense, Embedding, Flatten, Input


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32", "float64"])
def test_whole_numbers_of_any_dtype(dtype):
    layer = Embedding(5, 3)
    x = np.array([[0, 4], [2, 2]], dtype)
    expected = layer(x)
    np.testing.assert_array_equal(expected, layer.embeddings.numpy()[x.astype(int)])
    np.testing.assert_array_equal(function(lambda x: layer(x))(x), expected)
    assert expected.dtype == np.float32


def test_bools_are_two_rows():
    layer, x = Embedding(2, 3), np.array([True, False])
    np.testing.assert_array_equal(function(lambda x: layer(x))(x), layer(x))
    np.testing.assert_array_equal(layer(x), layer.embeddings.numpy()[[1, 0]])


@pytest.mark.parametrize(
    ("bad", "dtype"),
    [(5, "int64"), (-1, "int64"), (-1, "int32"), (-5, "int64"), (5, "uint8"), (5, "float32"), (-1, "float32"),
     (-0.5, "float32"), (1.5, "float32"), (np.nan, "float32"), (3e9, "float32"), (np.inf, "float64")],
)  # fmt: skip
def test_other_numbers_are_errors(bad, dtype):
    layer = Embedding(5, 3, name="words")
    x = np.array([[0, 4], [2, bad]], dtype)
    with pytest.raises(DataError, match=r"Embedding 'words' expects whole numbers from 0 to 4; received .* \(1, 1\)"):
        layer(x)
    with pytest.raises(DataError, match=r"position 3 of the indices given to ops\.gather"):
        function(lambda x: layer(x))(x)


def test_a_model_that_begins_with_it_learns_only_rows_it_has_seen(seed):
    model = Sequential([Embedding(6, 2, input_shape=(2,)), Flatten(), Dense(1)])
    assert model.output_shape == (None, 1)
    model.compile("sgd", "mse")
    before = model.layers[0].embeddings.numpy()
    x = np.array([[0, 1], [3, 1], [0, 3]])
    model.fit(x, np.array([[1.0], [2.0], [3.0]], "float32"), epochs=3, verbose=0)
    moved = (model.layers[0].embeddings.numpy() != before).any(axis=1)
    assert moved.tolist() == [True, True, False, True, False, False]


def test_behind_an_input_of_integers():
    model = Sequential([Input((3,), dtype="int32"), Embedding(4, 2)])
    assert model.output_shape == (None, 3, 2)
    assert model.predict(np.zeros((2, 3), "int64")).shape == (2, 3, 2)


def test_the_table_is_drawn_as_in_keras(seed):
    layer = Embedding(1000, 4)
    layer(np.zeros((1, 1), "int32"))
    table = layer.embeddings.numpy()
    assert layer.weights[0].name == "embedding/embeddings"
    assert abs(table).max() <= 0.05
    assert table.std() == pytest.approx(0.05 / np.sqrt(3), rel=0.05)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Embedding(0, 3), ShapeError, "Embedding expects a positive int as input_dim; received 0"),
        (lambda: Embedding(3, 2.0), ShapeError, "output_dim; received 2.0"),
        (lambda: Embedding(3, 2, mask_zero=True), ArgumentError, "mask_zero=True.*not available.*mask_zero=False"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
