"""Each template used as a new user would: new, train, evaluate, predict, summary, explain."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

import nbnet
from nbnet.templates import TEMPLATES
from tests.cli.conftest import folder, run, start  # noqa: F401
from tests.datasets.cifar_files import CIFAR10
from tests.datasets.cifar_files import write as write_cifar
from tests.datasets.test_idx_folders import write

SHORT = {"autoencoder": 3, "gan": 1, "ncf": 1}
BATCH = {"gan": 256}  # its measures are of batches, so they depend on their size


def image(place, size):
    """A picture of a digit, light on dark."""
    digits = nbnet.datasets.digits()
    Image.fromarray((digits.test[0][0] * (255 / 16)).astype("uint8")).resize((size, size)).save(place)
    return place


def table(place, **columns):
    """A CSV file."""
    with place.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([columns, *zip(*columns.values(), strict=True)])
    return place


def sample(name, place):
    """A file with inputs for a model."""
    if name == "gan":
        np.save(place / "noise.npy", np.ones((2, 8), "float32"))
        return place / "noise.npy"
    if name == "ncf":
        return table(place / "pairs.csv", user=[3, 199], item=[0, 99])
    if name == "perceptron":
        return table(place / "gates.csv", left=[0, 1], right=[1, 1])
    if name == "regression":
        rows = nbnet.datasets.diabetes().test[0][:2]
        return table(place / "patients.csv", **{f"c{number}": column.tolist() for number, column in enumerate(rows.T)})
    if name == "tabular":
        return table(
            place / "birds.csv",
            sex=["male", "NA"],
            island=["Dream", "Torgersen"],
            body_mass_g=[3900, ""],
            bill_length_mm=[50.1, 39],
            bill_depth_mm=[19, 18],
            flipper_length_mm=[200, 190],
        )
    small = ("digits", "autoencoder", "conv-autoencoder", "residual", "twelve-steps")
    return image(place / "digit.png", 8 if name in small else 28)


def good(ended):
    """What a command printed."""
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout


def journey(call, name, place, plugin=()):
    """Go all the way with one template; `call` runs a command and gives what it printed."""
    model, trained = "mine.py", "runs/mine-1"
    call("new", "mine", "--template", name)
    short = ("--epochs", SHORT.get(name, 2)) if name != "perceptron" else ()
    told = json.loads(call("train", model, *short, "--json"))
    found = json.loads(
        call("evaluate", trained, "--data", model, "--batch-size", BATCH.get(name, 64), *plugin, "--json")
    )
    for metric, value in told["test"].items():
        assert found[metric] == pytest.approx(value, rel=1e-5, nan_ok=True), metric
    rows = json.loads(call("predict", trained, sample(name, place), *plugin, "--json"))
    assert all(("class" in row and 0 <= row["probability"] <= 1) or np.isfinite(row["output"]).all() for row in rows)
    assert "Total params" in call("summary", model)
    assert "Total params" in call("summary", trained, *plugin)
    assert "peak memory" in call("explain", model)
    return rows


@pytest.fixture
def data_dir(folder, monkeypatch):  # noqa: F811
    """A few images in the form of MNIST and Fashion-MNIST."""
    for subfolder in ("mnist", "fashion-mnist"):
        write(folder / "data" / subfolder, count=60)
    monkeypatch.setenv("NBNET_DATA_DIR", str(folder / "data"))


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "gan"])
def test_the_way_of_a_user(run, folder, data_dir, name):  # noqa: F811
    rows = journey(lambda *arguments: good(run(*arguments)), name, folder)
    if name == "tabular":
        assert {row["class"] for row in rows} <= {"Adelie", "Chinstrap", "Gentoo"}
    if name == "autoencoder":
        assert {row["class"] for row in rows} <= {"normal", "anomaly"}
    if name == "conv-autoencoder":
        assert np.shape(rows[0]["output"]) == (8, 8)


def test_the_cnn_on_cifar10(run, folder):  # noqa: F811
    write_cifar(folder / "data" / "cifar-10-batches-py", CIFAR10, python=True, count=16)
    good(run("new", "mine", "--template", "cnn"))
    chosen = ("--set", "dataset=cifar-10", "--data-dir", folder / "data")
    found = json.loads(good(run("train", "mine.py", *chosen, "--epochs", 1, "--json")))
    assert 0 <= found["test"]["accuracy"] <= 1
    rows = json.loads(good(run("predict", "runs/mine-1", image(folder / "photo.png", 32), "--json")))
    assert rows[0]["class"] in nbnet.datasets.cifar10(folder / "data").class_names


def test_the_way_of_a_user_with_a_class_of_her_own(start, folder):  # noqa: F811
    def call(*arguments):
        process = start(*arguments)
        stdout, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, stderr
        return stdout

    rows = journey(call, "gan", folder, ("--plugin", "mine.py"))
    assert len(rows[0]["output"]) == 2


def test_a_table_is_evaluated_from_its_file(run, folder):  # noqa: F811
    good(run("new", "mine", "--template", "tabular"))
    good(run("train", "mine.py", "--epochs", 2, "--quiet"))
    found = json.loads(good(run("evaluate", "runs/mine-1", "--data", nbnet.datasets.penguins_csv(), "--json")))
    assert found["samples"] == 344


def test_a_table_of_another_user(run, folder):  # noqa: F811
    rng = np.random.default_rng(0)
    weight = rng.normal(size=60)
    table(
        folder / "mine.csv",
        weight=weight,
        colour=["red", "green"] * 30,
        kind=["heavy" if value > 0 else "light" for value in weight],
    )
    good(run("new", "own", "--template", "tabular"))
    settings = ("--set", "file=mine.csv", "--set", "label=kind", "--set", "ignore=()", "--set", "classes=2")
    found = json.loads(good(run("train", "own.py", *settings, "--json")))
    assert found["test"]["accuracy"] >= 0.7
