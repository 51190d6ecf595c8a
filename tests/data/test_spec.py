"""What a saved model knows of its inputs."""

import json

import numpy as np
import pytest

from nbnet.data import InputSpec
from nbnet.errors import DataError, SavedModelError


def test_it_survives_json():
    spec = InputSpec.of(np.arange(24, dtype="uint8").reshape(2, 3, 4))
    assert spec == InputSpec((3, 4), "uint8", 0.0, 23.0)
    again = InputSpec.from_config(json.loads(json.dumps(spec.get_config())))
    assert (again, again.mean) == (spec, 11.5)
    old = {name: value for name, value in spec.get_config().items() if name != "mean"}
    assert InputSpec.from_config(old).mean is None


@pytest.mark.parametrize(
    "changed",
    [
        {"shape": "88"}, {"shape": [8, -1]}, {"shape": [8, True]}, {"shape": None}, {"dtype": 3}, {"minimum": "0"},
        {"minimum": float("nan")}, {"maximum": float("inf")}, {"maximum": 10**400}, {"maximum": None},
        {"mean": "1"}, {"mean": float("nan")},
    ],
)  # fmt: skip
def test_malformed_descriptions_are_refused(changed):
    config = {"shape": [8, 8], "dtype": "uint8", "minimum": 0, "maximum": 16, **changed}
    with pytest.raises(SavedModelError, match="saved input specification"):
        InputSpec.from_config(config)


def test_batches_and_single_samples():
    spec = InputSpec((3,), "float32", 0, 1)
    assert spec.check(np.zeros((5, 3)), "x").shape == (5, 3)
    assert spec.check(np.zeros(3), "x").shape == (1, 3)
    with pytest.raises(DataError, match=r"x: expected samples of shape \(3,\)"):
        spec.check(np.zeros((5, 4)), "x")
