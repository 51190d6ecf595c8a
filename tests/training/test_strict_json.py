"""JSON without NaN, and of arrays."""

from __future__ import annotations

import json

import numpy as np

from nbnet.training.strict_json import json_text


def test_arrays_are_lists():
    content = {"matrix": np.array([[1, 2], [3, 4]]), "each": (np.array([0.5, np.nan]), np.float32(1.5)), "x": np.inf}
    assert json.loads(json_text(content)) == {"matrix": [[1, 2], [3, 4]], "each": [[0.5, None], 1.5], "x": None}
