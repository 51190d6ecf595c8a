"""The embedded diabetes data."""

import numpy as np
from sklearn.datasets import load_diabetes

from nbnet.datasets import diabetes
from nbnet.datasets.diabetes import FEATURES
from nbnet.preprocessing import Standardize


def test_splits():
    data = diabetes()
    assert {name: (x.shape, y.shape) for name, (x, y) in data.splits.items()} == {
        "train": ((310, 10), (310,)),
        "validation": ((66, 10), (66,)),
        "test": ((66, 10), (66,)),
    }
    assert data.name == "diabetes"
    assert data.class_names is None
    assert len(FEATURES) == 10


def test_they_are_the_published_data_each_once():
    source = load_diabetes(scaled=False)
    assert tuple(source.feature_names) == FEATURES
    expected = np.column_stack([source.data, source.target]).astype("float32")
    embedded = np.concatenate([np.column_stack([x, y]) for x, y in diabetes().splits.values()])
    assert sorted(map(tuple, embedded.tolist())) == sorted(map(tuple, expected.tolist()))


def test_a_linear_model_explains_half_of_the_variance():
    """Of all samples 0.5177, as in the article's table of the full model."""
    splits = diabetes(Standardize()).splits.values()
    x, y = np.concatenate([x for x, _ in splits]), np.concatenate([y for _, y in splits]).astype(float)
    design = np.column_stack([x, np.ones(len(x))]).astype(float)
    weights = np.linalg.lstsq(design, y, rcond=None)[0]
    np.testing.assert_allclose(1 - (y - design @ weights).var() / y.var(), 0.5177, atol=1e-4)
