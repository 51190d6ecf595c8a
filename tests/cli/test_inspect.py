"""``nbnet inspect``."""

from __future__ import annotations

import json

import numpy as np
import pytest

import nbnet
from nbnet.plot import inspect_saved, inspected

NETWORK = """
import nbnet
from nbnet.layers import Conv2D, Dense, Flatten, Rescaling, Reshape

data = nbnet.datasets.digits()
data = nbnet.Data(data.train, data.validation, class_names=["zero", *"123456789"])
fit = dict(epochs=1, batch_size=64)


def model():
    network = nbnet.Sequential([
        Rescaling(1 / 16, input_shape=(8, 8)),
        Reshape((8, 8, 1)),
        Conv2D(4, 3, activation="relu", name="edges"),
        Conv2D(6, 3, activation="relu", name="parts"),
        Flatten(),
        Dense(10, activation="softmax"),
    ])
    network.compile("adam", "sparse_categorical_crossentropy")
    return network
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run folder of a convolutional network, with an image beside it."""
    from click.testing import CliRunner
    from PIL import Image

    from nbnet.cli.main import nbnet_command

    folder = tmp_path_factory.mktemp("inspect")
    (folder / "conv.py").write_text(NETWORK)
    seed = nbnet.get_seed()
    ended = CliRunner().invoke(nbnet_command, ["train", str(folder / "conv.py"), "--quiet", "--out", str(folder / "r")])
    nbnet.set_seed(seed)
    assert ended.exit_code == 0, ended.output
    x, _ = nbnet.datasets.digits().train
    Image.fromarray((np.asarray(x[0]) * 15).astype("uint8")).resize((32, 32)).save(folder / "digit.png")
    np.savez(folder / "three.npz", x=x[:3])
    return next(item.parent for item in folder.rglob("best.nbnet")), folder


def names(folder):
    return sorted(item.name for item in folder.iterdir())


def test_all_three_pictures(run, trained, folder):
    runs, beside = trained
    image = beside / "digit.png"
    ended = run("inspect", runs, "--filters", "--features", image, "--saliency", image, "--out", "seen")
    assert ended.exit_code == 0, ended.stderr
    assert names(folder / "seen") == ["features.png", "filters.png", "saliency.png"]
    assert ended.stdout.splitlines() == [f"Wrote seen/{kind}.png" for kind in ("filters", "features", "saliency")]


def test_json_format_layer_and_a_saved_file(run, trained, folder):
    runs, beside = trained
    ended = run(
        "inspect", runs / "best.nbnet", "--filters", "--features", beside / "three.npz", "--layer", "parts",
        "--out", "p", "--format", "svg", "--json",
    )  # fmt: skip
    assert ended.exit_code == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "pictures": {"filters": "p/best-filters.svg", "features": "p/best-features.svg"}
    }
    assert names(folder / "p") == ["best-features.svg", "best-filters.svg"]


def test_class_and_smooth(run, trained, folder):
    runs, beside = trained
    for number, text in enumerate(("zero", "0")):
        ended = run(
            "inspect", runs, "--saliency", beside / "three.npz", "--class", text, "--smooth", 2, "--out", str(number)
        )
        assert ended.exit_code == 0, ended.stderr
    first, second = (folder / str(number) / "saliency.png" for number in (0, 1))
    assert first.read_bytes() == second.read_bytes()
    refused = run("inspect", runs, "--saliency", beside / "digit.png", "--class", "ten", "--out", "none")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "no class 'ten'. The model has zero, 1, 2" in refused.stderr
    assert not (folder / "none").exists()


def test_the_training_s_preprocessing_is_applied(tmp_path, trained, monkeypatch):
    _, beside = trained
    x, y = nbnet.datasets.digits().train
    model = nbnet.Sequential(
        [nbnet.layers.Reshape((8, 8, 1), input_shape=(8, 8)), nbnet.layers.Conv2D(1, 3, name="only")]
    )
    data = nbnet.Data((np.asarray(x[:9]), np.asarray(y[:9])), preprocess=nbnet.preprocessing.Rescale(0.25, 1))
    model.remember(data)
    model.save(tmp_path / "m.nbnet")
    seen = []
    monkeypatch.setattr(inspected, "draw_features", lambda _, x, *__, images, **___: seen.append((x, images)))
    inspect_saved(tmp_path / "m.nbnet", features=beside / "three.npz")
    ((x_seen, raw),) = seen
    np.testing.assert_allclose(raw, np.asarray(x[:3]))
    np.testing.assert_allclose(x_seen, np.asarray(x[:3]) * 0.25 + 1)


def test_options_that_do_not_go_together(run, trained):
    runs, beside = trained
    image = beside / "digit.png"
    for options, said in (
        ((), "--filters, --features IMAGE, --saliency IMAGE"),
        (("--filters", "--class", "1"), "--class is for --saliency"),
        (("--filters", "--smooth", "2"), "--smooth is for --saliency"),
        (("--saliency", image, "--layer", "parts"), "--layer is for"),
    ):
        ended = run("inspect", runs, *options)
        assert ended.exit_code == 2
        assert said in ended.stderr


def test_what_is_no_image_or_has_no_convolution(run, write, trained, folder):
    runs, _ = trained
    (folder / "text.png").write_text("no image")
    ended = run("inspect", runs, "--features", "text.png")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "text.png" in ended.stderr
    np.savez(folder / "wide.npz", x=np.zeros((2, 9, 9)))
    assert "expected samples of shape (8, 8)" in run("inspect", runs, "--saliency", "wide.npz").stderr
    dense = nbnet.Sequential([nbnet.layers.Dense(2, input_shape=(3,))])
    dense.save(folder / "dense.nbnet")
    ended = run("inspect", "dense.nbnet", "--filters")
    assert ended.exit_code == 1
    assert "no two-dimensional convolution" in ended.stderr
    ended = run("inspect", "dense.nbnet", "--saliency", "wide.npz")
    assert "does not say what its inputs looked like" in ended.stderr
    assert "no layer 'x'" in run("inspect", runs, "--features", trained[1] / "digit.png", "--layer", "x").stderr
