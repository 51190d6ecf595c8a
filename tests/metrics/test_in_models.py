"""Metrics and losses where they are used: compiled into the steps of fit and evaluate, saved and loaded."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

import nbnet
from nbnet import losses, metrics
from nbnet.layers import Dense
from tests.metrics.test_definitions import CASES
from tests.naive import metrics as naive

X = np.random.default_rng(3).normal(size=(22, 4)).astype("float32")


def same(found, expected):
    """Compare results by name, arrays among them."""
    assert list(found) == list(expected)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, err_msg=name)


def trained(activation, units, loss, listed, y):
    """A model after an epoch of batches of 8, 8 and 6, and what evaluate says then."""
    model = nbnet.Sequential([Dense(units, activation=activation, input_shape=(4,))])
    model.compile("sgd", loss, listed)
    history = model.fit(X, y, batch_size=8, epochs=1, verbose=0)
    found = model.evaluate(X, y, batch_size=16, return_dict=True)
    assert {name: len(values) for name, values in history.history.items()} == dict.fromkeys(found, 1)
    assert len(found) == 1 + len(listed)
    same(model.evaluate(X, y, batch_size="full", return_dict=True), found)
    return model, found


def of(kinds):
    """A metric of each class, with the arguments of its first case."""
    return [kind(**CASES[kind][0][0]) for kind in kinds]


def test_one_of_several_classes(tmp_path):
    y = np.random.default_rng(4).integers(0, 3, 22)
    kinds = [metrics.Precision, metrics.Recall, metrics.F1Score, metrics.AUC, metrics.ConfusionMatrix,
             metrics.TopKCategoricalAccuracy, metrics.SparseTopKCategoricalAccuracy,
             metrics.SparseCategoricalCrossentropy, metrics.TruePositives]  # fmt: skip
    listed = ["accuracy", "f1", *of(kinds)]
    model, found = trained("softmax", 3, losses.SparseCategoricalCrossentropy(name="mine"), listed, y)
    p = model.predict(X)
    assert found["accuracy"] == sk.accuracy_score(y, p.argmax(1))
    assert found["f1"] == pytest.approx(sk.f1_score(y, p.argmax(1), average="macro"))
    np.testing.assert_allclose(found["f1_score"], sk.f1_score(y, p.argmax(1), average=None))
    np.testing.assert_array_equal(found["confusion_matrix"], sk.confusion_matrix(y, p.argmax(1)))
    assert found["loss"] == pytest.approx(found["sparse_categorical_crossentropy"], rel=1e-5)
    model.save(tmp_path / "model.nbnet")
    loaded = nbnet.load(tmp_path / "model.nbnet")
    assert loaded.loss.name == "mine"
    same(loaded.evaluate(X, y, return_dict=True), found)


def test_yes_or_no(tmp_path):
    y = (X[:, :1] + X[:, 1:2] > 0).astype("float32")
    kinds = [metrics.Precision, metrics.Recall, metrics.FBetaScore, metrics.BinaryAccuracy, metrics.TrueNegatives,
             metrics.FalsePositives, metrics.FalseNegatives, metrics.BinaryCrossentropy]  # fmt: skip
    listed = ["auc", "huber", *of(kinds), metrics.AUC(curve="PR", name="pr"), losses.BinaryFocalCrossentropy(gamma=1.0)]
    model, found = trained("sigmoid", 1, "binary_focal_crossentropy", listed, y)
    p = model.predict(X).astype("float64")
    ones = np.ones(22)
    assert found["precision"] == pytest.approx(sk.precision_score(y, p > 0.5))
    assert found["auc"] == pytest.approx(CASES[metrics.AUC][0][3](y, p, ones))
    assert found["pr"] == pytest.approx(CASES[metrics.AUC][1][3](y, p, ones), rel=1e-5)
    assert found["binary_crossentropy"] == pytest.approx(naive.mean_of("binary_crossentropy")(y, p, ones), rel=1e-5)
    assert found["huber"] == pytest.approx(naive.mean_of("huber")(y, p, ones), rel=1e-5)
    model.save(tmp_path / "model.nbnet")
    same(nbnet.load(tmp_path / "model.nbnet").evaluate(X, y, return_dict=True), found)


@pytest.mark.parametrize("loss", ["msle", "poisson", losses.Huber(0.5) + 2 * losses.LogCosh(reduction="mean")])
def test_numbers(tmp_path, loss):
    y = np.abs(X[:, :2]) + 0.5
    kinds = [metrics.RootMeanSquaredError, metrics.R2Score, metrics.MeanAbsolutePercentageError, metrics.LogCoshError,
             metrics.MeanSquaredLogarithmicError, metrics.CosineSimilarity, metrics.Poisson]  # fmt: skip
    model, found = trained("sigmoid", 2, loss, ["mse", "rmse", "r2", *of(kinds)], y)
    p = model.predict(X).astype("float64")
    assert found["rmse"] == found["root_mean_squared_error"] == pytest.approx(found["mse"] ** 0.5)
    assert found["r2"] == found["r2_score"] == pytest.approx(sk.r2_score(y, p), rel=1e-5)
    model.save(tmp_path / "model.nbnet")
    loaded = nbnet.load(tmp_path / "model.nbnet")
    assert loaded.loss.name == model.loss.name
    same(loaded.evaluate(X, y, return_dict=True), found)


def test_weights_of_samples():
    y = np.random.default_rng(4).integers(0, 3, 22)
    weights = np.random.default_rng(5).uniform(0, 2, 22)
    model = nbnet.Sequential([Dense(3, activation="softmax", input_shape=(4,))])
    loss = losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
    weighted = ["accuracy", "f1", "confusion_matrix", metrics.SparseCategoricalCrossentropy(name="entropy")]
    model.compile("sgd", loss, metrics=["recall"], weighted_metrics=weighted)
    model.fit(X, y, batch_size=22, epochs=2, verbose=0, sample_weight=weights)
    found = model.evaluate(X, y, sample_weight=weights, return_dict=True)
    p = model.predict(X).astype("float64")
    entropy = naive.mean_of("sparse_categorical_crossentropy")(y, p, weights)
    assert found["loss"] == pytest.approx(entropy, rel=1e-5)
    assert found["entropy"] == pytest.approx(entropy, rel=1e-5)
    assert found["accuracy"] == pytest.approx(naive.accuracy(y, p, weights))
    assert found["f1"] == pytest.approx(sk.f1_score(y, p.argmax(1), average="macro", sample_weight=weights))
    np.testing.assert_allclose(found["confusion_matrix"], sk.confusion_matrix(y, p.argmax(1), sample_weight=weights))
    assert found["recall"] == pytest.approx(sk.recall_score(y, p.argmax(1), average="macro"))


def test_every_loss_trains():
    targets = {
        "categorical_hinge": np.eye(2)[(X[:, 0] > 0).astype(int)],
        "categorical_focal_crossentropy": np.eye(2)[(X[:, 0] > 0).astype(int)],
        "kl_divergence": np.stack([X[:, 0] > 0, X[:, 0] <= 0], axis=1) * 0.5 + 0.25,
        "squared_hinge": np.sign(X[:, :2]),
        "cosine_similarity": X[:, :2],
        "mape": np.abs(X[:, :2]) + 1,
        "log_cosh": np.abs(X[:, :2]),
        "huber": np.abs(X[:, :2]),
    }
    for name, y in targets.items():
        model = nbnet.Sequential([Dense(2, activation="softmax", input_shape=(4,))])
        model.compile(nbnet.optimizers.Adam(0.02), name)
        before = model.evaluate(X, y)
        model.fit(X, y, epochs=15, batch_size=22, verbose=0)
        assert model.evaluate(X, y) < before, name


def test_a_loss_without_reduction_cannot_be_trained_with():
    model = nbnet.Sequential([Dense(1, input_shape=(4,))])
    model.compile("sgd", losses.MeanSquaredError(reduction=None))
    with pytest.raises(nbnet.errors.NbnetError, match=r"shape \(22,\)"):
        model.fit(X, X[:, :1], batch_size=22, verbose=0)
