"""``nbnet trace``: one training step in numbers."""

from __future__ import annotations

import json

import pytest

XOR = """
import numpy as np, nbnet
from nbnet.layers import Dense

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
data = nbnet.Data((x, np.array([[0], [1], [1], [0]], "float32")))


def model(rate=0.5):
    network = nbnet.Sequential([Dense(2, "tanh", name="hidden", input_shape=(2,)), Dense(1, name="out")], name="xor")
    network.compile(nbnet.optimizers.SGD(rate), "mse")
    return network
"""


def as_json(ended):
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


def test_one_sample(run, write):
    ended = run("trace", write("xor.py", XOR), "--sample", 2)
    assert ended.exit_code == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == "Step 1 of model 'xor' on training sample 2; the weights stay as they are."
    assert "   input    1.000000  0.000000" in lines
    for row in ("hidden/kernel[1,1]", "out/bias[0]", "learning_rate = 0.5", "dL/dkernel", "f'(z)"):
        assert row in ended.stdout


def test_as_json_with_settings_and_a_batch(run, write):
    path = write("xor.py", XOR)
    first = as_json(run("trace", path, "--json"))
    assert first["x"] == [[0.0, 0.0]]
    several = as_json(run("trace", path, "--json", "--sample", 3, "--sample", 1, "--set", "rate=0.25"))
    assert several["x"] == [[1.0, 1.0], [0.0, 1.0]]
    assert several["scalars"] == {"learning_rate": 0.25}
    change = several["changes"][-1]
    assert change["name"] == "out/bias"
    assert change["after"][0] == pytest.approx(change["before"][0] - 0.25 * change["gradient"][0])
    assert len(as_json(run("trace", path, "--json", "--batch-size", "full"))["x"]) == 4


def test_the_seed_decides(run, write):
    path = write("xor.py", XOR)
    weights = [as_json(run("trace", path, "--json", "--seed", seed))["changes"][0]["before"] for seed in (1, 1, 2)]
    assert weights[0] == weights[1] != weights[2]


def test_what_is_wrong_is_said(run, write):
    path = write("xor.py", XOR)
    ended = run("trace", path, "--sample", 4)
    assert ended.exit_code == 1
    assert "has training samples 0 to 3; there is no sample 4" in ended.stderr
    assert run("trace", path, "--sample", 0, "--batch-size", 2).exit_code == 2
