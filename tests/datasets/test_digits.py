"""The embedded digits."""

import numpy as np
from sklearn.datasets import load_digits

from nbnet.datasets import digits
from nbnet.preprocessing import Flatten


def test_splits():
    data = digits()
    assert {name: x.shape for name, (x, _) in data.splits.items()} == {
        "train": (1257, 8, 8),
        "validation": (270, 8, 8),
        "test": (270, 8, 8),
    }
    for x, y in data.splits.values():
        assert x.dtype == np.uint8
        assert y.dtype == np.int64
        assert (x.min(), x.max()) == (0, 16)
        np.testing.assert_allclose(np.bincount(y) / len(y), 0.1, atol=0.006)
        assert len(set(y[:20].tolist())) > 3
    assert data.class_names == tuple("0123456789")


def test_they_are_the_uci_digits_each_once():
    source = load_digits()
    expected = sorted(zip(source.images.astype("uint8").reshape(-1, 64).tolist(), source.target.tolist(), strict=True))
    embedded = [
        (x.reshape(-1).tolist(), int(y)) for xs, ys in digits().splits.values() for x, y in zip(xs, ys, strict=True)
    ]
    assert sorted(embedded) == expected


def test_preprocessing_is_applied():
    data = digits(preprocess=Flatten())
    assert data.input_shape == (64,)
    assert data.input_spec.shape == (8, 8)
    assert data.input_spec.maximum == 16
