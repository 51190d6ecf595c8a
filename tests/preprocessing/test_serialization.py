"""Preprocessing as plain data, and back, also from files that are not to be trusted."""

import json

import numpy as np
import pytest

from nbnet.errors import DataError, SavedModelError
from nbnet.preprocessing import (
    Flatten,
    PerInput,
    Pipeline,
    Rescale,
    Reshape,
    Standardize,
    Step,
    deserialize,
    serialize,
    unstorable,
)

X = np.random.default_rng(0).normal(3, 2, (20, 4, 3)).astype("float32")


class Shift(Step):
    def __init__(self, amount):
        self.amount = amount

    def __call__(self, x):
        return x + self.amount

    def get_config(self):
        return {"amount": self.amount}


@pytest.mark.parametrize(
    "step",
    [
        Flatten(),
        Rescale(0.1, 3),
        Reshape((3, -1)),
        Standardize().fit(X),
        Standardize(None).fit(X),
        Standardize((1, 2)).fit(X),
        Pipeline([Flatten(), Standardize()]).fit(X),
    ],
    ids=repr,
)
def test_the_same_bits_after_json(step):
    again = deserialize(json.loads(json.dumps(serialize(step))))
    assert type(again) is type(step)
    np.testing.assert_array_equal(again(X), step(X))


def test_every_step_of_nbnet_is_known():
    import nbnet.preprocessing
    from nbnet.preprocessing.serialization import _STEPS

    public = [getattr(nbnet.preprocessing, name) for name in nbnet.preprocessing.__all__]
    steps = {thing for thing in public if isinstance(thing, type) and issubclass(thing, Step)} - {
        Step,
        Pipeline,
        PerInput,
    }
    assert set(_STEPS.values()) == steps


def test_nothing_is_nothing():
    assert serialize(None) == []
    assert deserialize([]) is None


def test_functions_are_not_stored():
    def crop(x):
        return x[:, 1:]

    assert unstorable(None) == unstorable(Flatten()) == []
    (name,) = unstorable(Pipeline([Flatten(), crop]))
    assert "crop" in name
    assert "test_serialization.py" in name
    assert unstorable(np.abs) == ["'absolute'"]
    with pytest.raises(DataError, match=r"crop.* is Python code, which a saved model does not hold"):
        serialize(crop)


def test_classes_of_the_users_own():
    configs = serialize(Shift(2))
    with pytest.raises(SavedModelError, match=r"step 'Shift', which is not nbnet's.*custom_objects="):
        deserialize(configs)
    assert deserialize(configs, {"Shift": Shift}).amount == 2
    for other in (print, int):
        with pytest.raises(SavedModelError, match="must be a subclass"):
            deserialize(configs, {"Shift": other})


def test_a_config_must_be_plain_data():
    with pytest.raises(DataError, match=r"Shift.get_config\(\) must give plain data"):
        serialize(Shift(np.zeros(3)))
    with pytest.raises(DataError, match="plain data"):
        serialize(Shift(float("nan")))


@pytest.mark.parametrize(
    "configs",
    [
        None,
        {},
        "Flatten",
        [None],
        ["Flatten"],
        [{}],
        [{"class": "Flatten"}],
        [{"class": 3, "config": {}}],
        [{"class": "Flatten", "config": []}],
        [{"class": "Flatten", "config": {"more": 1}}],
        [{"class": "Pipeline", "config": {"steps": []}}],
        [{"class": "Step", "config": {}}],
        [{"class": "__import__", "config": {"name": "os"}}],
        [{"class": "Rescale", "config": {"scale": "1"}}],
        [{"class": "Rescale", "config": {"scale": 10**400}}],
        [{"class": "Reshape", "config": {"target_shape": [[]]}}],
        [{"class": "Standardize", "config": {"axis": -1, "mean": [0], "std": [-1]}}],
        [{"class": "Standardize", "config": {"axis": -1, "mean": [[0], 1], "std": [1]}}],
        [{"class": "Standardize", "config": {"axis": {}, "mean": None, "std": None}}],
        [{"class": "Flatten", "config": {}}] * 101,
    ],
)
def test_malformed_descriptions_are_refused(configs):
    with pytest.raises(SavedModelError, match="saved preprocessing"):
        deserialize(configs)
