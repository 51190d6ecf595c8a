"""Each template is an example that trains as it stands, and learns what its docstring says."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nbnet
from nbnet import datasets
from nbnet.registry import templates
from nbnet.templates import TEMPLATES
from nbnet.training.checkpoints import Checkpoints
from tests.datasets.cifar_files import CIFAR10
from tests.datasets.cifar_files import write as write_cifar
from tests.datasets.test_idx_folders import write

real = pytest.mark.skipif(not os.environ.get("NBNET_DATA_DIR"), reason="NBNET_DATA_DIR names no folder with data sets")

IMAGES = [
    ("batchnorm-mlp", "fashion-mnist"),
    ("cnn", "fashion-mnist"),
    ("dropout-mlp", "fashion-mnist"),
    ("fashion-mlp", "fashion-mnist"),
    ("mnist-cnn", "mnist"),
    ("mnist-mlp", "mnist"),
]


@pytest.fixture(autouse=True)
def _seed_is_put_back(seed):
    """Seeds that are set here are for one test."""


def load(name):
    """Execute a template as a module."""
    spec = importlib.util.spec_from_file_location("template", templates.get(name))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def train(module, folder, seed=0, hyperparameters=None, **fit):
    """Train as a run does; the model with its best weights, and its data."""
    nbnet.set_seed(seed)
    data, model = module.data(), module.model(**(hyperparameters or {}))
    best = Checkpoints(folder / "best.nbnet", folder / "last.nbnet")
    options = {**module.fit, **fit}
    callbacks = [*options.pop("callbacks", ()), best]
    model.remember(data)
    model.fit(*data.train, **options, validation_data=data.validation, verbose=0, callbacks=callbacks)
    best.restore_best(model)
    return model, data


def measured(model, split):
    """Loss and metrics."""
    return model.evaluate(*split, verbose=0, return_dict=True)


def test_all_files_are_registered():
    files = {path.name for path in TEMPLATES["digits"].parent.glob("*.py")} - {"__init__.py"}
    assert {path.name for path in TEMPLATES.values()} == files
    assert set(TEMPLATES) <= set(templates.names())
    assert list(TEMPLATES) == sorted(path.removesuffix(".py").replace("_", "-") for path in files)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_short_and_says_what_it_is(name):
    text = TEMPLATES[name].read_text(encoding="utf-8")
    assert text.count("\n") <= 100
    assert len(text.split("\n", 1)[0]) < 120


def test_digits_are_learned(tmp_path):
    model, data = train(load("digits"), tmp_path)
    assert measured(model, data.test)["accuracy"] >= 0.96


@pytest.mark.parametrize("gate", ["and", "or"])
def test_the_perceptron_learns(gate):
    module = load("perceptron")
    data, model = module.data(gate), module.model()
    model.fit(*data.train, **module.fit, verbose=0)
    assert model.converged_
    x, y = data.test
    assert np.array_equal(np.asarray(model.predict(x, verbose=0))[:, 0] > 0.5, y)


def test_the_perceptron_does_not_learn_xor():
    module = load("perceptron")
    data, model = module.data("xor"), module.model()
    history = model.fit(*data.train, **module.fit, verbose=0)
    assert not model.converged_
    assert "did not converge" in history.message


def test_regression_does_better_than_a_straight_line(tmp_path):
    model, data = train(load("regression"), tmp_path)
    (x, y), (x_test, y_test) = data.train, data.test
    line = np.linalg.lstsq(np.c_[x, np.ones(len(x))], y, rcond=None)[0]
    errors = np.c_[x_test, np.ones(len(x_test))] @ line - y_test
    found = measured(model, data.test)
    assert found["rmse"] < np.sqrt(np.mean(errors**2)) - 1
    assert found["mae"] < np.abs(errors).mean() - 1
    assert found["r2"] == pytest.approx(1 - found["rmse"] ** 2 / y_test.var(), abs=1e-3)


def test_penguins_are_told_apart(tmp_path):
    model, data = train(load("tabular"), tmp_path)
    assert measured(model, data.test)["accuracy"] >= 0.96
    assert data.class_names == ("Adelie", "Chinstrap", "Gentoo")
    names = model.preprocess.feature_names
    assert {"bill_length_mm", "island=Dream", "sex=?"} <= set(names)
    assert "year" not in names


def test_anomalies_have_larger_errors(tmp_path):
    model, data = train(load("autoencoder"), tmp_path)
    assert set(data.train[1]) == {0}
    x, y = data.test
    score = model.predict(x, verbose=0)[:, 0].astype("float64")
    pairs = score[y == 1][:, None] - score[y == 0]
    area = np.mean(pairs > 0) + np.mean(pairs == 0) / 2
    assert area >= 0.95
    assert measured(model, data.test)["auc"] == pytest.approx(area, abs=0.01)
    # The score is the error of the picture that is drawn: exp(-scale * error) is what is left to 1.
    pixels = x.reshape(len(x), -1) / 16
    drawn = nbnet.Model(model.inputs, model.get_layer("decoded").output).predict(x, verbose=0)
    assert np.allclose(1 - score, np.exp(-0.25 * ((pixels - drawn) ** 2).sum(1)), atol=1e-5)


def test_ratings_are_predicted_almost_to_the_noise(tmp_path):
    model, data = train(load("ncf"), tmp_path)
    found = measured(model, data.test)["rmse"]
    assert 0.18 < found < 0.26  # the noise has 0.2
    assert model.input_names == ["user", "item"]
    y, mean = data.test[1], data.train[1].mean()
    assert found < 0.4 * np.sqrt(np.mean((y - mean) ** 2))


def test_the_gan_reaches_every_heap(tmp_path):
    module = load("gan")
    model, data = train(module, tmp_path, epochs=100)
    noise = np.random.default_rng(5).normal(size=(1000, module.LATENT)).astype("float32")
    points = model.predict(noise, verbose=0)
    apart = np.linalg.norm(points[:, None] - module.CENTRES, axis=2)
    near = apart < 3 * module.SPREAD
    assert near.any(axis=0).all()
    assert near.any(axis=1).mean() > 0.5
    found = model.evaluate(*data.test, verbose=0, return_dict=True, batch_size=1024)
    assert found["modes"] == 8
    assert found["close"] == pytest.approx(near.any(axis=1).mean(), abs=0.06)
    assert set(found) == {"loss", "modes", "close", "discriminator", "generator"}


def test_the_gan_is_saved_and_loaded(tmp_path):
    module = load("gan")
    model, data = train(module, tmp_path, epochs=1, hyperparameters={"hidden": 16})
    with pytest.raises(nbnet.errors.SavedModelError, match="GAN"):
        nbnet.load(tmp_path / "last.nbnet")
    loaded = nbnet.load(tmp_path / "last.nbnet", custom_objects={"GAN": module.GAN})
    x, y = data.test
    assert np.array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    for ours, theirs in zip(loaded.discriminator.weights, model.discriminator.weights, strict=True):
        assert np.array_equal(ours, theirs)
    before = [weights.copy() for weights in loaded.get_weights()]
    loaded.fit(x, y, batch_size=256, verbose=0)
    assert all(not np.array_equal(old, new) for old, new in zip(before, loaded.get_weights(), strict=True))


def test_the_twelve_steps_by_themselves(tmp_path):
    root = str(Path(__file__).parents[2])
    ended = subprocess.run(
        [sys.executable, TEMPLATES["twelve-steps"]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert re.findall(r"^ ?(\d+) ", ended.stdout, re.MULTILINE) == [str(step) for step in range(1, 13)]
    assert "the same answers for 270 images" in ended.stdout
    written = {path.name for path in (tmp_path / "twelve_steps_results").iterdir()}
    assert written == {"model.svg", "curves.png", "confusion.png", "samples.png", "digits.nbnet"}


def test_the_twelve_steps_are_numbered():
    text = TEMPLATES["twelve-steps"].read_text(encoding="utf-8")
    steps = [(int(number), word) for number, word in re.findall(r"Step (\d+), (\w+)", text)]
    words = ("load", "extract", "preprocess", "split", "define", "compile", "train", "evaluate", "predict", "visualise")
    assert steps == list(enumerate((*words, "save", "load"), start=1))


def test_the_twelve_steps_learn(tmp_path):
    model, data = train(load("twelve-steps"), tmp_path)
    assert measured(model, data.test)["accuracy"] >= 0.94


def test_the_residual_network_learns(tmp_path):
    model, data = train(load("residual"), tmp_path, epochs=10)
    assert measured(model, data.test)["accuracy"] >= 0.96


def test_ways_past_the_blocks():
    module = load("residual")
    for blocks in (2, 3):
        with_ways, without = (module.model(filters=4, blocks=blocks, skip=skip) for skip in (True, False))
        kinds = [[type(layer).__name__ for layer in model.layers] for model in (with_ways, without)]
        assert [kind.count("Add") for kind in kinds] == [blocks, 0]
        # The 1x1 convolution where the channels double is on the way past only.
        assert kinds[0].count("Conv2D") == kinds[1].count("Conv2D") + 1


def test_noise_is_taken_out(tmp_path):
    model, data = train(load("conv-autoencoder"), tmp_path, epochs=12)
    x, clean = data.test
    before = np.sqrt(np.mean((x / 16 - clean) ** 2))
    drawn = model.predict(x, verbose=0)
    after = np.sqrt(np.mean((drawn - clean) ** 2))
    assert after < 0.9 * before
    assert measured(model, data.test)["rmse"] == pytest.approx(after, abs=1e-4)
    names = [layer.name for layer in model.layers]
    encoder = nbnet.Sequential(model.layers[: names.index("code") + 1])
    assert encoder.predict(x[:3], verbose=0).shape == (3, 2, 2, 8)


def test_fashion_in_a_frame(tmp_path):
    arrays = write(tmp_path, count=24)
    datasets.set_data_dir(tmp_path)
    try:
        data = load("cnn").data()
    finally:
        datasets.set_data_dir(None)
    x = np.concatenate([data.train[0], data.validation[0]])
    assert x.dtype == np.uint8
    assert x.shape == (24, 32, 32, 3)
    for channel in range(3):
        np.testing.assert_array_equal(x[:, 2:30, 2:30, channel], arrays[0])
    assert x.sum() == 3 * arrays[0].sum(dtype="int64")
    assert data.class_names[9] == "Ankle boot"


def test_cifar_as_it_is(tmp_path):
    images = write_cifar(tmp_path, CIFAR10)[0]
    datasets.set_data_dir(tmp_path)
    try:
        data = load("cnn").data("cifar-10")
    finally:
        datasets.set_data_dir(None)
    np.testing.assert_array_equal(data.train[0], images[:27])
    assert data.class_names[9] == "truck"


@pytest.mark.parametrize(("name", "subfolder"), IMAGES)
def test_templates_that_need_files_run(tmp_path, name, subfolder):
    write(tmp_path / subfolder, count=60)
    datasets.set_data_dir(tmp_path)
    try:
        model, data = train(load(name), tmp_path, epochs=2)
    finally:
        datasets.set_data_dir(None)
    assert model.predict(data.test[0], verbose=0).shape == (10, 10)


def test_the_normalization_can_be_left_out():
    model = load("batchnorm-mlp").model(hidden=8, normalize=False)
    assert [type(layer).__name__ for layer in model.layers].count("BatchNormalization") == 0
    assert all(layer.use_bias for layer in model.layers if isinstance(layer, nbnet.layers.Dense))


@real
@pytest.mark.parametrize(
    ("name", "epochs", "least"),
    [
        ("mnist-mlp", 5, 0.972),
        ("mnist-cnn", 2, 0.97),
        ("fashion-mlp", 5, 0.84),
        ("batchnorm-mlp", 3, 0.86),
        ("dropout-mlp", 3, 0.85),
    ],
)
def test_real_data_is_learned(tmp_path, name, epochs, least):
    model, data = train(load(name), tmp_path, epochs=epochs)
    assert measured(model, data.test)["accuracy"] >= least
