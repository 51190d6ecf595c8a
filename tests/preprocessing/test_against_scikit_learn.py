"""The steps that scikit-learn defines in the same way."""

import numpy as np
import pytest
from sklearn import decomposition, impute, model_selection, preprocessing

from nbnet.preprocessing import PCA, Impute, MinMax, OneHot, PolynomialFeatures, Standardize, train_test_split

RNG = np.random.default_rng(5)
X = RNG.normal(3, 2, (60, 7)) @ RNG.normal(0, 1, (7, 7))
LATER = RNG.normal(3, 2, (9, 7))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (Standardize(), preprocessing.StandardScaler()),
        (MinMax((-2, 1), clip=True), preprocessing.MinMaxScaler((-2, 1), clip=True)),
        (PolynomialFeatures(3), preprocessing.PolynomialFeatures(3)),
        (
            PolynomialFeatures(2, interaction_only=True, include_bias=False),
            preprocessing.PolynomialFeatures(2, interaction_only=True, include_bias=False),
        ),
        (PCA(), decomposition.PCA()),
        (PCA(3, whiten=True), decomposition.PCA(3, whiten=True)),
        (PCA(0.9), decomposition.PCA(0.9, svd_solver="full")),
    ],
    ids=repr,
)
def test_numbers(mine, theirs):
    expected = theirs.fit(X).transform(LATER)
    np.testing.assert_allclose(mine.fit(X)(LATER), expected, rtol=1e-4, atol=1e-4)


def test_pca_learns_what_theirs_learns():
    mine, theirs = PCA(4).fit(X), decomposition.PCA(4).fit(X)
    np.testing.assert_allclose(mine.components, theirs.components_, atol=1e-9)
    np.testing.assert_allclose(mine.explained_variance, theirs.explained_variance_)
    np.testing.assert_allclose(mine.explained_variance_ratio, theirs.explained_variance_ratio_)
    np.testing.assert_allclose(
        mine.inverse_transform(mine(X)), theirs.inverse_transform(theirs.transform(X)), rtol=1e-3
    )


@pytest.mark.parametrize("handle_unknown", ["error", "ignore"])
def test_one_hot(handle_unknown):
    x = RNG.integers(-2, 3, (40, 3))
    later = x[:5] + (handle_unknown == "ignore")
    theirs = preprocessing.OneHotEncoder(handle_unknown=handle_unknown, sparse_output=False).fit(x)
    np.testing.assert_array_equal(OneHot(handle_unknown=handle_unknown).fit(x)(later), theirs.transform(later))


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent", "constant"])
def test_impute(strategy):
    x = np.where(RNG.random((50, 4)) < 0.4, np.nan, RNG.integers(0, 6, (50, 4)))
    theirs = impute.SimpleImputer(strategy=strategy, fill_value=7 if strategy == "constant" else None)
    mine = Impute(strategy, fill_value=7 if strategy == "constant" else None)
    np.testing.assert_allclose(mine.fit(x)(x), theirs.fit_transform(x))


@pytest.mark.parametrize("sizes", [{}, {"test_size": 0.3}, {"train_size": 0.5}, {"test_size": 7, "train_size": 0.21}])
@pytest.mark.parametrize("stratify", [False, True])
def test_split_has_their_sizes(sizes, stratify):
    y = np.repeat([0, 1, 2], [31, 20, 10])
    x = np.arange(61)
    labels = y if stratify else None
    mine = train_test_split(x, y, **sizes, random_state=1, stratify=labels)
    theirs = model_selection.train_test_split(x, y, **sizes, random_state=1, stratify=labels)
    assert [len(part) for part in mine] == [len(part) for part in theirs]
    if stratify:
        for part in (mine[2], mine[3]):
            np.testing.assert_allclose(np.bincount(part, minlength=3), len(part) * np.array([31, 20, 10]) / 61, atol=1)
