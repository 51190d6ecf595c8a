"""Settings as they are recorded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import nbnet
from nbnet.training.described import described


class Plain:
    """An object without a way to print itself."""

    def __init__(self):
        self.patience = 3
        self._hidden = object()


def test_parts_are_recorded_with_their_arguments():
    found = described({"optimizer": nbnet.optimizers.SGD(0.5), 1: [Plain(), len]})
    assert found["optimizer"]["class"] == "SGD"
    assert found["optimizer"]["learning_rate"] == 0.5
    assert found["1"] == ["Plain(patience=3)", "len"]
    json.dumps(found)


def test_arrays_numbers_sets_and_paths():
    assert described(np.float32(0.5)) == 0.5
    assert described(np.arange(3)) == [0, 1, 2]
    assert described(np.zeros((100, 2), "float32")) == "array (100, 2) float32"
    assert described({"b", "a"}) == ["a", "b"]
    assert described(Path("x") / "y") == str(Path("x") / "y")
    assert described((None, True, "text")) == [None, True, "text"]


def test_no_address_in_memory_is_recorded():
    assert described(print) == "print"
    bound = described({"method": Plain().__init__, "object": object(), "iterator": iter([])})
    assert "0x" not in str([bound, described([Plain(), lambda: None])])
