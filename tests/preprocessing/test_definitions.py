"""Every step against its definition, before and after it was saved, and in a pipeline of nbnet.Data."""

import json

import numpy as np
import pytest

from nbnet.data import Data
from nbnet.preprocessing import Table, deserialize, serialize
from nbnet.preprocessing.serialization import _STEPS
from tests.naive.preprocessing import DEFINITIONS

RNG = np.random.default_rng(3)
VECTORS = RNG.normal(2, 3, (40, 4))
IMAGES = RNG.integers(0, 256, (3, 13, 17)).astype("uint8")
COLOUR = RNG.integers(0, 256, (3, 12, 12, 3)).astype("uint8")
HOLES = np.where(RNG.random((40, 4)) < 0.3, np.nan, np.rint(VECTORS))
CLASSES = RNG.integers(0, 4, (30, 2))
ROWS = [
    {"age": None if i % 5 == 1 else float(20 + i * 7 % 13), "city": [None, "Rome", "Oslo"][i % 3], "size": i % 4 * 0.5}
    for i in range(20)
]
STRANGE = [{"age": 99.0, "city": "Bern", "size": None}, {"age": None, "city": "Rome", "size": 7.0}]

CASES = {
    "Flatten": [({}, IMAGES, IMAGES)],
    "HOG": [
        ({"pixels_per_cell": (4, 4), "cells_per_block": (2, 2)}, IMAGES, IMAGES),
        ({"orientations": 5, "pixels_per_cell": (3, 4), "cells_per_block": (1, 2), "block_norm": "L1"}, IMAGES, IMAGES),
        ({"pixels_per_cell": (4, 4), "cells_per_block": (2, 2), "block_norm": "L2"}, COLOUR, COLOUR),
        ({"pixels_per_cell": (4, 4), "block_norm": "L1-sqrt", "transform_sqrt": True}, COLOUR, COLOUR),
        ({"pixels_per_cell": (4, 4)}, np.zeros((1, 12, 12)), np.zeros((1, 12, 12))),
    ],
    "Impute": [
        ({}, HOLES, HOLES[:5]),
        ({"strategy": "median"}, HOLES, HOLES),
        ({"strategy": "most_frequent"}, HOLES, HOLES),
        ({"strategy": "constant", "fill_value": -1.5}, HOLES, HOLES),
        ({"strategy": "median"}, HOLES.reshape(40, 2, 2), HOLES.reshape(40, 2, 2)),
    ],
    "MinMax": [
        ({}, VECTORS, VECTORS[::2] * 2),
        ({"feature_range": (-1, 3), "clip": True}, VECTORS, VECTORS * 2),
        ({"axis": None}, IMAGES, IMAGES),
        ({"axis": (1, 2)}, IMAGES, IMAGES),
        ({}, np.ones((5, 2)), np.full((2, 2), 3.0)),
    ],
    "OneHot": [
        ({}, CLASSES, CLASSES[:7]),
        ({"handle_unknown": "ignore"}, CLASSES, CLASSES + 2),
        ({}, np.arange(5) % 3, np.arange(5) % 3),
    ],
    "PCA": [
        ({}, VECTORS, VECTORS[:3] + 1),
        ({"n_components": 2, "whiten": True}, VECTORS, VECTORS),
        ({"n_components": 0.6}, VECTORS, VECTORS),
        ({"n_components": 2}, VECTORS[:3], VECTORS),
    ],
    "PolynomialFeatures": [
        ({}, VECTORS, VECTORS),
        ({"degree": 3, "interaction_only": True}, VECTORS, VECTORS),
        ({"degree": 4, "include_bias": False}, VECTORS[:, :2], VECTORS[:, :2]),
    ],
    "Rescale": [({"scale": 0.5, "offset": -1.0}, IMAGES, IMAGES)],
    "Reshape": [({"target_shape": (17, 13)}, IMAGES, IMAGES)],
    "Standardize": [({}, VECTORS, VECTORS * 2), ({"axis": (1, 2)}, IMAGES, IMAGES), ({"axis": None}, IMAGES, IMAGES)],
    "Tabular": [
        ({}, ROWS, ROWS + STRANGE),
        ({"impute": "mean", "scale": "minmax"}, ROWS, ROWS + STRANGE),
        ({"impute": "most_frequent", "scale": None}, ROWS, ROWS),
        ({"impute": -1.0}, ROWS, ROWS),
    ],
}
NAMED = [(name, *case) for name in _STEPS for case in CASES.get(name, [(None, None, None)])]


def as_inputs(x):
    """Rows as a table; arrays as they are."""
    return Table({name: [row[name] for row in x] for name in x[0]}) if isinstance(x, list) else x


@pytest.mark.parametrize(("name", "arguments", "train", "x"), NAMED, ids=lambda value: str(value)[:40].split("\n")[0])
def test_by_definition_and_after_json(name, arguments, train, x):
    assert arguments is not None, f"add cases of {name}"
    expected = DEFINITIONS[name](train, x, **arguments)
    before = x.copy()
    step = _STEPS[name](**arguments).fit(as_inputs(train))
    assert step.fitted
    made = step(as_inputs(x))
    np.testing.assert_allclose(made, expected, rtol=2e-5, atol=2e-6)
    again = deserialize(json.loads(json.dumps(serialize(step), allow_nan=False)))
    assert type(again) is _STEPS[name]
    np.testing.assert_array_equal(again(as_inputs(x)), made)
    assert made.dtype == again(as_inputs(x)).dtype
    assert repr(again) == repr(step)
    assert x == before if isinstance(x, list) else np.array_equal(x, before, equal_nan=x.dtype.kind == "f")


def test_fitted_on_training_inputs_only():
    """A pipeline of Data: statistics of the training inputs, whatever the test inputs are."""
    names = ("Impute", "MinMax", "PCA", "PolynomialFeatures", "Standardize")
    y = np.arange(40) % 2
    steps = [_STEPS[name]() for name in names]
    data = Data((HOLES, y), test=(HOLES[:10] + 100, y[:10]), preprocess=steps)
    train, test = HOLES, HOLES[:10] + 100
    for name in names:
        train, test = DEFINITIONS[name](train, train), DEFINITIONS[name](train, test)
    np.testing.assert_allclose(data.train[0], train, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(data.test[0], test, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("name", [name for name in _STEPS if not _STEPS[name](**CASES[name][0][0]).fitted])
def test_steps_that_learn_say_so_before_they_are_fitted(name):
    arguments, train, _ = CASES[name][0]
    with pytest.raises(ValueError, match=f"{name} is not fitted"):
        _STEPS[name](**arguments)(as_inputs(train))
