"""Normalization with adapt, layer and batch normalization: statistics, weights, precision and errors."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Sequential, grad, load, ops
from nbnet.errors import ArgumentError, DataError, ShapeError
from nbnet.layers import BatchNormalization, Dense, Dot, LayerNormalization, Normalization, Rescaling, UnitNormalization
from nbnet.runtime.function import Function
from tests.naive.layers import batch_statistics


def trained(layer, x):
    """The layer's output in training; its averages move."""
    return Function(lambda x: layer(x, training=True), eager=True)(x)


# -- Normalization ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None])
def test_adapt_finds_mean_and_variance(axis, rng):
    x = rng.normal(3, 2, size=(50, 4, 3))
    layer = Normalization(axis=axis, dtype="float64")
    layer.adapt(x)
    others = {-1: (0, 1), 1: (0, 2), (1, 2): 0, None: None}[axis]
    np.testing.assert_allclose(layer.mean.numpy(), x.mean(axis=others), rtol=1e-12)
    np.testing.assert_allclose(layer.variance.numpy(), x.var(axis=others), rtol=1e-12)
    y = layer(x)
    np.testing.assert_allclose(y.mean(axis=others), np.zeros(layer.mean.shape), atol=1e-12)
    np.testing.assert_allclose(y.std(axis=others), np.ones(layer.mean.shape), rtol=1e-12)
    back = Normalization(axis=axis, invert=True, dtype="float64")
    back.adapt(x)
    np.testing.assert_allclose(back(y), x, rtol=1e-10)


def test_batches_give_what_the_whole_gives(rng):
    x = rng.normal(size=(103, 3)) * [1, 10, 100] + [0, 1e4, -1e3]
    whole, parts, pairs = (Normalization(dtype="float64") for _ in range(3))
    whole.adapt(x)
    parts.adapt(x[start : start + 10] for start in range(0, 103, 10))
    pairs.adapt([(x[:50], np.zeros(50)), (x[50:], np.zeros(53))])
    for layer in (parts, pairs):
        np.testing.assert_allclose(layer.mean.numpy(), whole.mean.numpy(), rtol=1e-12)
        np.testing.assert_allclose(layer.variance.numpy(), whole.variance.numpy(), rtol=1e-10)


def test_sums_are_made_in_float64(rng):
    x = (1e4 + rng.normal(size=(20000, 1)) * 1e-2).astype("float32")
    layer = Normalization()
    layer.adapt(x)
    assert layer.variance.numpy()[0] == pytest.approx(x.astype("float64").var(), rel=1e-4)


def test_much_data_goes_in_pieces(rng, monkeypatch):
    from nbnet.layers import normalization

    monkeypatch.setattr(normalization, "_CHUNK", 7)
    x = rng.integers(0, 256, (50, 3)).astype("uint8")
    layer = Normalization(dtype="float64")
    layer.adapt(x)
    np.testing.assert_allclose(layer.mean.numpy(), x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(layer.variance.numpy(), x.var(axis=0), rtol=1e-12)


def test_adapting_again_forgets_and_an_error_leaves_all_as_it_was():
    layer = Normalization()
    layer.adapt([[1.0], [3.0]])
    layer.adapt([[10.0], [30.0]])
    assert (layer.mean.numpy()[0], layer.variance.numpy()[0]) == (20, 100)
    with pytest.raises(DataError, match=r"Normalization 'normalization'\.adapt, batch 1: expected finite numbers"):
        layer.adapt([np.array([[1.0]]), np.array([[np.nan]])])
    assert (layer.mean.numpy()[0], layer.variance.numpy()[0]) == (20, 100)


def test_a_constant_feature_becomes_zero_and_before_adapt_nothing_changes():
    x = np.array([[5.0, 1.0], [5.0, 3.0]], "float32")
    layer = Normalization()
    np.testing.assert_array_equal(layer(x), x)
    layer.adapt(x)
    np.testing.assert_array_equal(layer(x), [[0, -1], [0, 1]])


def test_statistics_are_no_weights_to_train_and_are_saved(rng, tmp_path, seed):
    x = rng.normal(50, 9, size=(40, 3)).astype("float32")
    first, second = Normalization(), Normalization()
    first.adapt(x)
    second.adapt(x / 2)
    model = Sequential([first, Rescaling(0.1), second, Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, x[:, :1] / 50, epochs=2, verbose=0)
    np.testing.assert_allclose(first.mean.numpy(), x.mean(axis=0), rtol=1e-5)
    assert [weight.name for weight in model.trainable_weights] == ["dense/kernel", "dense/bias"]
    model.save(tmp_path / "model.nbnet")
    again = load(tmp_path / "model.nbnet")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    np.testing.assert_array_equal(again.layers[2].mean.numpy(), second.mean.numpy())


def test_adapting_a_model_in_use_changes_what_it_predicts():
    layer = Normalization(input_shape=(1,))
    model = Sequential([layer])
    x = np.array([[2.0], [4.0]], "float32")
    np.testing.assert_array_equal(model.predict(x), x)
    layer.adapt(x)
    np.testing.assert_array_equal(model.predict(x), [[-1], [1]])


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: Normalization(mean=1.0), ArgumentError, "expects mean and variance, or neither; received mean=1.0"),
        (lambda: Normalization(mean=[1, 2], variance=1.0), ShapeError, "of one shape"),
        (lambda: Normalization(mean=1.0, variance=-1.0), ShapeError, "variances >= 0"),
        (lambda: Normalization(axis="last"), ArgumentError, "axis to be an int or several ints; received 'last'"),
        (
            lambda: Normalization(mean=[1, 2], variance=[1, 2])(np.ones((2, 3))),
            ShapeError,
            r"Normalization 'normalization' was given mean and variance of shape \(2,\).*sizes \(3,\)",
        ),
        (lambda: Normalization(mean=1.0, variance=1.0).adapt([[1.0]]), ArgumentError, "leave them out"),
        (lambda: Normalization().adapt([]), DataError, "adapt"),
        (lambda: Normalization().adapt(iter([])), DataError, "expects at least one batch; received none"),
        (lambda: Normalization().adapt(3), DataError, "expects an array or an iterable of batches; received int"),
        (lambda: Normalization().adapt([[1.0], [np.inf]]), DataError, "expected finite numbers"),
        (
            lambda: Normalization().adapt([np.ones((2, 3)), np.ones((2, 4))]),
            ShapeError,
            r"features of shape \(3,\) on axis \(-1,\); adapt\(\) received a batch of shape \(2, 4\)",
        ),
        (lambda: Normalization(axis=0)(np.ones((2, 3))), ShapeError, "axis 0 is that of the batch"),
        (lambda: Normalization(axis=2)(np.ones((2, 3))), ShapeError, "works on axis 2"),
    ],
)
def test_wrong_normalization(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_other_features_than_it_was_built_for():
    layer = Normalization()
    layer.adapt(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"expects sizes \(3,\) on axis \(-1,\); received input of shape \(2, 1\)"):
        layer(np.ones((2, 1)))


# -- BatchNormalization -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "shape"), [(-1, (3,)), (1, (4, 3)), (-2, (2, 4, 3)), (1, (4, 2, 2, 2))])
def test_moving_averages_on_any_axis(axis, shape, rng):
    x = rng.normal(2, 3, size=(16, *shape))
    layer = BatchNormalization(axis=axis, momentum=0.75, dtype="float64")
    trained(layer, x)
    mean, variance = batch_statistics(x, axis)
    assert layer.moving_mean.shape == layer.gamma.shape == (x.shape[axis],)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.25 * mean, rtol=1e-10)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.75 + 0.25 * variance, rtol=1e-10)
    trained(layer, x)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.4375 * mean, rtol=1e-10)


def test_batch_normalization_of_images_trains_and_is_saved(rng, tmp_path, seed):
    x = rng.normal(size=(32, 3, 4)).astype("float32")
    model = Sequential([BatchNormalization(axis=1, input_shape=(3, 4)), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, x.sum(axis=2, keepdims=True), epochs=2, verbose=0)
    assert (model.layers[0].moving_mean.numpy() != 0).all()
    model.save(tmp_path / "model.nbnet")
    np.testing.assert_array_equal(load(tmp_path / "model.nbnet").predict(x), model.predict(x))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BatchNormalization(synchronized=True), ArgumentError, r"synchronized=True\) is not available.*False"),
        (lambda: BatchNormalization(axis=(1, 2)), ArgumentError, r"expects an int as axis.*\(1, 2\)"),
        (lambda: BatchNormalization(axis=None), ArgumentError, "expects an int as axis"),
        (lambda: LayerNormalization(epsilon=-1), ValueError, "LayerNormalization expects epsilon >= 0; received -1"),
        (lambda: LayerNormalization(axis=1.5), ArgumentError, "several ints; received 1.5"),
        (lambda: LayerNormalization(axis=0)(np.ones((2, 3))), ShapeError, "LayerNormalization 'layer_normalization'"),
        (lambda: LayerNormalization(axis=[1, -1])(np.ones((2, 3))), ShapeError, "each once"),
        (lambda: LayerNormalization(axis=2)(np.ones((2, 3, 4, 5)[:2])), ShapeError, "works on axis 2"),
        (lambda: UnitNormalization(axis=3)(np.ones((2, 3, 4))), ShapeError, "from 1 to 2 or from -1 to -2"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_layer_normalization_for_other_sizes():
    layer = LayerNormalization()
    layer(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"expects sizes \(3,\) on axes \(1,\); received input of shape \(2, 4\)"):
        layer(np.ones((2, 4)))


def test_very_short_vectors_are_no_longer_than_they_are():
    x = np.array([[3e-9, 4e-9], [3e-13, 4e-13]])
    np.testing.assert_allclose(UnitNormalization(dtype="float64")(x), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)
    cosine = Dot(1, normalize=True, dtype="float64")([x[:1], np.array([[1.0, 0.0]])])
    np.testing.assert_allclose(cosine, [[3e-9 / 1e-7]], rtol=1e-6)


def test_unit_normalization_of_zeros():
    layer, x = UnitNormalization(), np.zeros((2, 3), "float32")
    np.testing.assert_array_equal(layer(x), x)
    slope = grad(lambda x: ops.sum(layer(x)))(x)
    assert np.isfinite(slope).all()
