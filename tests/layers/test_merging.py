"""Layers of several inputs: in models, with plain arrays, and what is said of inputs that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Input, Model, function, load
from nbnet.errors import ArgumentError, ShapeError
from nbnet.layers import Add, Average, Concatenate, Dense, Dot, Flatten, Maximum, Merge, Multiply, Subtract
from nbnet.optimizers import Adam


class Residual(Model):
    """x + f(x) beside f(x) · x."""

    def __init__(self, name=None):
        super().__init__(name=name)
        self.inner, self.add, self.multiply = Dense(3, activation="tanh"), Add(), Multiply()
        self.join, self.head = Concatenate(), Dense(1)

    def call(self, x):
        y = self.inner(x)
        return self.head(self.join([self.add([x, y]), self.multiply([x, y])]))


def test_a_model_with_branches_learns(rng, seed):
    x = rng.normal(size=(64, 3)).astype("float32")
    y = (x[:, :1] * x[:, :1]).astype("float32")
    model = Residual()
    model.compile(Adam(0.02), "mse")
    history = model.fit(x, y, epochs=30, batch_size=64, verbose=0)
    assert history.history["loss"][-1] < 0.8 * history.history["loss"][0]
    inner = model.inner(x)
    joined = np.concatenate([x + inner, x * inner], axis=1)
    kernel, bias = model.head.get_weights()
    np.testing.assert_allclose(model.predict(x), joined @ kernel + bias, rtol=1e-4, atol=1e-5)


def test_functional_models_merge_and_are_saved(rng, tmp_path):
    a, b = Input((3,), name="a"), Input((2, 3), name="b")
    near = Dot((1, 2), normalize=True)([a, b])
    both = Add()([a, b])
    model = Model([a, b], Concatenate()([Flatten()(both), near, Dense(2)(a)]))
    given = [rng.normal(size=(5, 3)).astype("float32"), rng.normal(size=(5, 2, 3)).astype("float32")]
    y = model.predict(given)
    assert (model.output_shape, y.shape) == ((None, 10), (5, 10))
    np.testing.assert_allclose(y[:, :6].reshape(5, 2, 3), given[0][:, None] + given[1], rtol=1e-6)
    with pytest.raises(ShapeError, match=r"Add 'add.*\(None, 3\), \(None, 2, 4\)"):
        Add()([a, Input((2, 4))])
    model.save(tmp_path / "model.nbnet")
    np.testing.assert_array_equal(load(tmp_path / "model.nbnet").predict(given), y)


def test_lists_of_arrays_and_of_tensors_give_the_same(rng):
    a, b = rng.normal(size=(2, 4, 3)).astype("float32")
    layer = Maximum()
    np.testing.assert_array_equal(function(lambda a, b: layer([a, b]))(a, b), layer([a, b]))
    np.testing.assert_array_equal(layer((a, b)), np.maximum(a, b))


def test_inputs_are_cast_to_the_dtype_of_the_layer():
    counts = np.array([[1, 2]], "int64")
    assert Average()([counts, counts]).dtype == np.float32
    assert Average(dtype="float64")([counts, counts]).dtype == np.float64
    assert Concatenate()([counts, counts]).dtype == np.int64  # it computes nothing


def test_the_cosine_of_nothing_is_nothing():
    zero, x = np.zeros((2, 3), "float32"), np.ones((2, 3), "float32")
    np.testing.assert_array_equal(Dot(1, normalize=True)([zero, x]), np.zeros((2, 1)))


def test_a_merge_of_ones_own(rng):
    class Distance(Merge):
        takes = 2

        def merge(self, tensors):
            return (tensors[0] - tensors[1]) ** 2

    a, b = rng.normal(size=(2, 4, 3)).astype("float32")
    np.testing.assert_allclose(Distance()([a, b]), (a - b) ** 2, rtol=1e-6)
    with pytest.raises(ArgumentError, match="Distance 'distance' takes 2 tensors; received 3"):
        Distance()([a, b, a])
    with pytest.raises(NotImplementedError, match=r"Merge defines no merge\(tensors\)"):
        Merge()([a, b])


@pytest.mark.parametrize(
    ("make", "shapes", "error", "message"),
    [
        (
            lambda: Add(name="sum"),
            [(4, 3), (4, 2)],
            ShapeError,
            r"Add 'sum' expects shapes that broadcast .* \(None, 3\), \(None, 2\)\. Bring them to one shape",
        ),
        (Average, [(4, 3), (4, 3, 3), (4, 2, 3)], ShapeError, r"\(None, 3\), \(None, 3, 3\), \(None, 2, 3\)"),
        (Multiply, [(4, 3), (1, 3)], ShapeError, r"one batch size; received \(4, 3\), \(1, 3\)"),
        (Subtract, [(4, 3)], ArgumentError, "Subtract 'subtract' takes 2 tensors; received 1"),
        (Subtract, [(4, 3)] * 3, ArgumentError, "takes 2 tensors; received 3"),
        (Add, [], ArgumentError, "takes one or more tensors; received 0"),
        (
            Concatenate,
            [(4, 3), (4, 2, 3)],
            ShapeError,
            r"Concatenate 'concatenate' expects shapes that are equal except along axis -1; received .*Flatten",
        ),
        (lambda: Concatenate(1), [(4, 3, 2), (4, 3, 3)], ShapeError, "equal except along axis 1"),
        (lambda: Concatenate(0), [(4, 3), (4, 3)], ShapeError, "works on axis 0.*axis 0 is that of the batch"),
        (lambda: Concatenate(2), [(4, 3), (4, 3)], ShapeError, r"works on axis 2; .* Name axes 1 or -1"),
        (lambda: Dot(1), [(4, 3), (4, 2)], ShapeError, r"Dot 'dot' expects one size on axes \(1, 1\).*3 and 2 there"),
        (lambda: Dot((1, 2)), [(4, 3), (4, 3)], ShapeError, "works on axis 2"),
        (lambda: Dot(1), [(4, 3), (5, 3)], ShapeError, "one batch size"),
        (lambda: Dot(0), [(4, 3), (4, 3)], ShapeError, "axis 0 is that of the batch"),
    ],
)
def test_wrong_inputs(make, shapes, error, message):
    with pytest.raises(error, match=message):
        make()([np.ones(shape, "float32") for shape in shapes])


def test_not_a_list():
    with pytest.raises(ArgumentError, match=r"Add 'add' is called with a list of one or more tensors, such as layer"):
        Add()(np.ones((4, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dot(None), "Dot expects axis to be an int or several ints; received None"),
        (lambda: Dot((1, 2, 3)), r"Dot expects axes to be an int or two ints; received \(1, 2, 3\)"),
        (lambda: Dot((1,)), "an int or two ints"),
        (lambda: Concatenate((1, 2)), r"Concatenate expects one int as axis; received \(1, 2\)"),
        (lambda: Add(axis=1), "Add takes no argument 'axis'"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
