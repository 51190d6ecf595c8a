"""Arguments and inputs that the steps refuse, and what they say of them."""

import numpy as np
import pytest

from nbnet.errors import DataError, SavedModelError
from nbnet.preprocessing import HOG, PCA, Impute, MinMax, OneHot, PolynomialFeatures, deserialize

NAN = float("nan")


@pytest.mark.parametrize(
    ("step", "arguments", "words"),
    [
        (MinMax, {"feature_range": (1, 1)}, "low < high"),
        (MinMax, {"feature_range": 3}, "low < high"),
        (MinMax, {"feature_range": (0, NAN)}, "finite numbers as feature_range"),
        (MinMax, {"clip": 1}, "clip as True or False"),
        (MinMax, {"axis": "x"}, "axis as an integer"),
        (MinMax, {"minimum": [0]}, "both minimum and maximum"),
        (MinMax, {"minimum": [0], "maximum": [1, 2]}, "one shape"),
        (MinMax, {"minimum": [2], "maximum": [1]}, "nowhere above"),
        (OneHot, {"categories": "all"}, "'auto'"),
        (OneHot, {"categories": []}, "at least one column"),
        (OneHot, {"categories": [1, 2]}, "as a flat list"),
        (OneHot, {"categories": [[1, 1]]}, "categories that differ"),
        (OneHot, {"categories": [[]]}, "numbers or texts"),
        (OneHot, {"categories": [[NAN]]}, "finite"),
        (OneHot, {"handle_unknown": "skip"}, "'error' or 'ignore'"),
        (Impute, {"strategy": "mode"}, "a strategy of"),
        (Impute, {"fill_value": 3}, "for the strategy 'constant' only"),
        (Impute, {"strategy": "constant", "fill_value": NAN}, "finite"),
        (Impute, {"statistics": ["x"]}, "numbers as statistics"),
        (PCA, {"n_components": 0}, "n_components as"),
        (PCA, {"n_components": 1.5}, "n_components as"),
        (PCA, {"n_components": True}, "n_components as"),
        (PCA, {"n_components": "mle"}, "n_components as"),
        (PCA, {"whiten": 1}, "whiten as"),
        (PCA, {"mean": [0]}, "or none of them"),
        (PCA, {"mean": [0], "components": [[1, 0]], "explained_variance": [1]}, "components \\(count, features\\)"),
        (PCA, {"mean": [0], "components": [[1]], "explained_variance": [-1]}, "not negative"),
        (PolynomialFeatures, {"degree": 0}, "degree from 1"),
        (PolynomialFeatures, {"degree": 2.0}, "degree from 1"),
        (PolynomialFeatures, {"include_bias": 1}, "include_bias as"),
        (HOG, {"orientations": 0}, "orientations as"),
        (HOG, {"pixels_per_cell": 8}, "pixels_per_cell=\\(height, width\\)"),
        (HOG, {"cells_per_block": (0, 1)}, "two positive integers"),
        (HOG, {"block_norm": "L3"}, "block_norm as one of"),
        (HOG, {"transform_sqrt": None}, "transform_sqrt as"),
    ],
)
def test_arguments(step, arguments, words):
    with pytest.raises(DataError, match=words):
        step(**arguments)
    with pytest.raises(SavedModelError, match="cannot be restored"):
        deserialize([{"class": step.__name__, "config": arguments}])


@pytest.mark.parametrize(
    ("step", "train", "words"),
    [
        (MinMax(axis=0), np.zeros((4, 2)), "axes 1 to 1"),
        (Impute(), np.full((3, 2), NAN), "position \\(0,\\) is missing in all 3"),
        (OneHot(), np.zeros((2, 2, 2)), "expects an array \\(N, columns\\)"),
        (PCA(), np.zeros((3, 2, 2)), "Put Flatten\\(\\) before it"),
        (PCA(), np.zeros((1, 2)), "at least 2 training samples"),
        (PCA(5), np.zeros((9, 4)), "at least as many samples and features"),
    ],
)
def test_training_inputs(step, train, words):
    with pytest.raises(DataError, match=words):
        step.fit(train)
    assert not step.fitted


@pytest.mark.parametrize(
    ("step", "x", "words"),
    [
        (MinMax().fit(np.zeros((4, 2))), np.zeros((4, 3)), "broadcast against \\(2,\\)"),
        (MinMax(axis=(1, 2)).fit(np.zeros((4, 2, 3))), np.zeros((4, 3)), "broadcast against \\(2, 3\\)"),
        (Impute().fit(np.zeros((4, 2))), np.zeros((4, 3)), "fitted to samples \\(2,\\)"),
        (OneHot().fit(np.arange(3)), np.array([1, 7]), "unknown value .*7.* at sample 1"),
        (OneHot().fit(np.zeros((3, 2))), np.zeros((3, 1)), "fitted to 2 columns"),
        (OneHot().fit(np.array(["a", "b"])), np.array([1, 2]), "it was fitted to <U1"),
        (PCA().fit(np.eye(3)), np.zeros((3, 2)), "fitted to 3 features"),
        (PolynomialFeatures(), np.zeros(3), "Put Flatten"),
        (PolynomialFeatures(9), np.zeros((1, 100)), "makes .* features of 100"),
        (HOG(), np.zeros((2, 64)), "Give them their shape first"),
        (HOG(), np.zeros((2, 8, 30)), "at least 24 x 24 pixels; received 8 x 30"),
        (HOG((1), (1, 1), (1, 1), transform_sqrt=True), np.full((1, 3, 3), -1.0), "pixels of at least 0"),
    ],
)
def test_inputs(step, x, words):
    with pytest.raises(DataError, match=words):
        step(x)


def test_texts_can_be_encoded():
    step = OneHot().fit(np.array([["b", "x"], ["a", "x"]]))
    np.testing.assert_array_equal(step(np.array([["a", "x"]])), [[1, 0, 1]])


def test_pca_of_samples_that_do_not_vary():
    step = PCA(whiten=True).fit(np.ones((5, 3)))
    np.testing.assert_array_equal(step(np.ones((2, 3))), 0)
    assert step.explained_variance_ratio.tolist() == [0, 0, 0]


def test_pca_in_slices(monkeypatch):
    x = np.random.default_rng(0).normal(0, 1, (300, 6)) + np.arange(6) * 1000
    whole = PCA().fit(x)
    monkeypatch.setattr("nbnet.preprocessing.pca._CHUNK", 60)
    sliced = PCA().fit(x)
    np.testing.assert_allclose(sliced.components, whole.components, atol=1e-12)
    np.testing.assert_allclose(sliced(x), whole(x), rtol=1e-5, atol=1e-5)


def test_pca_can_be_undone():
    x = np.random.default_rng(0).normal(0, 1, (20, 4))
    for step in (PCA().fit(x), PCA(whiten=True).fit(x)):
        np.testing.assert_allclose(step.inverse_transform(step(x)), x, atol=1e-6)
    with pytest.raises(DataError, match="has 4 components"):
        step.inverse_transform(x[:, :2])


def test_hog_in_slices(monkeypatch):
    x = np.random.default_rng(0).integers(0, 256, (7, 12, 12)).astype("uint8")
    step = HOG(6, (4, 4), (2, 2))
    whole = step(x)
    monkeypatch.setattr("nbnet.preprocessing.hog._CHUNK", 300)
    np.testing.assert_array_equal(step(x), whole)


def test_hog_is_blind_to_light():
    x = np.random.default_rng(0).integers(0, 100, (2, 16, 16)).astype("uint8")
    step = HOG(9, (4, 4), (2, 2))
    np.testing.assert_allclose(step(2 * x + 40), step(x), atol=1e-5)


def test_polynomial_features_are_counted():
    for features in (1, 2, 5):
        for step in (PolynomialFeatures(3), PolynomialFeatures(3, True, False), PolynomialFeatures(2, True)):
            assert step.count(features) == step(np.ones((1, features))).shape[1]
