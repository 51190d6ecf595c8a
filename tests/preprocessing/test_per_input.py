"""Steps for several inputs: each to its own, saved as they are."""

import json

import numpy as np
import pytest

from nbnet.errors import DataError, SavedModelError
from nbnet.preprocessing import (
    Flatten,
    Impute,
    PerInput,
    Pipeline,
    Rescale,
    Standardize,
    deserialize,
    serialize,
    unstorable,
)
from nbnet.preprocessing.pipeline import takes_missing

X = {"a": np.random.default_rng(0).normal(3, 2, (20, 2)), "b": np.arange(60.0).reshape(20, 3, 1), "c": np.arange(20)}


@pytest.fixture
def step():
    return PerInput({"b": [Flatten(), Rescale(0.5)], "a": Standardize(), "c": None})


def test_each_step_is_for_its_input(step):
    assert not step.fitted
    assert step.fit(X).fitted
    made = step(X)
    assert list(made) == ["a", "b", "c"]
    np.testing.assert_allclose(made["a"], (X["a"] - X["a"].mean(0)) / X["a"].std(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(made["b"], X["b"].reshape(20, 3) / 2)
    assert made["c"] is X["c"]


def test_inputs_in_order():
    step = PerInput({"input_2": Rescale(2.0)})
    for x in ((X["a"], X["b"]), [X["a"], X["b"]]):
        made = step(x)
        assert isinstance(made, tuple)
        assert made[0] is X["a"]
        np.testing.assert_allclose(made[1], X["b"] * 2)


def test_the_same_bits_after_json(step):
    again = deserialize(json.loads(json.dumps(serialize(step.fit(X)), allow_nan=False)))
    assert isinstance(again, PerInput)
    assert isinstance(again.steps["b"], Pipeline)
    assert repr(again) == repr(step)
    for name, array in step(X).items():
        np.testing.assert_array_equal(again(X)[name], array)


def test_what_is_fitted_stays_so():
    fitted = Standardize(mean=[0.0, 0.0], std=[2.0, 2.0])
    np.testing.assert_allclose(PerInput({"a": fitted}).fit(X)(X)["a"], X["a"] / 2)


def test_missing_values_by_input(step):
    assert takes_missing(PerInput({"a": [Impute(), Rescale(0.5)], "b": Rescale(0.5)})) == {"a"}
    assert not takes_missing(step)


def test_functions_are_named(step):
    def crop(x):
        return x

    assert "crop" in unstorable(PerInput({"a": [Rescale(0.5), crop]}))[0]
    assert unstorable(step) == []
    with pytest.raises(DataError, match=r"crop.* is Python code"):
        serialize(PerInput({"a": crop}))


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([Rescale(0.5)], "steps by the names of the inputs"),
        ({1: Rescale(0.5)}, "texts as names of inputs; received 1"),
        ({"a": 3}, "preprocess expects a step"),
        ({"a": PerInput({})}, "steps for one input each; 'a' has"),
    ],
)
def test_unusable_arguments(steps, words):
    with pytest.raises(DataError, match=words):
        PerInput(steps)


def test_inputs_that_are_not_there(step):
    with pytest.raises(DataError, match="has a step for the input 'b'; the inputs are a, c"):
        step({"a": X["a"], "c": X["c"]})
    with pytest.raises(DataError, match=r"'b'; the inputs are input_1, input_2\. Give inputs as a dict to name them"):
        step((X["a"], X["b"]))
    with pytest.raises(DataError, match="inputs in a dict with b, a; received ndarray"):
        step(X["a"])


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (None, "saved preprocessing of at most"),
        ({"a": 3}, "a list of at most"),
        ({"a": [{"class": "PerInput", "config": {"steps": {}}}]}, "steps for one input each"),
        ({"": [{"class": "Flatten", "config": {}}]}, "texts as names"),
        ({str(number): [] for number in range(101)}, "at most 100 inputs"),
    ],
)
def test_hostile_descriptions(steps, words):
    with pytest.raises(SavedModelError, match=words):
        deserialize([{"class": "PerInput", "config": {"steps": steps}}])
