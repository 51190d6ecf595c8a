"""``nbnet evaluate``, ``predict`` and ``summary`` on what training left."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image

import nbnet
from nbnet import plugins
from nbnet.training.prediction import Predictions


@pytest.fixture
def trained(run, write, folder):
    """A run folder."""
    assert run("train", write(), "--quiet").exit_code == 0
    return folder / "runs" / "small-1"


@pytest.fixture
def samples(folder):
    """The test samples in an archive, and as arrays."""
    x, y = nbnet.datasets.digits().test
    np.savez(folder / "samples.npz", x=x, y=y)
    return x, y


def as_json(ended):
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


def test_evaluate_repeats_the_result_of_the_run(run, trained):
    expected = json.loads((trained / "result.json").read_text())
    found = as_json(run("evaluate", trained, "--json"))
    assert found["accuracy"] == expected["test"]["accuracy"]
    assert found["loss"] == pytest.approx(expected["test"]["loss"])
    assert found["samples"] == 270
    validation = as_json(run("evaluate", trained, "--split", "validation", "--json"))
    assert validation["loss"] == pytest.approx(expected["validation"]["loss"])


def test_evaluate_from_each_source(run, trained, samples):
    expected = as_json(run("evaluate", trained / "best.nbnet", "--json"))["loss"]
    for source in ("samples.npz", "digits", "small.py"):
        assert as_json(run("evaluate", trained, "--data", source, "--json"))["loss"] == pytest.approx(expected)
    shown = run("evaluate", trained, "--data", "samples.npz").stdout
    assert "(270 samples of samples.npz)" in shown
    assert "accuracy" in shown


def test_a_model_file_is_not_executed_unasked(run, write, folder):
    text = write().read_text().replace("data = nbnet.datasets.digits()", "data = (nbnet.datasets.digits().train)")
    write(text=text)
    assert run("train", "small.py", "--quiet").exit_code == 0
    copy = folder / "runs" / "small-1" / "model.py"
    copy.write_text("raise SystemExit('executed')")
    ended = run("evaluate", folder / "runs" / "small-1")
    assert ended.exit_code == 1
    assert f"which is not executed unasked. Give --data {copy} to execute" in ended.stderr
    pictures = run("plot", folder / "runs" / "small-1")
    assert (pictures.exit_code, pictures.stderr.count("executed unasked")) == (0, 1)
    for command in (("predict", "runs/small-1", "small.py"), ("summary", "runs/small-1")):
        assert "executed" not in run(*command).stderr.replace("executed unasked", "")


def test_evaluate_uses_the_hyperparameters_of_the_run(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        def data(scale=1.0, columns=(0, 1), offset=None):
            x = scale * np.ones((8, 4), "float32")[:, list(columns)]
            return nbnet.Data((x, x[:, :1] + (offset or 0)))
        def model(width=1):
            made = nbnet.Sequential([nbnet.layers.Dense(width)])
            made.compile("sgd", "mse")
            return made
    """
    )
    settings = ("--set", "scale=3", "--set", "columns=(0, 1, 2)", "--set", "offset=2")
    assert run("train", "small.py", "--quiet", *settings).exit_code == 0
    model = nbnet.load(folder / "runs/small-1/best.nbnet")
    x = np.full((8, 3), 3, "float32")
    for place in ("runs/small-1", "runs/small-1/last.nbnet"):
        found = as_json(run("evaluate", place, "--data", "small.py", "--json"))
        assert found["loss"] == pytest.approx(model.evaluate(x, x[:, :1] + 2), rel=1e-5)
    found = as_json(run("evaluate", "runs/small-1", "--data", "small.py", "--set", "offset=-4", "--json"))
    assert found["loss"] == pytest.approx(model.evaluate(x, x[:, :1] - 4), rel=1e-5)
    assert run("evaluate", "runs/small-1", "--set", "offset=1").exit_code == 2
    np.savez(folder / "flat.npz", x=x, y=x[:, :1])
    ended = run("evaluate", "runs/small-1", "--data", "flat.npz", "--split", "train")
    assert "'flat.npz' has no train samples: expected the arrays x_train and y_train; received x, y." in ended.stderr


@pytest.mark.filterwarnings("default::UserWarning")
def test_a_negative_is_pointed_out_and_inverted(run, trained, samples, folder):
    pixels = (samples[0][0] * 15.9375).astype("uint8")
    Image.fromarray(pixels).save(folder / "light.png")
    Image.fromarray(255 - pixels).save(folder / "ink.png")
    light = run("predict", trained, "light.png", "--json")
    assert "Warning" not in light.stderr
    dark = run("predict", trained, "ink.png", "light.png", "--json")
    assert "Warning: 'ink.png': by the mean brightness more like a negative" in dark.stderr
    assert dark.stderr.count("Warning") == 1
    inverted = run("predict", trained, "ink.png", "--invert", "--json")
    assert "Warning" not in inverted.stderr
    assert as_json(inverted)[0]["probability"] == pytest.approx(as_json(light)[0]["probability"], rel=1e-4)


def test_a_damaged_cache_is_one_line(start, trained, folder):
    environment = {"NBNET_CACHE_DIR": str(folder / "cache")}
    start("evaluate", trained, environment=environment).communicate(timeout=120)
    entries = list((folder / "cache" / "kernels").iterdir())
    assert len(entries) > 1
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:-1])
    process = start("evaluate", trained, environment=environment)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0
    assert stderr.count("is damaged") == 1


def test_predict(run, trained, samples):
    shown = run("predict", trained, "samples.npz").stdout.splitlines()
    assert shown[0].split() == ["input", "class", "probability"]
    rows = as_json(run("predict", trained, "samples.npz", "--json"))
    assert len(rows) == 270
    probabilities = np.array([list(row["probabilities"].values()) for row in rows])
    expected = nbnet.load(trained / "best.nbnet").predict(samples[0])
    np.testing.assert_allclose(probabilities, expected, rtol=1e-6)
    assert [int(row["class"]) for row in rows] == expected.argmax(1).tolist()
    assert rows[3]["input"] == "samples.npz[3]"


def test_predict_writes_csv(run, trained, samples, folder):
    ended = run("predict", trained, "samples.npz", "--out", "found.csv")
    assert ended.stdout == "Wrote 270 predictions to found.csv.\n"
    with (folder / "found.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 270
    assert float(rows[0][rows[0]["class"]]) == pytest.approx(float(rows[0]["probability"]))


def test_predict_images_of_another_size(run, trained, samples, folder):
    image = Image.fromarray((samples[0][0] * 15.9).astype("uint8"))
    image.resize((64, 64), Image.Resampling.NEAREST).save(folder / "drawing.png")
    same = as_json(run("predict", trained, "drawing.png", "--json"))[0]
    first = as_json(run("predict", trained, "samples.npz", "--json"))[0]
    assert same["input"] == "drawing.png"
    assert same["class"] == first["class"]


def test_preprocessing_of_the_training_is_applied(run, write, folder, samples):
    text = write().read_text()
    text = text.replace("digits()", "digits(preprocess=nbnet.preprocessing.Standardize())").replace("1 / 16", "1")
    write(text=text)
    assert run("train", "small.py", "--quiet").exit_code == 0
    expected = json.loads((folder / "runs" / "small-1" / "result.json").read_text())["test"]["loss"]
    for source in ("samples.npz", "digits", "small.py"):
        found = as_json(run("evaluate", "runs/small-1", "--data", source, "--json"))
        assert found["loss"] == pytest.approx(expected, rel=1e-5)
    model = nbnet.load(folder / "runs" / "small-1" / "best.nbnet")
    probabilities = model.predict(model.preprocess(samples[0]))
    rows = as_json(run("predict", "runs/small-1", "samples.npz", "--json"))
    assert [row["probability"] for row in rows] == pytest.approx(probabilities.max(1).tolist(), rel=1e-5)


def test_a_regression_shows_numbers(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.linspace(0, 1, 32).reshape(-1, 1)
        data = (x, np.hstack([3 * x, -x]))
        model = nbnet.Sequential([nbnet.layers.Dense(2)])
        model.compile("sgd", "mse")
    """
    )
    assert run("train", "small.py", "--quiet").exit_code == 0
    np.save(folder / "in.npy", np.ones((2, 1)))
    expected = nbnet.load(folder / "runs/small-1/best.nbnet").predict(np.ones((1, 1)))[0]
    shown = run("predict", "runs/small-1", "in.npy").stdout.splitlines()
    assert shown[0].split() == ["input", "output"]
    assert shown[-1].split() == ["in.npy[1]", *(f"{value:.6g}" for value in expected)]
    assert as_json(run("predict", "runs/small-1", "in.npy", "--json"))[0]["output"] == pytest.approx(expected.tolist())
    run("predict", "runs/small-1", "in.npy", "--out", "out.csv")
    assert (folder / "out.csv").read_text().splitlines()[0] == "input,output_0,output_1"


def test_a_custom_layer_comes_by_plugin(run, write, folder):
    layer = """
        import nbnet
        from nbnet import ops

        class Twice(nbnet.layers.Layer):
            def call(self, x):
                return ops.multiply(x, 2)

        @nbnet.hookimpl
        def register_layers(register):
            register("Twice", Twice)
    """
    plugin = write("twice_plugin.py", layer)
    write(
        "mine.py",
        """
        import numpy as np, nbnet
        from twice_plugin import Twice
        x = np.ones((8, 3), "float32")
        data = (x, x)
        model = nbnet.Sequential([nbnet.layers.Dense(3, input_shape=(3,)), Twice()])
        model.compile("sgd", "mse")
    """,
    )
    assert run("train", "mine.py", "--quiet").exit_code == 0
    np.save(folder / "in.npy", np.ones((2, 3), "float32"))
    without = run("predict", "runs/mine-1", "in.npy")
    assert without.exit_code == 1
    assert "The model uses 'Twice', which is not part of nbnet." in without.stderr
    ended = run("predict", "runs/mine-1", "in.npy", "--plugin", plugin)
    assert ended.exit_code == 0, ended.stderr
    expected = nbnet.load(folder / "runs/mine-1/best.nbnet").predict(np.ones((2, 3), "float32"))
    assert ended.stdout.splitlines()[-1].split()[1:] == [f"{value:.6g}" for value in expected[1]]
    plugins.reload()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "empty"), "holds neither best.nbnet nor last.nbnet"),
        (("evaluate", "text.nbnet"), "is not a saved nbnet model"),
        (("evaluate", "cut.nbnet"), "is damaged or cut off"),
        (("evaluate", "runs/small-1", "--data", "nothing.npz"), "nothing.npz"),
        (("evaluate", "runs/small-1", "--data", "digit"), "Unknown dataset 'digit'. Did you mean 'digits'?"),
        (("evaluate", "runs/small-1", "--data", "text.nbnet"), "text.nbnet"),
        (("predict", "runs/small-1", "wrong.npy"), "expected samples of shape (8, 8)"),
        (("predict", "runs/small-1", "nan.npy"), "NaN"),
        (("predict", "runs/small-1", "text.nbnet"), "text.nbnet"),
        (("predict", "runs/small-1", "empty.npz"), "The input file 'empty.npz' is empty"),
        (("predict", "runs/small-1", "text.npz"), "'text.npz' is no .npz archive"),
        (("predict", "runs/small-1", "text.npy"), "'text.npy' is no .npy data"),
        (("predict", "runs/small-1", "wrong.npy", "--out", "no/x.csv"), "There is no folder 'no' to write 'no/x.csv'"),
        (("evaluate", "runs/small-1", "--data", "mnits"), "Did you mean 'mnist'"),
        (("new", ""), "Expected the name of a new model file"),
        (("summary", "text.nbnet"), "is not a saved nbnet model"),
    ],
)
def test_bad_input_is_one_message(run, trained, folder, arguments, message):
    (folder / "empty").mkdir()
    (folder / "text.nbnet").write_text("hello, this is text")
    (folder / "cut.nbnet").write_bytes((trained / "best.nbnet").read_bytes()[:1000])
    (folder / "empty.npz").write_bytes(b"")
    for ending in ("npy", "npz"):
        (folder / f"text.{ending}").write_text("hello, this is text")
    np.save(folder / "wrong.npy", np.ones((2, 3)))
    np.save(folder / "nan.npy", np.full((1, 8, 8), np.nan))
    ended = run(*arguments)
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: ")
    assert message in ended.stderr
    assert "fault of nbnet" not in ended.stderr


def test_summary_of_a_run(run, trained):
    assert "Total params: 610" in run("summary", trained).stdout
    assert run("summary", trained, "--set", "hidden=3").exit_code == 2


def test_probabilities_of_two_classes_in_one_column():
    found = Predictions(["a", "b"], np.array([[0.25], [0.875]]), ("no", "yes"), True)
    assert [(row["class"], row["probability"]) for row in found.rows()] == [("no", 0.75), ("yes", 0.875)]


def test_csv_holds_no_formulas(tmp_path):
    Predictions(["=1+1"], np.array([[0.5, 0.5]]), ("-a", "b"), True).write_csv(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().splitlines() == ["input,class,probability,'-a,b", "'=1+1,'-a,0.5,0.5,0.5"]


def test_a_class_of_the_model_file_that_is_executed_for_its_data(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        class Twice(nbnet.layers.Layer):
            def call(self, x):
                return 2 * x
        x = np.ones((8, 2), "float32")
        data = nbnet.Data((x, x[:, :1]))
        model = nbnet.Sequential([Twice(input_shape=(2,)), nbnet.layers.Dense(1)])
        model.compile("sgd", "mse")
        """
    )
    assert run("train", "small.py", "--quiet").exit_code == 0
    copy = folder / "runs" / "small-1" / "model.py"
    assert run("evaluate", "runs/small-1", "--data", "small.py").exit_code == 0
    assert as_json(run("evaluate", "runs/small-1", "--data", copy, "--json"))["data"].startswith(str(copy))


@pytest.mark.filterwarnings("always")
def test_more_outputs_than_classes_are_pointed_out_and_predicted_by_number(run, write, folder):
    (folder / "people.csv").write_text("a,b\n" + "".join(f"{row},{'no' if row % 2 else 'yes'}\n" for row in range(40)))
    write(
        text="""
        import nbnet
        data = nbnet.Data.from_csv("people.csv", "b")
        model = nbnet.Sequential([nbnet.layers.Dense(3, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        """
    )
    ended = run("train", "small.py", "--quiet")
    assert ended.exit_code == 0, ended.stderr
    assert "has 3 outputs for the 2 classes of the data (no, yes)" in ended.stderr
    (first, *_) = as_json(run("predict", "runs/small-1", "people.csv", "--json"))
    assert [*first["probabilities"]] == ["0", "1", "2"]
    assert first["class"] in ("0", "1", "2")


def test_a_data_set_of_a_plugin_is_found_by_its_name(run, write, folder):
    (folder / "plug.py").write_text(
        "import numpy as np, nbnet\n"
        "def line():\n"
        "    x = np.ones((8, 2), 'float32')\n"
        "    return nbnet.Data((x, x[:, :1]))\n"
        "@nbnet.hookimpl\n"
        "def register_datasets(register):\n"
        "    register('line-of-ones', line)\n"
    )
    write(
        text="""
        import nbnet
        data = nbnet.datasets.load("line-of-ones")
        model = nbnet.Sequential([nbnet.layers.Dense(1)])
        model.compile("sgd", "mse")
        """
    )
    try:
        assert run("train", "small.py", "--quiet", "--plugin", "plug.py").exit_code == 0
        found = as_json(run("evaluate", "runs/small-1", "--json", "--plugin", "plug.py"))
    finally:
        plugins.reload()
    assert found["data"] == "line-of-ones, train samples"


def test_a_number_without_a_row_in_a_table_is_named_with_its_layer(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        x = np.arange(8).reshape(8, 1)
        data = nbnet.Data((x, x.astype("float32")))
        model = nbnet.Sequential([
            nbnet.layers.Embedding(8, 2, name="user"), nbnet.layers.Flatten(), nbnet.layers.Dense(1)])
        model.compile("sgd", "mse")
        """
    )
    assert run("train", "small.py", "--quiet").exit_code == 0
    np.save(folder / "in.npy", [[1], [2000]])
    ended = run("predict", "runs/small-1", "in.npy")
    assert ended.exit_code == 1
    assert "Embedding 'user' expects whole numbers from 0 to 7; received 2000 at position (1, 0)" in ended.stderr


def test_a_test_step_of_ones_own_gets_the_batch_size_of_the_run(run, write, folder):
    write(
        text="""
        import numpy as np, nbnet
        from nbnet import ops
        class Mine(nbnet.Model):
            def __init__(self):
                super().__init__()
                self.dense = nbnet.layers.Dense(1)
            def call(self, x):
                return self.dense(x)
            def test_step(self, x, y):
                y_pred = self(x)
                return {"loss": ops.max(ops.square(y_pred - y))}
        x = np.arange(20, dtype="float32").reshape(10, 2)
        data = nbnet.Data((x, x[:, :1]), test=(x, x[:, :1]))
        model = Mine()
        model.compile(nbnet.optimizers.SGD(1e-4), "mse")
        fit = dict(batch_size=3)
        """
    )
    assert run("train", "small.py", "--quiet").exit_code == 0
    of_the_run = json.loads((folder / "runs/small-1/result.json").read_text())["test"]["loss"]
    command = ("evaluate", "runs/small-1", "--data", "small.py", "--json")
    assert as_json(run(*command))["loss"] == pytest.approx(of_the_run, rel=1e-6)
    assert as_json(run(*command, "--batch-size", "10"))["loss"] > 1.01 * of_the_run
