"""``nbnet convert``: weights of others in a model file's layers."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

import nbnet


@pytest.fixture
def weights(folder):
    """A state_dict for the small model; and its arrays."""
    rng = np.random.default_rng(0)
    shapes = {"hidden.weight": (8, 64), "hidden.bias": (8,), "out.weight": (10, 8), "out.bias": (10,)}
    arrays = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    save_file(arrays, folder / "theirs.safetensors")
    return arrays


def test_weights_become_a_model(run, write, folder, weights):
    ended = run("convert", "theirs.safetensors", "--model", write(), "--out", "ours.nbnet", "--set", "activation=tanh")
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout == "Wrote ours.nbnet with the weights of theirs.safetensors: 610 numbers.\n"
    model = nbnet.load(folder / "ours.nbnet")
    x = nbnet.datasets.digits().test[0][:5]
    hidden = np.tanh(x.reshape(5, -1) / 16 @ weights["hidden.weight"].T + weights["hidden.bias"])
    logits = hidden @ weights["out.weight"].T + weights["out.bias"]
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-4, atol=1e-6)
    assert model.input_spec is None


def test_with_data_it_can_predict(run, write, folder, weights):
    given = ("convert", "theirs.safetensors", "--model", write(), "--out", "ours.nbnet")
    assert run(*given, "--with-data").exit_code == 0
    np.save(folder / "x.npy", nbnet.datasets.digits().test[0][:3])
    ended = run("predict", "ours.nbnet", "x.npy")
    assert ended.exit_code == 0, ended.stderr


def test_maps_and_misfits(run, write, folder, weights):
    given = ("convert", "theirs.safetensors", "--model", write(), "--out", "ours.nbnet")
    assert run(*given, "--map", "out=dense_1", "--map", "hidden=dense").exit_code == 0
    ended = run(*given, "--map", "hidden")
    assert ended.exit_code == 2
    assert "--map expects FROM=TO" in ended.stderr
    (folder / "ours.nbnet").unlink()
    ended = run(*given, "--map", "out=")
    assert ended.exit_code == 1
    assert "has nothing for Dense 'dense_1'" in " ".join(ended.stderr.split())
    assert not (folder / "ours.nbnet").exists()
    ended = run(*given, "--set", "hidden=9", "--skip-mismatch", "--by-name")
    assert ended.exit_code == 1
