"""Each template is an example that trains as it stands."""

import importlib.util
import os

import numpy as np
import pytest

import nbnet
from nbnet import datasets
from nbnet.registry import templates
from nbnet.templates import TEMPLATES
from tests.datasets.test_idx_folders import write

real = pytest.mark.skipif(not os.environ.get("NBNET_DATA_DIR"), reason="NBNET_DATA_DIR names no folder with data sets")


def load(name):
    """Execute a template as a module."""
    spec = importlib.util.spec_from_file_location("template", templates.get(name))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def train(module, seed=0, **fit):
    """Train as the file says; its model and data."""
    nbnet.set_seed(seed)
    data, model = module.data(), module.model()
    model.fit(*data.train, **{**module.fit, **fit}, validation_data=data.validation, verbose=0)
    return model, data


def accuracy(model, split):
    """Share of correct answers, from the outputs."""
    x, y = split
    outputs = np.asarray(model.predict(x, verbose=0))
    classes = outputs.argmax(1) if outputs.shape[1] > 1 else outputs[:, 0] > 0.5
    return float(np.mean(classes == y))


def test_all_files_are_registered():
    files = {path.name for path in TEMPLATES["digits"].parent.glob("*.py")} - {"__init__.py"}
    assert {path.name for path in TEMPLATES.values()} == files
    assert set(TEMPLATES) <= set(templates.names())
    assert set(TEMPLATES) == {"digits", "fashion-mlp", "mnist-mlp", "perceptron"}


def test_digits_are_learned():
    model, data = train(load("digits"))
    assert accuracy(model, data.test) >= 0.96


@pytest.mark.parametrize("gate", ["and", "or"])
def test_the_perceptron_learns(gate):
    module = load("perceptron")
    data, model = module.data(gate), module.model()
    model.fit(*data.train, **module.fit, verbose=0)
    assert model.converged_
    assert accuracy(model, data.test) == 1


def test_the_perceptron_does_not_learn_xor():
    module = load("perceptron")
    data, model = module.data("xor"), module.model()
    history = model.fit(*data.train, **module.fit, verbose=0)
    assert not model.converged_
    assert "did not converge" in history.message


@pytest.mark.parametrize(("name", "subfolder"), [("mnist-mlp", "mnist"), ("fashion-mlp", "fashion-mnist")])
def test_templates_that_need_files_run(tmp_path, name, subfolder):
    write(tmp_path / subfolder, count=60)
    datasets.set_data_dir(tmp_path)
    try:
        model, data = train(load(name), epochs=2)
    finally:
        datasets.set_data_dir(None)
    assert model.predict(data.test[0], verbose=0).shape == (10, 10)


@real
@pytest.mark.parametrize(("name", "epochs", "least"), [("mnist-mlp", None, 0.975), ("fashion-mlp", 5, 0.84)])
def test_real_data_is_learned(name, epochs, least):
    model, data = train(load(name), **({} if epochs is None else {"epochs": epochs}))
    assert accuracy(model, data.test) >= least
